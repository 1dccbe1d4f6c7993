package loopback

import (
	"context"
	"html"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

const hint = "kA7-the-id-token"

// served is a one-time page that waits until the test ends; gone is closed when it
// was fetched.
func served(t *testing.T, f Form) (o *OneTime, gone chan struct{}) {
	t.Helper()
	o, err := ServeForm(Page{Title: "Signing <out>", LinkLabel: "Sign out", Accent: "#123456"}, f)
	if err != nil {
		t.Fatal(err)
	}
	gone = make(chan struct{})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if o.Wait(ctx) {
			close(gone)
		}
	}()
	t.Cleanup(func() { cancel(); <-ended })
	return o, gone
}

func endSession() Form {
	return Form{Action: "https://id.example/end?a=b&c=d", Fields: url.Values{"id_token_hint": {hint}, "client_id": {`"><script>alert(1)</script>`}}}
}

func TestOneTimePagePostsItsFormOnceAndIsGone(t *testing.T) {
	o, gone := served(t, endSession())
	if strings.Contains(o.URL(), hint) {
		t.Errorf("the address is %s", o.URL())
	}
	resp := do(t, "GET", o.URL(), nil, nil)
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s, %v", resp.Status, err)
	}
	page := string(body)
	for _, want := range []string{
		`<form method="post" action="https://id.example/end?a=b&amp;c=d"`, `name="id_token_hint" value="` + hint + `"`,
		"<button>Sign out</button>", "<script>document.forms[0].submit()</script>", "Signing &lt;out&gt;",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s:\n%s", want, page)
		}
	}
	if strings.Contains(page, "alert(1)</script>") {
		t.Errorf("a value became a script:\n%s", page)
	}
	for name, want := range map[string]string{
		"Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff",
		"Cross-Origin-Opener-Policy": "same-origin",
	} {
		if got := resp.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	policy := resp.Header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "form-action https:;", "frame-ancestors 'none'", "base-uri 'none'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy %q lacks %q", policy, want)
		}
	}
	for kind, inline := range map[string]string{"style": between(page, "<style>", "</style>"), "script": between(page, "<script>", "</script>")} {
		if !strings.Contains(policy, kind+"-src "+hashSource(html.UnescapeString(inline))+";") {
			t.Errorf("the policy %q does not let the %s through", policy, kind)
		}
	}
	<-gone
	if _, err := net.DialTimeout("tcp", o.host, time.Second); err == nil {
		t.Error("the port is still bound")
	}
}

func between(s, from, to string) string {
	_, s, _ = strings.Cut(s, from)
	s, _, _ = strings.Cut(s, to)
	return s
}

func TestOnlyOneBrowserGetsTheOneTimePage(t *testing.T) {
	o, _ := served(t, endSession())
	var all sync.WaitGroup
	got := make(chan int, 16)
	for range cap(got) {
		all.Go(func() {
			resp, err := plain().Get(o.URL())
			if err != nil {
				return // the port was closed already
			}
			defer resp.Body.Close()
			if body, _ := io.ReadAll(resp.Body); strings.Contains(string(body), hint) {
				got <- 1
			}
		})
	}
	all.Wait()
	if len(got) != 1 {
		t.Errorf("%d visitors got the page, want one", len(got))
	}
}

// The port is closed soon after, and the page is gone before.
func TestSecondVisitGetsNothingWhileThePortIsStillOpen(t *testing.T) {
	o, err := ServeForm(Page{}, endSession())
	if err != nil {
		t.Fatal(err)
	}
	defer o.Wait(t.Context()) // nobody closes the port before
	first, second := do(t, "GET", o.URL(), nil, nil), do(t, "GET", o.URL(), nil, nil)
	if body, _ := io.ReadAll(second.Body); first.StatusCode != http.StatusOK || second.StatusCode != http.StatusGone || strings.Contains(string(body), hint) {
		t.Errorf("%s, and then %s", first.Status, second.Status)
	}
}

func TestNothingElseFetchesTheOneTimePage(t *testing.T) {
	tests := map[string]struct {
		method  string
		address func(o *OneTime) string
		change  func(*http.Request)
		status  int
	}{
		"a guess":           {"GET", func(o *OneTime) string { return "http://" + o.host + oncePath + NewState() }, nil, 404},
		"the root":          {"GET", func(o *OneTime) string { return "http://" + o.host + "/" }, nil, 404},
		"a favicon":         {"GET", func(o *OneTime) string { return "http://" + o.host + "/favicon.ico" }, nil, 404},
		"with a query":      {"GET", func(o *OneTime) string { return o.URL() + "?x=y" }, nil, 404},
		"a post":            {"POST", (*OneTime).URL, nil, 405},
		"a look ahead":      {"HEAD", (*OneTime).URL, nil, 405},
		"a preflight":       {"OPTIONS", (*OneTime).URL, nil, 405},
		"another name":      {"GET", (*OneTime).URL, func(r *http.Request) { r.Host = "evil.example" }, 400},
		"localhost":         {"GET", (*OneTime).URL, func(r *http.Request) { r.Host = "localhost" }, 400},
		"a prefetch":        {"GET", (*OneTime).URL, func(r *http.Request) { r.Header.Set("Sec-Purpose", "prefetch;prerender") }, 404},
		"an older prefetch": {"GET", (*OneTime).URL, func(r *http.Request) { r.Header.Set("Purpose", "Prefetch") }, 404},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			o, _ := served(t, endSession())
			resp := do(t, test.method, test.address(o), test.change, nil)
			if body, _ := io.ReadAll(resp.Body); resp.StatusCode != test.status || strings.Contains(string(body), hint) {
				t.Errorf("%s with %q", resp.Status, body)
			}
			if resp := do(t, "GET", o.URL(), nil, nil); resp.StatusCode != http.StatusOK {
				t.Errorf("afterwards the page is gone: %s", resp.Status)
			}
		})
	}
}

func TestOneTimePageEndsWithItsTime(t *testing.T) {
	o, err := ServeForm(Page{}, endSession())
	if err != nil {
		t.Fatal(err)
	}
	half, err := net.Dial("tcp", o.host) // a socket that says nothing holds nothing up
	if err != nil {
		t.Fatal(err)
	}
	defer half.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if o.Wait(ctx) {
		t.Error("the page counts as fetched")
	}
	if _, err := net.DialTimeout("tcp", o.host, time.Second); err == nil {
		t.Error("the port is still bound")
	}
}

func TestOneTimePageLeadsToWebServersOnly(t *testing.T) {
	for _, action := range []string{"javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "/end", "", "https:///end", "//id.example/"} {
		if o, err := ServeForm(Page{}, Form{Action: action}); err == nil {
			t.Errorf("a form to %q is served", action)
			_ = o.server.Close()
		}
	}
	for action, want := range map[string]string{
		"https://id.example:8443/end": "form-action https:;", "http://127.0.0.1:1/end": "form-action http:;", "http://[::1]:1/end": "form-action http:;",
	} {
		o, _ := served(t, Form{Action: action})
		resp := do(t, "GET", o.URL(), nil, nil)
		if policy := resp.Header.Get("Content-Security-Policy"); !strings.Contains(policy, want) {
			t.Errorf("%s: the policy is %q", action, policy)
		}
	}
}
