package loopback

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

func (l *Listener) done() string { return fmt.Sprintf("http://127.0.0.1:%d%s", l.port, l.donePath()) }

// A sign-in may end (cancelled, timed out) before the browser comes back: whoever
// comes then is shown how it ended.
func TestBrowserThatComesTooLateIsShownHowItEnded(t *testing.T) {
	l := listen(t, Params{})
	l.Finish(Page{})
	do(t, "GET", l.RedirectURI()+"?"+good(l).Encode(), nil, nil)
	resp := do(t, "GET", l.done(), nil, nil)
	body, _ := io.ReadAll(resp.Body)
	if resp.StatusCode != http.StatusOK || !strings.Contains(string(body), "You can close this page") {
		t.Errorf("%s: %s", resp.Status, body)
	}
}

// Whoever only asks for the header has not been shown the page yet.
func TestHeadOfTheFinalPageHasNoBodyAndDoesNotEndTheWait(t *testing.T) {
	l := listen(t, Params{})
	do(t, "GET", l.RedirectURI()+"?"+good(l).Encode(), nil, nil)
	l.Finish(Page{Title: "Finished"})
	resp := do(t, "HEAD", l.done(), nil, nil)
	if body, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusOK || len(body) != 0 || resp.ContentLength <= 0 {
		t.Errorf("%s, %d bytes, Content-Length %d", resp.Status, len(body), resp.ContentLength)
	}
	if closed(l.round.shown) {
		t.Error("it counts as shown")
	}
	do(t, "GET", l.done(), nil, nil)
	waitUntil(t, func() bool { l.mu.Lock(); defer l.mu.Unlock(); return closed(l.round.shown) })
}

// Everything that goes on after a response has to leave an end as it is.
func TestNothingGoesOnAfterTheEnd(t *testing.T) {
	l := listen(t, Params{})
	l.Continue(Page{Title: "before any response"}, Onward{Request: func(context.Context, Why) (string, string, error) {
		t.Error("a request was prepared")
		return "", "", nil
	}})
	if l.expect(NewState()) {
		t.Error("another state is waited for, although no response has come")
	}
	do(t, "GET", l.RedirectURI()+"?"+good(l).Encode(), nil, nil)
	l.Finish(Page{Title: "the end"})
	l.Continue(Page{Title: "after the end"}, Onward{})
	l.Expect(NewState())
	resp := do(t, "GET", l.done(), nil, nil)
	if body, _ := io.ReadAll(resp.Body); !strings.Contains(string(body), "the end") || strings.Contains(string(body), "after the end") {
		t.Errorf("page = %s", body)
	}
	if _, err := l.Response(t.Context()); err != nil {
		t.Error(err)
	}
}

// A form whose sender goes away half-way is noise like any other.
func TestFormThatBreaksOffIsNoise(t *testing.T) {
	l := listen(t, Params{})
	c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", l.port))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, _ = fmt.Fprintf(c, "POST / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 500\r\n\r\n%s", l.port, good(l).Encode())
	if n := l.Noise(); n.Requests != 0 || closed(l.Taken()) {
		t.Errorf("before it breaks off: %+v", n)
	}
	_ = c.(*net.TCPConn).CloseWrite()
	_, _ = io.Copy(io.Discard, c)
	waitUntil(t, func() bool { return l.Noise() == Noise{Requests: 1} })
	if closed(l.Taken()) {
		t.Error("half a form was taken for the response")
	}
}
