package auth_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/portico-desktop/portico/auth"
)

// A program that talks to an API for hours does not shake hands for each request. The
// sign-in holds no connection.
func TestRequestsToAnAPIShareAConnection(t *testing.T) {
	var begun atomic.Int32
	api := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "" {
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	api.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			begun.Add(1)
		}
	}
	api.Start()
	defer api.Close()
	d := newDesk(t)
	way := trusting(t, d.provider)
	d.transport = way
	c := d.client()
	signedIn, _, err := d.signIn(c, auth.BeginOptions{})
	if err != nil {
		t.Fatal(err)
	}
	ask := func() {
		t.Helper()
		token, err := c.Token(t.Context(), signedIn.Account.ID, auth.API{})
		if err != nil {
			t.Fatal(err)
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, api.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := c.Do(req, token)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%s, %v", resp.Status, err)
		}
	}
	for range 5 {
		ask()
	}
	if n := begun.Load(); n != 1 {
		t.Errorf("%d connections for five requests", n)
	}
	way.Reset() // another network
	ask()
	if n := begun.Load(); n != 2 {
		t.Errorf("%d connections with that in the next network", n)
	}
}
