package loopback

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// unbound is a listener without a port, whose requests are passed in by hand.
func unbound() *Listener {
	return &Listener{
		params: Params{Host: "127.0.0.1", Path: "/", State: NewState(), Stray: Page{Title: "stray"}}, port: 50000, awaiting: true, key: NewState(),
		hosts: map[string]bool{"127.0.0.1:50000": true}, response: make(chan url.Values, 1), taken: make(chan struct{}),
	}
}

// FuzzResponse sends requests in which STATE stands for the right state: what is
// taken for the response has it exactly once, and nothing of the request is ever
// repeated.
func FuzzResponse(f *testing.F) {
	const form = "application/x-www-form-urlencoded"
	for _, seed := range []struct{ method, target, host, contentType, body string }{
		{"GET", "/?state=STATE&code=secret", "", "", ""},
		{"GET", "/?state=STATE&error=access_denied&error_description=%3Cscript%3E", "", "", ""},
		{"GET", "/?state=STATE&state=STATE&code=secret", "", "", ""},
		{"GET", "/?STATE=state&code=secret", "", "", ""},
		{"GET", "/?code=secret&state=%00STATE", "", "", ""},
		{"GET", "/?code=a;state=STATE", "", "", ""},
		{"GET", "/done?state=STATE&code=secret", "", "", ""},
		{"GET", "/again/x", "", "", ""},
		{"GET", "//?state=STATE&code=secret", "", "", ""},
		{"GET", "/%2e?state=STATE&code=secret", "", "", ""},
		{"POST", "/", "", form, "state=STATE&code=secret"},
		{"POST", "/?x", "", form, "state=STATE&code=secret"},
		{"POST", "/?state=STATE&code=secret", "", form, "state=STATE&code=other"},
		{"POST", "/?state=x&code=secret", "", form, "state=STATE&code=other"},
		{"POST", "/?code=secret", "", form, "state=STATE&code=other"},
		{"GET", "/?state=STATE;state=STATE&code=secret", "", "", ""},
		{"GET", "/?state=STATE&code=secret%&session_state=a;b", "", "", ""},
		{"POST", "/", "", form + "; charset=utf-16", "state=STATE&code=secret"},
		{"POST", "/", "", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=state\r\n\r\nSTATE\r\n--x--"},
		{"GET", "/?state=STATE&code=secret", "evil.example", "", ""},
	} {
		f.Add(seed.method, seed.target, seed.host, seed.contentType, seed.body)
	}
	f.Fuzz(func(t *testing.T, method, target, host, contentType, body string) {
		l := unbound()
		state := l.params.State
		l.state = state
		target, body = strings.ReplaceAll(target, "STATE", state), strings.ReplaceAll(body, "STATE", state)
		u, err := url.ParseRequestURI(target)
		if err != nil {
			t.Skip("no request target")
		}
		r := httptest.NewRequest(http.MethodGet, "/", strings.NewReader(body))
		r.Method, r.URL, r.Host = method, u, host
		if host == "" {
			r.Host = "127.0.0.1:50000"
		}
		r.Header.Set("Content-Type", contentType)
		w := httptest.NewRecorder()
		l.serve(w, r)

		var sent url.Values
		switch method {
		case http.MethodGet:
			sent = ParseForm(u.RawQuery)
		case http.MethodPost:
			if sent = ParseForm(u.RawQuery); !sent.Has("state") {
				sent = ParseForm(body)
			}
		}
		taken := closed(l.taken)
		right := r.Host == "127.0.0.1:50000" && u.Path == "/" && len(sent["state"]) == 1 && sent.Get("state") == state &&
			(len(sent["code"]) == 1 || len(sent["error"]) == 1)
		if taken && !right {
			t.Errorf("%s %s with %q was taken for the response", method, target, body)
		}
		if taken != (w.Code == http.StatusSeeOther) || !taken && l.Noise().Requests != 1 {
			t.Errorf("taken: %v, status %d, noise %+v", taken, w.Code, l.Noise())
		}
		answer := w.Body.String()
		for name, values := range w.Header() {
			answer += name + strings.Join(values, "")
		}
		if strings.Contains(answer, state) || strings.Contains(answer, "secret") {
			t.Errorf("the answer repeats the request: %s", answer)
		}
	})
}

// FuzzPage puts any text into every field of the page: it stays text.
func FuzzPage(f *testing.F) {
	f.Add("</title><script>alert(1)</script>", "red;}</style><img src=x onerror=alert(1)>", `en" onload="alert(1)`)
	f.Add("{{.Style}}", "#0F6CBD", "de\r\nSet-Cookie: x=y")
	f.Add("\x00\xff\u2028", "#zzzzzz", "")
	f.Fuzz(func(t *testing.T, text, accent, lang string) {
		plain, fuzzed := httptest.NewRecorder(), httptest.NewRecorder()
		fields := func(text, accent, lang string) Page {
			return Page{Lang: lang, Brand: text, Accent: accent, Title: text, Text: text, Next: text, DetailsTitle: text, Details: []string{text}, LinkLabel: text, linkTo: "/again/key"}
		}
		if err := fields("text", "", "en").write(plain, false); err != nil {
			t.Fatal(err)
		}
		if err := fields(text, accent, lang).write(fuzzed, false); err != nil {
			t.Fatal(err)
		}
		// Whatever the text, the page has the elements that it has with plain words.
		if text == "" {
			return
		}
		for _, mark := range []string{"<", ">", `"`, "'"} {
			if got, want := strings.Count(fuzzed.Body.String(), mark), strings.Count(plain.Body.String(), mark); got != want {
				t.Errorf("%q is there %d times, not %d: %s", mark, got, want, fuzzed.Body)
			}
		}
		if csp := fuzzed.Header().Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'; style-src 'sha256-") || strings.Contains(csp, "unsafe") {
			t.Errorf("Content-Security-Policy = %q", csp)
		}
	})
}

// FuzzFormPage does the same with the page that posts a form, its fields' names and
// values among the texts.
func FuzzFormPage(f *testing.F) {
	f.Add(`"><script>alert(1)</script>`, "id_token_hint' onfocus='alert(1)", "</style>")
	f.Add("\x00\xff\u2028", "&lt;", "&amp;#39;")
	f.Fuzz(func(t *testing.T, text, name, value string) {
		if text == "" {
			return // what is not there has no element
		}
		to := &url.URL{Scheme: "https", Host: "id.example", Path: "/" + text, RawQuery: name}
		made := func(text, name, value string) string {
			p := Page{Lang: text, Brand: text, Title: text, Text: text, Next: text, LinkLabel: text}
			page, policy := formPage(p, Form{Action: to.String(), Fields: url.Values{name: {value}}}, to)
			if strings.Contains(policy, "unsafe") || !strings.Contains(policy, "form-action https:;") {
				t.Errorf("Content-Security-Policy = %q", policy)
			}
			return string(page)
		}
		plain, fuzzed := made("text", "name", "value"), made(text, name, value)
		for _, mark := range []string{"<", ">", `"`, "'"} {
			if got, want := strings.Count(fuzzed, mark), strings.Count(plain, mark); got != want {
				t.Errorf("%q is there %d times, not %d: %s", mark, got, want, fuzzed)
			}
		}
	})
}
