package loopback

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func listen(t *testing.T, p Params) *Listener {
	t.Helper()
	if p.State == "" {
		p.State = NewState()
	}
	l, err := Listen(p)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_ = l.Close(ctx)
	})
	return l
}

// plain is a browser that does not follow redirects.
func plain() *http.Client {
	return &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     &http.Transport{DisableKeepAlives: true},
	}
}

func do(t *testing.T, method, address string, change func(*http.Request), body io.Reader) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, body)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(req)
	}
	resp, err := plain().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	return resp
}

func good(l *Listener) url.Values { return url.Values{"state": {l.params.State}, "code": {"the-code"}} }

func TestNoiseIsAnsweredCountedAndIgnored(t *testing.T) {
	form := func(r *http.Request) { r.Header.Set("Content-Type", "application/x-www-form-urlencoded") }
	tests := map[string]struct {
		method, path string
		query        func(*Listener) url.Values
		change       func(*http.Request)
		body         func(*Listener) string
		status       int
	}{
		"favicon":              {method: "GET", path: "/favicon.ico", status: 404},
		"wrong path":           {method: "GET", path: "/callback", query: good, status: 404},
		"nothing":              {method: "GET", path: "/", status: 400},
		"no state":             {method: "GET", path: "/", query: func(*Listener) url.Values { return url.Values{"code": {"x"}} }, status: 400},
		"wrong state":          {method: "GET", path: "/", query: func(*Listener) url.Values { return url.Values{"code": {"x"}, "state": {NewState()}} }, status: 400},
		"empty state":          {method: "GET", path: "/", query: func(*Listener) url.Values { return url.Values{"code": {"x"}, "state": {""}} }, status: 400},
		"state twice":          {method: "GET", path: "/", query: func(l *Listener) url.Values { v := good(l); v.Add("state", l.params.State); return v }, status: 400},
		"code twice":           {method: "GET", path: "/", query: func(l *Listener) url.Values { v := good(l); v.Add("code", "other"); return v }, status: 400},
		"state without answer": {method: "GET", path: "/", query: func(l *Listener) url.Values { return url.Values{"state": {l.params.State}} }, status: 400},
		"preflight":            {method: "OPTIONS", path: "/", status: 405},
		"head":                 {method: "HEAD", path: "/", query: good, status: 405},
		"put":                  {method: "PUT", path: "/", query: good, status: 405},
		"other host":           {method: "GET", path: "/", query: good, change: func(r *http.Request) { r.Host = "evil.example" }, status: 400},
		"posted as JSON":       {method: "POST", path: "/", change: func(r *http.Request) { r.Header.Set("Content-Type", "application/json") }, body: func(*Listener) string { return "{}" }, status: 400},
		"wrong state posted with the right one": {method: "POST", path: "/", query: func(*Listener) url.Values { return url.Values{"state": {NewState()}, "code": {"x"}} },
			change: form, body: func(l *Listener) string { return good(l).Encode() }, status: 400},
		"empty state posted with the right one": {method: "POST", path: "/", query: func(*Listener) url.Values { return url.Values{"state": {""}} },
			change: form, body: func(l *Listener) string { return good(l).Encode() }, status: 400},
		"code in the query and in the body": {method: "POST", path: "/", query: func(*Listener) url.Values { return url.Values{"code": {"x"}} },
			change: form, body: func(l *Listener) string { return good(l).Encode() }, status: 400},
		"code in the query, state in the body": {method: "POST", path: "/", query: func(*Listener) url.Values { return url.Values{"code": {"x"}} },
			change: form, body: func(l *Listener) string { return "state=" + l.params.State }, status: 400},
		"state in the query, code in the body": {method: "POST", path: "/", query: func(l *Listener) url.Values { return url.Values{"state": {l.params.State}} },
			change: form, body: func(l *Listener) string { return good(l).Encode() }, status: 400},
		"state twice in the query of a form": {method: "POST", path: "/", query: func(l *Listener) url.Values { v := good(l); v.Add("state", l.params.State); return v },
			change: form, body: func(l *Listener) string { return good(l).Encode() }, status: 400},
		"posted wrong state": {method: "POST", path: "/", change: form, body: func(*Listener) string { return "code=x&state=y" }, status: 400},
		"huge body":          {method: "POST", path: "/", change: form, body: func(l *Listener) string { return good(l).Encode() + "&x=" + strings.Repeat("a", MaxBody) }, status: 413},
		"done too early":     {method: "GET", path: "/done", status: 404},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			l := listen(t, Params{})
			address := fmt.Sprintf("http://127.0.0.1:%d%s", l.port, test.path)
			if test.query != nil {
				address += "?" + test.query(l).Encode()
			}
			var body io.Reader
			if test.body != nil {
				body = strings.NewReader(test.body(l))
			}
			resp := do(t, test.method, address, test.change, body)
			if resp.StatusCode != test.status {
				t.Errorf("status = %d, want %d", resp.StatusCode, test.status)
			}
			if l.Noise().Requests != 1 {
				t.Errorf("noise = %+v, want one request", l.Noise())
			}
			// The sign-in goes on as if nothing had been.
			if resp := do(t, "GET", l.RedirectURI()+"?"+good(l).Encode(), nil, nil); resp.StatusCode != http.StatusSeeOther {
				t.Errorf("the response after the noise is answered %s", resp.Status)
			}
			v, err := l.Response(t.Context())
			if err != nil || v.Get("code") != "the-code" {
				t.Errorf("response = %v, %v", v, err)
			}
		})
	}
}

