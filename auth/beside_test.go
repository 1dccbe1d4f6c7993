package auth

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"sync/atomic"
	"testing"
	"time"

	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/vault"
)

// triedStore is a key store that waits before it shows that a Put would work.
type triedStore struct {
	*vault.Vault
	before func() error
}

func (s *triedStore) Try(ctx context.Context, name string, value []byte) error {
	if err := s.before(); err != nil {
		return err
	}
	return s.Vault.Try(ctx, name, value)
}

// watched are the connections of a client from when on they are watched.
type watched struct {
	opened chan struct{} // one for each
	closed chan struct{}
}

type watchedConn struct {
	net.Conn
	w    *watched
	once atomic.Bool
}

func (c *watchedConn) Close() error {
	if !c.once.Swap(true) {
		c.w.closed <- struct{}{}
	}
	return c.Conn.Close()
}

// tried is a client of somebody who is signed in, whose key store does something before
// it is tried.
func tried(t *testing.T, before func(p *authtest.Provider, w *watched) error) (*Client, *authtest.Provider, string) {
	t.Helper()
	provider := authtest.New(t)
	keys := vault.New(vault.Params{Service: "test", Backend: authtest.NewKeyStore()})
	dir := t.TempDir()
	client := func(store Store, client *http.Client) *Client {
		c, err := New(Params{
			Provider: Provider{ID: "work", Authority: provider.URL, ClientID: authtest.ClientID},
			Accounts: NewAccounts(store, dir), CacheDir: dir, HTTP: client,
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		return c
	}
	in, err := client(keys, provider.Client()).Begin(t.Context(), BeginOptions{})
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		if resp, err := provider.Browse(t.Context(), in.URL()); err == nil {
			resp.Body.Close()
		}
	}()
	tokens, err := in.Wait()
	if err != nil {
		t.Fatal(err)
	}
	w := &watched{opened: make(chan struct{}, 10), closed: make(chan struct{}, 10)}
	transport := provider.Client().Transport.(*http.Transport).Clone()
	transport.DisableKeepAlives = true
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		w.opened <- struct{}{}
		return &watchedConn{Conn: conn, w: w}, nil
	}
	store := &triedStore{keys, func() error { return before(provider, w) }}
	return client(store, &http.Client{Transport: transport, Timeout: 30 * time.Second}), provider, tokens.Account.ID
}

// within waits for a sign, and fails where none comes.
func within(sign <-chan struct{}) error {
	select {
	case <-sign:
		return nil
	case <-time.After(20 * time.Second):
		return errors.New("it did not happen")
	}
}

func TestTheConnectionIsMadeWhileTheKeyStoreIsTried(t *testing.T) {
	var asked int
	c, provider, account := tried(t, func(p *authtest.Provider, w *watched) error {
		if err := within(w.opened); err != nil {
			t.Errorf("a connection: %v", err)
		}
		asked = len(p.Requests(authtest.Token))
		return nil
	})
	before := len(provider.Requests(authtest.Token))
	if _, err := c.Refresh(t.Context(), account); err != nil {
		t.Fatal(err)
	}
	if after := len(provider.Requests(authtest.Token)); asked != before || after != before+1 {
		t.Errorf("%d token requests before the key store had answered, %d afterwards", asked-before, after-before)
	}
}

// Whatever the key store does while a connection waits, no token goes into it.
func TestNothingIsSentWhereTheKeyStoreTakesNothing(t *testing.T) {
	refuses := &vault.Error{Op: "put", Kind: vault.Full}
	c, provider, account := tried(t, func(_ *authtest.Provider, w *watched) error {
		return errors.Join(within(w.opened), refuses)
	})
	before := len(provider.Requests(authtest.Token))
	_, err := c.Refresh(t.Context(), account)
	var unwritable *UnwritableError
	if !errors.As(err, &unwritable) || !errors.Is(err, refuses) {
		t.Errorf("err = %v", err)
	}
	if n := len(provider.Requests(authtest.Token)) - before; n != 0 {
		t.Errorf("%d token requests", n)
	}
}

// A key store may ask a person, for whom no server waits.
func TestAConnectionThatHasWaitedTooLongIsMadeAnew(t *testing.T) {
	c, provider, account := tried(t, func(p *authtest.Provider, w *watched) error {
		return errors.Join(within(w.opened), within(w.closed))
	})
	c.holdIn = time.Millisecond
	before := len(provider.Requests(authtest.Token))
	if _, err := c.Refresh(t.Context(), account); err != nil {
		t.Fatal(err)
	}
	if n := len(provider.Requests(authtest.Token)) - before; n != 1 {
		t.Errorf("%d token requests, want one", n)
	}
}

// Where there is no provider to connect to, that is said once the key store has answered.
func TestAnUnreachedProviderIsAskedOnce(t *testing.T) {
	var dials atomic.Int64
	c, _, account := tried(t, func(*authtest.Provider, *watched) error { return nil })
	c.http.Transport.(*http.Transport).DialContext = func(context.Context, string, string) (net.Conn, error) {
		dials.Add(1)
		return nil, &net.OpError{Op: "dial", Err: errors.New("no network")}
	}
	_, err := c.Refresh(t.Context(), account)
	var away *UnavailableError
	if !errors.As(err, &away) || dials.Load() != 1 {
		t.Errorf("err = %v, after %d connections", err, dials.Load())
	}
	if !c.accounts.memory.isProven(account) {
		t.Error("the key store has not been tried")
	}
}

// Connections that are shared with other requests stay.
func TestASharedConnectionOutlivesAFormThatIsNotSent(t *testing.T) {
	var forms atomic.Int64
	server := newSharedServer(t, &forms)
	client := server.Client()
	trial := &storeTrial{limit: time.Millisecond, ended: make(chan struct{})}
	post := func() error {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		setForm(req, map[string][]string{"refresh_token": {"secret"}})
		resp, err := client.Transport.RoundTrip(trial.hold(req))
		if err == nil {
			resp.Body.Close()
			if resp.ProtoMajor != 2 {
				t.Errorf("%s was spoken", resp.Proto)
			}
		}
		return err
	}
	_ = post() // the server may answer as soon as it hears that nothing comes
	if !trial.late.Load() || forms.Load() != 0 {
		t.Errorf("%d forms", forms.Load())
	}
	close(trial.ended)
	if err := post(); err != nil || forms.Load() != 1 {
		t.Errorf("err = %v, %d forms", err, forms.Load())
	}
}

// A form that was given up is sent by another request. Where the key store answers right
// after that, a shared connection is still there, and would take it as well.
func TestAFormThatWasGivenUpIsNeverSent(t *testing.T) {
	var forms atomic.Int64
	server := newSharedServer(t, &forms)
	trial := &storeTrial{limit: time.Millisecond, ended: make(chan struct{})}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	setForm(req, map[string][]string{"refresh_token": {"secret"}})
	// Traces are called the last one first, so that this one comes when the wait is over.
	req = req.WithContext(httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { close(trial.ended) },
	}))
	resp, err := server.Client().Transport.RoundTrip(trial.hold(req))
	if err == nil {
		resp.Body.Close() // the server may answer as soon as it hears that nothing comes
	}
	if !trial.late.Load() || trial.given.Load() || forms.Load() != 0 {
		t.Errorf("late %v, read %v, %d forms", trial.late.Load(), trial.given.Load(), forms.Load())
	}
}

// newSharedServer speaks HTTP/2, and counts the forms that it gets.
func newSharedServer(t *testing.T, forms *atomic.Int64) *httptest.Server {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.ParseForm() == nil && r.PostForm.Has("refresh_token") {
			forms.Add(1)
		}
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}
