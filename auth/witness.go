package auth

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
)

// lostAnswer marks the error of a request gone out whole, with an answer that never came,
// or not to its end: the request may have taken effect.
type lostAnswer struct{ error }

func (e *lostAnswer) Unwrap() error { return e.error }

// isLost reports if an answer was lost on its way here.
func isLost(err error) bool {
	var lost *lostAnswer
	return errors.As(err, &lost)
}

// witness is the transport of one request, and sees how far it came.
type witness struct {
	base http.RoundTripper
	// answered is told of the answer as soon as its header is here.
	answered func(host string, h http.Header)
	// sent: the request has gone out whole, or an answer to it has begun. The answer can
	// come before this side knows of the request's end. broken: its answer did not come,
	// or broke off.
	sent, broken atomic.Bool
}

func (w *witness) RoundTrip(req *http.Request) (*http.Response, error) {
	trace := &httptrace.ClientTrace{WroteRequest: func(i httptrace.WroteRequestInfo) {
		if i.Err == nil {
			w.sent.Store(true)
		}
	}}
	resp, err := w.base.RoundTrip(req.WithContext(httptrace.WithClientTrace(req.Context(), trace)))
	if err != nil {
		w.broken.Store(true)
		return nil, err
	}
	w.sent.Store(true)
	w.answered(req.URL.Host, resp.Header)
	resp.Body = &witnessedBody{ReadCloser: resp.Body, by: w}
	return resp, nil
}

// testify marks the error of a lost answer.
func (w *witness) testify(err error) error {
	var passing *UnavailableError
	if w.sent.Load() && w.broken.Load() && errors.As(err, &passing) {
		return &lostAnswer{err}
	}
	return err
}

type witnessedBody struct {
	io.ReadCloser
	by *witness
}

func (b *witnessedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		b.by.broken.Store(true)
	}
	return n, err
}