// Only what decides about a response has to be in it once (RFC 6749, section 3.1).
func TestWhatInformsMayBeThereTwice(t *testing.T) {
	for _, name := range []string{"session_state", "error_description", "x"} {
		l := listen(t, Params{})
		response := good(l)
		response[name] = []string{"a", "b"}
		if resp := do(t, "GET", l.RedirectURI()+"?"+response.Encode(), nil, nil); resp.StatusCode != http.StatusSeeOther {
			t.Errorf("%s twice is answered %s", name, resp.Status)
		}
		if v, err := l.Response(t.Context()); err != nil || v.Get("code") != "the-code" {
			t.Errorf("%s twice: response = %v, %v", name, v, err)
		}
	}
}

// These are neighbours of what is read more generously than Go's own parser does.
func TestQueriesThatAreNoResponse(t *testing.T) {
	for name, query := range map[string]string{
		"state twice, once after ;":          "state=STATE;state=STATE&code=x",
		"state after ;":                      "code=x;state=STATE",
		"state, then ;":                      "state=STATE;&code=x",
		"; before state":                     ";state=STATE&code=x",
		"state twice, once in escapes":       "state=STATE&st%61te=STATE&code=x",
		"state twice, once empty":            "state=STATE&state&code=x",
		"state in other letters":             "STATE=STATE&State=STATE&code=x",
		"state with a blank":                 "state=+STATE&code=x",
		"state with a broken escape":         "state=STATE%&code=x",
		"state with a NUL":                   "state=STATE%00&code=x",
		"state with bytes that are no UTF-8": "state=STATE%ff&code=x",
		"state with a byte order mark":       "state=%EF%BB%BFSTATE&code=x",
		"code twice, once in escapes":        "state=STATE&code=x&%63ode=y",
		"code after ;":                       "state=STATE&a=b;code=x",
		"iss twice":                          "state=STATE&code=x&iss=a&%69ss=a",
		"error twice":                        "state=STATE&error=a&error=b",
		"a name with a query mark":           "?state=STATE&code=x",
	} {
		t.Run(name, func(t *testing.T) {
			l := listen(t, Params{Stray: Page{Title: "stray"}})
			query := strings.ReplaceAll(query, "STATE", l.params.State)
			resp := do(t, "GET", l.RedirectURI()+"?"+query, nil, nil)
			if resp.StatusCode != http.StatusBadRequest || l.Noise().Requests != 1 {
				t.Errorf("%s, noise %+v", resp.Status, l.Noise())
			}
			form := func(r *http.Request) { r.Header.Set("Content-Type", "application/x-www-form-urlencoded") }
			resp = do(t, "POST", l.RedirectURI(), form, strings.NewReader(query))
			if resp.StatusCode != http.StatusBadRequest || l.Noise().Requests != 2 {
				t.Errorf("posted: %s, noise %+v", resp.Status, l.Noise())
			}
			if closed(l.Taken()) {
				t.Error("it was taken for the response")
			}
		})
	}
}

