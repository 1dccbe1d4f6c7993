package loopback

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// waiting is a listener whose first response has been answered with a page that
// leads on. asked gets why each further request was prepared.
func waiting(t *testing.T, o Onward) (l *Listener, asked chan Why) {
	t.Helper()
	asked = make(chan Why, 16)
	if o.Request == nil {
		o.Request = func(_ context.Context, why Why) (string, string, error) {
			asked <- why
			return "https://provider.example/authorize", secondState, nil
		}
	}
	l = listen(t, Params{})
	do(t, "GET", l.RedirectURI()+"?"+url.Values{"state": {l.params.State}, "error": {"later"}}.Encode(), nil, nil)
	if _, err := l.Response(t.Context()); err != nil {
		t.Fatal(err)
	}
	l.Continue(Page{Title: "Waiting", Refresh: 14500 * time.Millisecond, LinkLabel: "Look again"}, o)
	return l, asked
}

var secondState = NewState()

func page(t *testing.T, l *Listener) string {
	t.Helper()
	resp := do(t, "GET", l.at(l.donePath()), nil, nil)
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func (l *Listener) at(path string) string { return fmt.Sprintf("http://127.0.0.1:%d%s", l.port, path) }

var (
	refresh = regexp.MustCompile(`<meta http-equiv="refresh" content="15;url=([^"]+)">`)
	link    = regexp.MustCompile(`<a href="([^"]+)">Look again</a>`)
)

func TestPageLeadsOnToTheNextRequest(t *testing.T) {
	for name, test := range map[string]struct {
		address func(l *Listener, page string) string
		why     Why
	}{
		"by itself":    {func(l *Listener, page string) string { return l.at(refresh.FindStringSubmatch(page)[1]) }, ByItself},
		"by its link":  {func(l *Listener, page string) string { return l.at(link.FindStringSubmatch(page)[1]) }, ByPerson},
		"from outside": {func(l *Listener, _ string) string { return l.AgainURI() }, ByPerson},
	} {
		t.Run(name, func(t *testing.T) {
			l, asked := waiting(t, Onward{})
			resp := do(t, "GET", test.address(l, page(t, l)), nil, nil)
			if resp.StatusCode != http.StatusSeeOther || resp.Header.Get("Location") != "https://provider.example/authorize" {
				t.Fatalf("%s to %q", resp.Status, resp.Header.Get("Location"))
			}
			if why := <-asked; why != test.why {
				t.Errorf("asked for reason %d, want %d", why, test.why)
			}
			if resp := do(t, "GET", l.RedirectURI()+"?"+good(l).Encode(), nil, nil); resp.StatusCode != http.StatusBadRequest {
				t.Errorf("a response with the former state: %s", resp.Status)
			}
			second := url.Values{"state": {secondState}, "code": {"second"}}
			do(t, "GET", l.RedirectURI()+"?"+second.Encode(), nil, nil)
			if v, err := l.Response(t.Context()); err != nil || v.Get("code") != "second" {
				t.Fatalf("response = %v, %v", v, err)
			}
			l.Finish(Page{Title: "Signed in", Refresh: time.Second, LinkLabel: "Look again"})
			if last := page(t, l); !strings.Contains(last, "Signed in") || strings.Contains(last, "http-equiv=\"refresh\"") || link.MatchString(last) {
				t.Errorf("the last page leads on: %s", last)
			}
		})
	}
}

func TestWaitingPageCanBeReloadedWhileTheNextRequestIsUnderWay(t *testing.T) {
	l, _ := waiting(t, Onward{})
	do(t, "GET", l.AgainURI(), nil, nil)
	if p := page(t, l); !strings.Contains(p, "Waiting") {
		t.Errorf("page = %s", p)
	}
}

func TestNothingLeadsOn(t *testing.T) {
	tests := map[string]struct {
		before  func(t *testing.T, l *Listener)
		address func(l *Listener) string
		status  int
	}{
		"with a guessed address": {nil, func(l *Listener) string { return l.at("/again/" + NewState() + "/person") }, http.StatusNotFound},
		"for another reason":     {nil, func(l *Listener) string { return l.AgainURI() + "s" }, http.StatusNotFound},
		"after the end": {func(_ *testing.T, l *Listener) { l.Finish(Page{Title: "cancelled"}) },
			(*Listener).AgainURI, http.StatusSeeOther},
		"while a response is looked at": {func(t *testing.T, l *Listener) {
			l.Expect(secondState)
			do(t, "GET", l.RedirectURI()+"?"+url.Values{"state": {secondState}, "code": {"x"}}.Encode(), nil, nil)
		}, (*Listener).AgainURI, http.StatusSeeOther},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			l, asked := waiting(t, Onward{})
			if test.before != nil {
				test.before(t, l)
			}
			resp := do(t, "GET", test.address(l), nil, nil)
			if resp.StatusCode != test.status || test.status == http.StatusSeeOther && resp.Header.Get("Location") != l.donePath() {
				t.Errorf("%s to %q", resp.Status, resp.Header.Get("Location"))
			}
			if len(asked) != 0 {
				t.Error("a request was prepared")
			}
		})
	}
	t.Run("before the first response", func(t *testing.T) {
		l := listen(t, Params{})
		if resp := do(t, "GET", l.AgainURI(), nil, nil); resp.Header.Get("Location") != l.donePath() {
			t.Errorf("%s to %q", resp.Status, resp.Header.Get("Location"))
		}
	})
}

