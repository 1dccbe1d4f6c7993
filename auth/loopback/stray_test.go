package loopback

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// Somebody whose browser brings an answer of another sign-in, or one without a
// state, is told so; everything that no person sees keeps the terse reply.
func TestStrayAnswerIsExplainedToPeopleOnly(t *testing.T) {
	const reflected = "reflected"
	header := func(pairs ...string) func(*http.Request) {
		return func(r *http.Request) {
			for i := 0; i < len(pairs); i += 2 {
				r.Header.Set(pairs[i], pairs[i+1])
			}
		}
	}
	const form, html = "application/x-www-form-urlencoded", "text/html,application/xhtml+xml,*/*;q=0.8"
	wrong := url.Values{"state": {NewState()}, "code": {reflected}}.Encode()
	for name, test := range map[string]struct {
		method, path string
		change       func(*http.Request)
		body         string
		status       int
		page         bool
		wrongState   int
	}{
		"an error without state":            {"GET", "/?error=access_denied&error_description=" + reflected, nil, "", 400, true, 1},
		"an error with an empty state":      {"GET", "/?state=&error=" + reflected, nil, "", 400, true, 1},
		"a code without state":              {"GET", "/?code=" + reflected, nil, "", 400, true, 1},
		"a code of an earlier sign-in":      {"GET", "/?" + wrong, nil, "", 400, true, 1},
		"as browsers ask":                   {"GET", "/?" + wrong, header("Accept", html, "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"), "", 400, true, 1},
		"as curl asks":                      {"GET", "/?" + wrong, header("Accept", "*/*"), "", 400, true, 1},
		"posted":                            {"POST", "/", header("Content-Type", form), wrong, 400, true, 1},
		"posted to an address with it":      {"POST", "/?" + wrong, header("Content-Type", form), "password=" + reflected, 400, true, 1},
		"markup in every place":             {"GET", "/?error=%3Cscript%3E" + reflected + "&x=%22%3E%3Cscript%3E" + reflected, header("Accept-Language", reflected, "Referer", reflected, "User-Agent", reflected), "", 400, true, 1},
		"fetched by a page":                 {"GET", "/?" + wrong, header("Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "image", "Accept", "image/*"), "", 400, false, 1},
		"fetched by a script":               {"GET", "/?" + wrong, header("Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty", "Accept", "*/*"), "", 400, false, 1},
		"in a frame":                        {"GET", "/?" + wrong, header("Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "iframe", "Accept", html), "", 400, false, 1},
		"a picture that old browsers want":  {"GET", "/?" + wrong, header("Accept", "image/webp,image/*"), "", 400, false, 1},
		"a state alone":                     {"GET", "/?state=" + reflected, nil, "", 400, false, 1},
		"nothing at all":                    {"GET", "/", nil, "", 400, false, 0},
		"something else":                    {"GET", "/?q=" + reflected, nil, "", 400, false, 0},
		"an icon":                           {"GET", "/favicon.ico?" + wrong, nil, "", 404, false, 0},
		"another path":                      {"GET", "/callback?" + wrong, nil, "", 404, false, 0},
		"the final page of another sign-in": {"GET", "/done", nil, "", 404, false, 0},
		"a preflight":                       {"OPTIONS", "/?" + wrong, nil, "", 405, false, 0},
		"a look at the header":              {"HEAD", "/?" + wrong, nil, "", 405, false, 0},
		"another host":                      {"GET", "/?" + wrong, func(r *http.Request) { r.Host = "evil.example" }, "", 400, false, 0},
		"posted as JSON":                    {"POST", "/", header("Content-Type", "application/json"), `{"code":"x"}`, 400, false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			l := listen(t, Params{Stray: Page{Lang: "de", Brand: "Contoso", Title: "Gehört nicht hierher"}})
			address := strings.TrimSuffix(l.RedirectURI(), "/") + test.path
			resp := do(t, test.method, address, test.change, strings.NewReader(test.body))
			raw, _ := io.ReadAll(resp.Body)
			body := string(raw)
			if page := strings.Contains(body, "Gehört nicht hierher"); resp.StatusCode != test.status || page != test.page {
				t.Errorf("%s, the page: %v\n%s", resp.Status, page, body)
			}
			for name, values := range resp.Header {
				body += name + strings.Join(values, "")
			}
			if strings.Contains(body, reflected) {
				t.Errorf("the reply repeats the request: %s", body)
			}
			for name, want := range map[string]string{
				"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff",
				"X-Frame-Options": "DENY", "Cross-Origin-Opener-Policy": "same-origin",
			} {
				if got := resp.Header.Get(name); got != want {
					t.Errorf("%s = %q, want %q", name, got, want)
				}
			}
			if csp := resp.Header.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none';") || strings.Contains(csp, "unsafe") || !resp.Close {
				t.Errorf("Content-Security-Policy = %q, closes: %v", csp, resp.Close)
			}
			if want := (Noise{Requests: 1, WrongState: test.wrongState}); l.Noise() != want {
				t.Errorf("noise = %+v, want %+v", l.Noise(), want)
			}
			if closed(l.Taken()) {
				t.Error("it was taken for the response")
			}
		})
	}
}

func TestWithoutWordsAStrayAnswerIsRepliedToTersely(t *testing.T) {
	l := listen(t, Params{})
	resp := do(t, "GET", l.RedirectURI()+"?error=access_denied", nil, nil)
	if body, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusBadRequest || string(body) != "Bad Request\n" {
		t.Errorf("%s: %q", resp.Status, body)
	}
}