func TestResponsesAsProvidersAndBrowsersWriteThem(t *testing.T) {
	const form = "application/x-www-form-urlencoded"
	for name, test := range map[string]struct {
		method, query, kind, body string
		want                      url.Values
	}{
		"; in session_state":             {"GET", "code=x&state=STATE&session_state=a;b.c", "", "", url.Values{"code": {"x"}, "session_state": {"a;b.c"}}},
		"a percent sign that is text":    {"GET", "error=access_denied&error_description=100%+sure&state=STATE", "", "", url.Values{"error": {"access_denied"}, "error_description": {"100% sure"}}},
		"a description in Latin-1":       {"GET", "error=access_denied&error_description=verf%FCgbar&state=STATE", "", "", url.Values{"error": {"access_denied"}, "error_description": {"verf\ufffdgbar"}}},
		"; in a form":                    {"POST", "", form, "code=x&state=STATE&session_state=a;b", url.Values{"code": {"x"}, "session_state": {"a;b"}}},
		"307 after the provider's form":  {"POST", "code=x&state=STATE", form, "user=ada&password=secret", url.Values{"code": {"x"}}},
		"307 after a form with a file":   {"POST", "code=x&state=STATE", "multipart/form-data; boundary=x", "--x--", url.Values{"code": {"x"}}},
		"307, the same in the body":      {"POST", "code=x&state=STATE", form, "code=y&state=STATE", url.Values{"code": {"x"}}},
		"307, another state in the body": {"POST", "code=x&state=STATE", form, "code=y&state=other", url.Values{"code": {"x"}}},
		"307 with a huge body":           {"POST", "code=x&state=STATE", form, strings.Repeat("p", 2*MaxBody), url.Values{"code": {"x"}}},
		"307 without a body":             {"POST", "code=x&state=STATE", "", "", url.Values{"code": {"x"}}},
		"form_post beside another query": {"POST", "lang=de", form, "code=x&state=STATE", url.Values{"code": {"x"}}},
	} {
		t.Run(name, func(t *testing.T) {
			l := listen(t, Params{})
			put := func(s string) string { return strings.ReplaceAll(s, "STATE", l.params.State) }
			resp := do(t, test.method, l.RedirectURI()+"?"+put(test.query), func(r *http.Request) { r.Header.Set("Content-Type", test.kind) }, strings.NewReader(put(test.body)))
			if resp.StatusCode != http.StatusSeeOther || resp.Header.Get("Location") != l.donePath() {
				t.Fatalf("%s to %q", resp.Status, resp.Header.Get("Location"))
			}
			got, err := l.Response(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			test.want["state"] = []string{l.params.State}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A browser that says how long its form is and never sends it is answered all the
// same: nothing is waited for that nobody reads.
func TestBodyBesideAResponseInTheAddressIsNotWaitedFor(t *testing.T) {
	l := listen(t, Params{})
	c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", l.port))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(5 * time.Second))
	_, _ = fmt.Fprintf(c, "POST /?%s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 500\r\n\r\npass", good(l).Encode(), l.port)
	answer := make([]byte, 12)
	if _, err := io.ReadFull(c, answer); err != nil || string(answer) != "HTTP/1.1 303" {
		t.Errorf("answered %q, %v", answer, err)
	}
}

func TestHalfOpenSocketsDoNotKeepTheResponseOut(t *testing.T) {
	l := listen(t, Params{})
	for range 50 {
		c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", l.port))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", l.port))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: half"); err != nil {
		t.Fatal(err)
	}
	do(t, "GET", l.RedirectURI()+"?"+good(l).Encode(), nil, nil)
	if v, err := l.Response(t.Context()); err != nil || v.Get("code") != "the-code" {
		t.Errorf("response = %v, %v", v, err)
	}
}

func TestResponseCountsOnceAndLeavesTheAddressBar(t *testing.T) {
	l := listen(t, Params{})
	first := do(t, "GET", l.RedirectURI()+"?"+good(l).Encode(), nil, nil)
	second := url.Values{"state": {l.params.State}, "code": {"another-code"}}
	again := do(t, "GET", l.RedirectURI()+"?"+second.Encode(), nil, nil)
	for _, resp := range []*http.Response{first, again} {
		if resp.StatusCode != http.StatusSeeOther || resp.Header.Get("Location") != l.donePath() {
			t.Errorf("%s to %q, want 303 to a clean address", resp.Status, resp.Header.Get("Location"))
		}
	}
	if v, err := l.Response(t.Context()); err != nil || v.Get("code") != "the-code" {
		t.Errorf("response = %v, %v; want the first", v, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if v, err := l.Response(ctx); err == nil {
		t.Errorf("a second response came through: %v", v)
	}
}

func TestFinalPageWaitsForTheTruthAndIsSafe(t *testing.T) {
	l := listen(t, Params{})
	do(t, "POST", l.RedirectURI(), func(r *http.Request) { r.Header.Set("Content-Type", "application/x-www-form-urlencoded") },
		strings.NewReader(good(l).Encode()))
	page := make(chan *http.Response, 1)
	go func() {
		resp, err := plain().Get(l.done())
		if err != nil {
			t.Error(err)
		}
		page <- resp
	}()
	select {
	case <-page:
		t.Fatal("the page was shown before the outcome was known")
	case <-time.After(50 * time.Millisecond):
	}
	l.Finish(Page{Title: `<script>alert("x")</script>`, Text: "Ada & Co", Accent: `red;}body{display:none`, Lang: `de"><script>`})
	l.Finish(Page{Title: "too late"})
	resp := <-page
	body, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	if strings.Contains(string(body), "<script>") || strings.Contains(string(body), "display:none") || strings.Contains(string(body), "too late") {
		t.Errorf("page = %s", body)
	}
	for name, want := range map[string]string{
		"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff",
		"X-Frame-Options": "DENY", "Cross-Origin-Opener-Policy": "same-origin",
	} {
		if got := resp.Header.Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	if !resp.Close {
		t.Error("the connection is kept: an old sign-in's socket may eat the next")
	}
	if csp := resp.Header.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'; style-src 'sha256-") {
		t.Errorf("Content-Security-Policy = %q", csp)
	}
	if err := l.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", l.port)); err == nil {
		t.Error("the port is still bound after Close")
	}
}

func TestCloseDoesNotWaitForABrowserThatNeverComes(t *testing.T) {
	l := listen(t, Params{})
	l.Finish(Page{Title: "cancelled"})
	done := make(chan error, 1)
	go func() { done <- l.Close(context.Background()) }()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("Close waits although no response ever came")
	}
}

func TestFixedPortThatIsTakenIsNamed(t *testing.T) {
	other, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	port := other.Addr().(*net.TCPAddr).Port
	for _, host := range []string{"127.0.0.1", "localhost"} {
		_, err = Listen(Params{Host: host, Port: port, State: NewState()})
		var used *PortUsedError
		if !errors.As(err, &used) || used.Port != port {
			t.Errorf("%s: err = %v, want the port to be named", host, err)
		}
	}
}

// Nobody can take the port between the binding and the response: it is the same
// socket from Listen to Close.
func TestPortIsHeldUntilClose(t *testing.T) {
	for host, addresses := range map[string][]string{"127.0.0.1": {"127.0.0.1"}, "localhost": {"127.0.0.1", "[::1]"}} {
		l := listen(t, Params{Host: host})
		for _, address := range addresses {
			if other, err := net.Listen("tcp", fmt.Sprintf("%s:%d", address, l.port)); err == nil {
				other.Close()
				t.Errorf("%s: another program could listen on %s while the sign-in waits", host, other.Addr())
			}
		}
		do(t, "GET", fmt.Sprintf("http://127.0.0.1:%d%s?%s", l.port, l.params.Path, good(l).Encode()), nil, nil)
		if v, err := l.Response(t.Context()); err != nil || v.Get("code") != "the-code" {
			t.Errorf("%s: response = %v, %v", host, v, err)
		}
	}
}

func TestLocalhostHoldsBothFamilies(t *testing.T) {
	six, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		t.Fatalf("this test needs IPv6 on loopback: %v", err)
	}
	taken := six.Addr().(*net.TCPAddr).Port
	l := listen(t, Params{Host: "localhost"})
	for _, host := range []string{"127.0.0.1", "[::1]"} {
		resp := do(t, "GET", fmt.Sprintf("http://%s:%d/", host, l.port), nil, nil)
		if resp.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %s", host, resp.Status)
		}
	}
	if !strings.HasPrefix(l.RedirectURI(), "http://localhost:") {
		t.Errorf("redirect URI = %s", l.RedirectURI())
	}
	// A port that is free on one family only is no good.
	if _, err := Listen(Params{Host: "localhost", Port: taken, State: NewState()}); err == nil {
		t.Error("a port whose IPv6 half belongs to another program was accepted")
	}
	six.Close()
}

func TestPlainAddressHoldsIPv4Only(t *testing.T) {
	l := listen(t, Params{})
	if c, err := net.Dial("tcp6", fmt.Sprintf("[::1]:%d", l.port)); err == nil {
		c.Close()
		t.Error("listens on IPv6 although 127.0.0.1 is advertised")
	}
}

func TestShortStateIsRefused(t *testing.T) {
	if _, err := Listen(Params{State: "123456"}); err == nil {
		t.Error("a state of six characters was accepted")
	}
}

func FuzzRequests(f *testing.F) {
	f.Add("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	f.Add("POST /?a=%zz HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 3\r\n\r\nabc")
	f.Add("GET /?state=&state=&code=1 HTTP/1.0\r\n\r\n")
	l, err := Listen(Params{State: NewState()})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_ = l.Close(ctx)
	})
	f.Fuzz(func(t *testing.T, raw string) {
		c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", l.port))
		if err != nil {
			t.Fatal(err)
		}
		_ = c.SetDeadline(time.Now().Add(5 * time.Second))
		_, _ = io.WriteString(c, raw)
		_ = c.(*net.TCPConn).CloseWrite()
		_, _ = io.Copy(io.Discard, c)
		c.Close()
		if closed(l.Taken()) {
			t.Fatal("a request without the state ended the sign-in")
		}
	})
}
