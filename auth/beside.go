package auth

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/oauth2"
)

// holdLimit is how long a connection may wait for its form. Servers end silent
// connections, mostly after ten seconds.
const holdLimit = 3 * time.Second

// errHeld: the key store takes longer than a connection may wait, as it does when it asks
// a person.
var errHeld = errors.New("the key store has not answered yet")

// storeTrial is [Client.tryStore] under way. Until its outcome it holds back a form with
// a refresh token in it.
type storeTrial struct {
	limit time.Duration
	ended chan struct{} // closed when err is there
	err   error
	// late: a form has not waited for it. given: one has been read.
	late, given atomic.Bool
}

// renewTried makes the request of a renewal once tryStore has shown that the key store
// can keep its outcome. The connection to the provider is made meanwhile. unwritable is
// tryStore's error: nothing was sent then.
func (c *Client) renewTried(ctx context.Context, m *Metadata, kept remembered, api API) (_ *Metadata, token *oauth2.Token, a *answer, err, unwritable error) {
	asking, done := outlive(ctx, answerGrace)
	defer done()
	if !c.isUntried(kept) {
		m, token, a, err = c.renew(asking, m, kept, api, nil)
		return m, token, a, err, nil
	}
	asking, callOff := context.WithCancelCause(asking)
	defer callOff(nil)
	trial := &storeTrial{limit: c.holdIn, ended: make(chan struct{})}
	go func() {
		defer close(trial.ended)
		if trial.err = c.tryStore(ctx, kept); trial.err != nil {
			callOff(trial.err)
		}
	}()
	asked := m
	m, token, a, err = c.renew(asking, asked, kept, api, trial)
	<-trial.ended
	switch {
	case trial.err != nil:
		return nil, nil, nil, nil, trial.err
	case err != nil && trial.late.Load() && !trial.given.Load():
		m, token, a, err = c.renew(asking, asked, kept, api, nil)
	}
	return m, token, a, err, nil
}

// hold has a request wait for the trial, once its connection is there. Otherwise the
// connection ends, before anything of the request has gone into it.
func (s *storeTrial) hold(req *http.Request) *http.Request {
	if s == nil {
		return req
	}
	ctx := req.Context()
	form := &heldForm{ReadCloser: req.Body, trial: s, ctx: ctx}
	req = req.WithContext(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
		secure, _ := info.Conn.(*tls.Conn)
		shared := secure != nil && secure.ConnectionState().NegotiatedProtocol == "h2"
		if form.wait() != nil && !shared {
			_ = info.Conn.Close()
		}
	}}))
	// This is for net/http. Nobody else has got the token before the form was read.
	req.Body = form
	return req
}

// heldForm is a form that waits, once: after that wait it is read, or never. One that was
// given up is sent by another request, and the provider would get it twice.
type heldForm struct {
	io.ReadCloser
	trial *storeTrial
	ctx   context.Context

	once sync.Once
	err  error
}

func (f *heldForm) wait() error {
	f.once.Do(func() { f.err = f.trial.wait(f.ctx) })
	return f.err
}

func (f *heldForm) Read(p []byte) (int, error) {
	if err := f.wait(); err != nil {
		return 0, err
	}
	f.trial.given.Store(true)
	return f.ReadCloser.Read(p)
}

// wait returns nil once the key store has taken the record.
func (s *storeTrial) wait(ctx context.Context) error {
	over := time.NewTimer(s.limit)
	defer over.Stop()
	select {
	case <-s.ended:
		return s.err
	case <-over.C:
		s.late.Store(true)
		return errHeld
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
