package loopback

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

const elsewhere = "https://provider.example/authorize?state=x"

// answered is a listener whose first response has arrived and is looked at.
func answered(t *testing.T) *Listener {
	t.Helper()
	l := listen(t, Params{})
	if resp := do(t, "GET", l.RedirectURI()+"?"+good(l).Encode(), nil, nil); resp.StatusCode != http.StatusSeeOther {
		t.Fatal(resp.Status)
	}
	if _, err := l.Response(t.Context()); err != nil {
		t.Fatal(err)
	}
	return l
}

func TestBrowserIsLedToAnotherRequestInsteadOfAPage(t *testing.T) {
	l := answered(t)
	former := good(l)
	if !l.Lead(elsewhere, secondState) {
		t.Fatal("nobody was led")
	}
	resp := do(t, "GET", l.at(l.donePath()), nil, nil)
	if resp.StatusCode != http.StatusSeeOther || resp.Header.Get("Location") != elsewhere || resp.Header.Get("Cache-Control") != "no-store" || resp.ContentLength > 0 {
		t.Errorf("%s to %q, %v", resp.Status, resp.Header.Get("Location"), resp.Header)
	}
	if resp := do(t, "GET", l.RedirectURI()+"?"+former.Encode(), nil, nil); resp.StatusCode != http.StatusBadRequest {
		t.Errorf("a response with the former state: %s", resp.Status)
	}
	do(t, "GET", l.RedirectURI()+"?"+url.Values{"state": {secondState}, "code": {"second"}}.Encode(), nil, nil)
	if v, err := l.Response(t.Context()); err != nil || v.Get("code") != "second" {
		t.Fatalf("response = %v, %v", v, err)
	}
	l.Finish(Page{Title: "Signed in"})
	if last := page(t, l); !strings.Contains(last, "Signed in") {
		t.Errorf("the last page: %s", last)
	}
}

// The end comes while the browser is at the provider: nobody waits for it here, and
// what it comes back with is not taken.
func TestListenerClosesWhileTheBrowserIsLed(t *testing.T) {
	l := answered(t)
	l.Lead(elsewhere, secondState)
	do(t, "GET", l.at(l.donePath()), nil, nil)
	l.Finish(Page{Title: "cancelled"})
	if err := l.Close(context.Background()); err != nil {
		t.Error(err)
	}
}

func TestNobodyIsLed(t *testing.T) {
	for name, begin := range map[string]func(*testing.T) *Listener{
		"before the first response": func(t *testing.T) *Listener { return listen(t, Params{}) },
		"by what was pasted": func(t *testing.T) *Listener {
			l := listen(t, Params{})
			l.Offer(good(l))
			return l
		},
		"after the end": func(t *testing.T) *Listener {
			l := answered(t)
			l.Finish(Page{})
			return l
		},
		"twice": func(t *testing.T) *Listener {
			l := answered(t)
			l.Lead(elsewhere, secondState)
			return l
		},
	} {
		t.Run(name, func(t *testing.T) {
			if begin(t).Lead("https://other.example", NewState()) {
				t.Error("somebody was")
			}
		})
	}
}

// What leads on has the next request's state in it. A program that knows the port and
// nothing else gets neither that nor the page.
func TestNobodyElseIsLedOn(t *testing.T) {
	l := answered(t)
	if !l.Lead(elsewhere, secondState) {
		t.Fatal("the browser was not led on")
	}
	for _, path := range []string{"/done", "/done/", donePrefix + NewState(), l.donePath() + "/", l.donePath()[:len(l.donePath())-1]} {
		for _, method := range []string{"GET", "HEAD"} {
			if resp := do(t, method, l.at(path), nil, nil); resp.StatusCode != 404 || resp.Header.Get("Location") != "" {
				t.Errorf("%s %s: status %d, %q", method, path, resp.StatusCode, resp.Header.Get("Location"))
			}
		}
	}
}
