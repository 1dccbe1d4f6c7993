package loopback

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// hold opens sockets and sends the beginning of a request over each.
func hold(t *testing.T, l *Listener, n int, text string) []net.Conn {
	t.Helper()
	var held []net.Conn
	for range n {
		c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", l.port))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		// The listener may have closed it already, to make room.
		_, _ = io.WriteString(c, strings.ReplaceAll(text, "HOST", fmt.Sprintf("127.0.0.1:%d", l.port)))
		held = append(held, c)
	}
	return held
}

// closedByListener waits for the socket's end, or for the answer that comes
// before it.
func closedByListener(c net.Conn) bool {
	_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
	_, err := c.Read(make([]byte, 1))
	return err != nil && !errors.Is(err, os.ErrDeadlineExceeded)
}

func TestSocketsAreBoundedAndTheResponseComesThrough(t *testing.T) {
	for name, text := range map[string]string{
		"silent":      "",
		"half header": "GET / HTTP/1.1\r\nHost: HOST\r\nX-Slow: ",
		"half body":   "POST / HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 65536\r\n\r\ncode=",
	} {
		t.Run(name, func(t *testing.T) {
			l := listen(t, Params{})
			held := hold(t, l, 3*maxSockets, text)
			if resp := do(t, "GET", l.RedirectURI()+"?"+good(l).Encode(), nil, nil); resp.StatusCode != http.StatusSeeOther {
				t.Errorf("the response is answered %s", resp.Status)
			}
			if v, err := l.Response(t.Context()); err != nil || v.Get("code") != "the-code" {
				t.Errorf("response = %v, %v", v, err)
			}
			l.sockets.mu.Lock()
			open := len(l.sockets.open)
			l.sockets.mu.Unlock()
			if open > maxSockets {
				t.Errorf("%d sockets are open, more than %d", open, maxSockets)
			}
			if !closedByListener(held[0]) {
				t.Error("the oldest socket is still open")
			}
		})
	}
}

// A browser that waits for its page must not lose it to sockets that come later.
func TestSocketThatWaitsForItsPageIsNotClosedForOthers(t *testing.T) {
	l := listen(t, Params{})
	do(t, "GET", l.RedirectURI()+"?"+good(l).Encode(), nil, nil)
	type answer struct {
		resp *http.Response
		err  error
	}
	page := make(chan answer, 1)
	sent := make(chan struct{})
	go func() {
		c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", l.port))
		if err != nil {
			page <- answer{nil, err}
			return
		}
		_, _ = fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n", l.donePath(), l.port)
		close(sent)
		text, err := io.ReadAll(c)
		if err == nil && len(text) == 0 {
			err = io.ErrUnexpectedEOF
		}
		page <- answer{nil, err}
	}()
	<-sent
	waitUntil(t, func() bool {
		l.sockets.mu.Lock()
		defer l.sockets.mu.Unlock()
		for _, s := range l.sockets.open {
			if s.kept {
				return true
			}
		}
		return false
	})
	hold(t, l, 2*maxSockets, "GET /")
	l.Finish(Page{Title: "Finished"})
	if a := <-page; a.err != nil {
		t.Errorf("the page was lost: %v", a.err)
	}
}

// Where every socket waits for a page, the newest has to go.
func TestSocketsThatAllWaitAreBoundedToo(t *testing.T) {
	l := listen(t, Params{})
	do(t, "GET", l.RedirectURI()+"?"+good(l).Encode(), nil, nil)
	kept := func() (n int) {
		l.sockets.mu.Lock()
		defer l.sockets.mu.Unlock()
		for _, s := range l.sockets.open {
			if s.kept {
				n++
			}
		}
		return n
	}
	request := "GET " + l.donePath() + " HTTP/1.1\r\nHost: HOST\r\n\r\n"
	hold(t, l, maxSockets, request)
	waitUntil(t, func() bool { return kept() == maxSockets })
	late := hold(t, l, 1, request)
	if !closedByListener(late[0]) {
		t.Error("one socket more than the bound was let in")
	}
	if n := kept(); n != maxSockets {
		t.Errorf("%d sockets wait, want %d", n, maxSockets)
	}
}

func TestSocketsWithoutARequestAreCounted(t *testing.T) {
	l := listen(t, Params{})
	for _, text := range []string{"", "GET / HT", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "\x00\r\n\r\n"} {
		for _, c := range hold(t, l, 1, text) {
			_ = c.(*net.TCPConn).CloseWrite()
			_, _ = io.Copy(io.Discard, c)
		}
	}
	do(t, "GET", fmt.Sprintf("http://127.0.0.1:%d/favicon.ico", l.port), nil, nil)
	if got, want := l.Noise(), (Noise{Requests: 1, Sockets: 4}); got != want {
		t.Errorf("noise = %+v, want %+v", got, want)
	}
}

// waitUntil asks again and again, for at most five seconds.
func waitUntil(t *testing.T, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal("it did not happen within five seconds")
		}
	}
}