func TestRequestThatCannotBePreparedShowsThePageAgain(t *testing.T) {
	l, _ := waiting(t, Onward{Request: func(context.Context, Why) (string, string, error) { return "", "", errors.New("no network") }})
	if resp := do(t, "GET", l.AgainURI(), nil, nil); resp.Header.Get("Location") != l.donePath() {
		t.Errorf("%s to %q", resp.Status, resp.Header.Get("Location"))
	}
	if p := page(t, l); !refresh.MatchString(p) {
		t.Errorf("the page does not go on trying: %s", p)
	}
}

func TestDetourNeverEndsTheWait(t *testing.T) {
	detour := NewState()
	tests := map[string]struct {
		values url.Values
		to     string
		status int
	}{
		"good":           {url.Values{"state": {detour}, "granted": {"True"}}, "https://provider.example/authorize", http.StatusSeeOther},
		"bad":            {url.Values{"state": {detour}, "error": {"access_denied"}}, donePrefix, http.StatusSeeOther},
		"with a code":    {url.Values{"state": {detour}, "code": {"x"}}, donePrefix, http.StatusSeeOther},
		"twice the same": {url.Values{"state": {detour}, "granted": {"True", "False"}}, "", http.StatusBadRequest},
		"another state":  {url.Values{"state": {NewState()}, "granted": {"True"}}, "", http.StatusBadRequest},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			l, _ := waiting(t, Onward{Detour: detour, Arrived: func(v url.Values) bool { return v.Get("granted") == "True" }})
			resp := do(t, "GET", l.RedirectURI()+"?"+test.values.Encode(), nil, nil)
			if test.to == donePrefix {
				test.to = l.donePath()
			}
			if resp.StatusCode != test.status || resp.Header.Get("Location") != test.to {
				t.Errorf("%s to %q", resp.Status, resp.Header.Get("Location"))
			}
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
			defer cancel()
			if v, err := l.Response(ctx); err == nil {
				t.Errorf("it came through as a response: %v", v)
			}
		})
	}
}

func TestOfferedResponseHasToBeTheRightOne(t *testing.T) {
	tests := map[string]struct {
		values func(*Listener) url.Values
		taken  bool
	}{
		"right":         {good, true},
		"refused":       {func(l *Listener) url.Values { return url.Values{"state": {l.params.State}, "error": {"no"}} }, true},
		"another state": {func(*Listener) url.Values { return url.Values{"state": {NewState()}, "code": {"x"}} }, false},
		"no state":      {func(*Listener) url.Values { return url.Values{"code": {"x"}} }, false},
		"no answer":     {func(l *Listener) url.Values { return url.Values{"state": {l.params.State}} }, false},
		"twice": {func(l *Listener) url.Values {
			return url.Values{"state": {l.params.State}, "code": {"x", "y"}}
		}, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			l := listen(t, Params{})
			if got := l.Offer(test.values(l)); got != test.taken || closed(l.Taken()) != test.taken {
				t.Errorf("taken: %v, want %v", got, test.taken)
			}
			if !test.taken {
				return
			}
			// Nobody's browser fetches a page then, and Close does not wait for it.
			l.Finish(Page{})
			if err := l.Close(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestCancelledWaitDoesNotHoldUpClose(t *testing.T) {
	l, _ := waiting(t, Onward{})
	page(t, l)
	l.Finish(Page{Title: "cancelled"})
	if err := l.Close(context.Background()); err != nil {
		t.Error(err)
	}
}

func TestRedirectURI(t *testing.T) {
	for want, params := range map[string]Params{
		"http://127.0.0.1/":          {},
		"http://localhost":           {Host: "localhost", Bare: true},
		"http://localhost:8400":      {Host: "localhost", Port: 8400, Bare: true},
		"http://localhost/":          {Host: "localhost", Port: 80},
		"http://localhost:8400/back": {Host: "localhost", Port: 8400, Path: "/back", Bare: true},
	} {
		if got := RedirectURI(params, params.Port); got != want {
			t.Errorf("%+v: %s, want %s", params, got, want)
		}
	}
}

func TestPort80IsLeftOutOfTheHostHeader(t *testing.T) {
	l, err := Listen(Params{Port: 80, State: NewState()})
	if err != nil {
		t.Skipf("port 80 cannot be had here: %v", err)
	}
	t.Cleanup(func() { l.Finish(Page{}); _ = l.Close(context.Background()) })
	for _, host := range []string{"127.0.0.1", "localhost", "127.0.0.1:80", "[::1]"} {
		resp := do(t, "GET", "http://127.0.0.1/favicon.ico", func(r *http.Request) { r.Host = host }, nil)
		if resp.StatusCode != http.StatusNotFound {
			t.Errorf("Host %s: %s, want that the host is known", host, resp.Status)
		}
	}
}
