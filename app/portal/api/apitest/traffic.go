package apitest

import (
	"bufio"
	"bytes"
	"io"
	"mime"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// most is how much of a document is kept, in bytes.
const most = 16 << 20

// Transport holds each exchange over a transport to the file. nil stands for
// [http.DefaultTransport].
func (c *Contract) Transport(t testing.TB, over http.RoundTripper) http.RoundTripper {
	if over == nil {
		over = http.DefaultTransport
	}
	return &transport{c, t, over}
}

type transport struct {
	contract *Contract
	t        testing.TB
	over     http.RoundTripper
}

// RoundTrip implements [http.RoundTripper].
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	x := exchange{method: r.Method, path: r.URL.EscapedPath(), query: r.URL.Query(), asked: r.Header.Clone()}
	var sent kept
	if r.Body != nil && r.Body != http.NoBody && isDocument(r.Header) {
		r = r.Clone(r.Context())
		r.Body = struct {
			io.Reader
			io.Closer
		}{io.TeeReader(r.Body, &sent), r.Body}
	}
	res, err := t.over.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	x.status, x.answered = res.StatusCode, res.Header
	if isDocument(res.Header) {
		raw, err := io.ReadAll(io.LimitReader(res.Body, most))
		rest := io.Reader(bytes.NewReader(raw))
		if err != nil { // broken on the way: nothing to hold to the file
			res.Body = &body{io.MultiReader(rest, failing{err}), res.Body}
			return res, nil
		}
		x.got = raw
		res.Body = &body{rest, res.Body}
	}
	x.sent = sent.Bytes()
	if err := t.contract.check(x); err != nil {
		t.t.Errorf("%s %s: %v", x.method, x.path, err)
	}
	return res, nil
}

type body struct {
	io.Reader
	io.Closer
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// kept is a buffer for another goroutine's writes.
type kept struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (k *kept) Write(p []byte) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.b.Len() < most {
		k.b.Write(p)
	}
	return len(p), nil
}

func (k *kept) Bytes() []byte {
	k.mu.Lock()
	defer k.mu.Unlock()
	return bytes.Clone(k.b.Bytes())
}

// isDocument says if a body is one of JSON or a form. Others are files.
func isDocument(h http.Header) bool {
	kind, _, _ := mime.ParseMediaType(h.Get("Content-Type"))
	return strings.HasSuffix(kind, "json") || kind == "application/x-www-form-urlencoded"
}

// Handler holds each exchange with a handler to the file. Answers of hijacked connections pass by: only
// [Contract.Transport] sees those.
func (c *Contract) Handler(t testing.TB, over http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := exchange{method: r.Method, path: r.URL.EscapedPath(), query: r.URL.Query(), asked: r.Header.Clone()}
		var sent kept
		if isDocument(r.Header) {
			r.Body = &body{io.TeeReader(r.Body, &sent), r.Body}
		}
		k := &keeper{ResponseWriter: w}
		over.ServeHTTP(k, r)
		if k.hijacked {
			return
		}
		x.status, x.answered, x.got, x.sent = k.status, k.header, k.got.Bytes(), sent.Bytes()
		if x.status == 0 {
			x.status, x.answered = http.StatusOK, w.Header()
		}
		if err := c.check(x); err != nil {
			t.Errorf("%s %s: %v", x.method, x.path, err)
		}
	})
}

// keeper keeps an answer while it is written.
type keeper struct {
	http.ResponseWriter
	status   int
	header   http.Header
	got      kept
	hijacked bool
}

func (k *keeper) WriteHeader(status int) {
	if k.status == 0 && status >= 200 {
		k.status, k.header = status, k.Header().Clone()
	}
	k.ResponseWriter.WriteHeader(status)
}

func (k *keeper) Write(p []byte) (int, error) {
	if k.status == 0 {
		k.status, k.header = http.StatusOK, k.Header().Clone()
	}
	if isDocument(k.header) {
		_, _ = k.got.Write(p)
	}
	return k.ResponseWriter.Write(p)
}

// Unwrap is for [http.ResponseController].
func (k *keeper) Unwrap() http.ResponseWriter { return k.ResponseWriter }

// Hijack implements [http.Hijacker].
func (k *keeper) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	k.hijacked = true
	return http.NewResponseController(k.ResponseWriter).Hijack()
}
