package auth_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/vault"
)

// desk is one person's computer: a provider somewhere, a key store, a disk.
type desk struct {
	t        testing.TB
	provider *authtest.Provider
	keyStore *authtest.KeyStore
	dir      string
	now      func() time.Time
	redirect auth.Redirect
	// transport makes the requests, nil for the provider's own client.
	transport http.RoundTripper
	// describe changes the provider's description, nil for none.
	describe func(*auth.Provider)
	log      *slog.Logger
	// program are the accounts that all clients have in common, nil where each of them is
	// of a program that has just started.
	program *auth.Accounts
	// saved is told what the clients are told by Params.Saved.
	saved func(accountID string)
}

func newDesk(t testing.TB, options ...authtest.Option) *desk {
	t.Helper()
	return &desk{t: t, provider: authtest.New(t, options...), keyStore: authtest.NewKeyStore(), dir: t.TempDir()}
}

func (d *desk) store() *vault.Vault {
	return vault.New(vault.Params{Service: "test", Backend: d.keyStore, Timeout: time.Second})
}

// accounts are the person's, as a program that has just started has them.
func (d *desk) accounts() *auth.Accounts { return auth.NewAccounts(d.store(), d.dir) }

// oneProgram has the clients be of one program from now on, as where a portal describes its
// provider anew: what one of them holds in memory, the next one has.
func (d *desk) oneProgram() { d.program = d.accounts() }

// restart has every client be a program that has just started again.
func (d *desk) restart() { d.program = nil }

// client is a program that has just started, with nothing in its memory; see oneProgram.
func (d *desk) client() *auth.Client {
	d.t.Helper()
	http := d.provider.Client()
	http.Timeout = 10 * time.Second
	if d.transport != nil {
		http.Transport = d.transport
	}
	p := auth.Provider{ID: "work", Title: "Work account", Authority: d.provider.URL, ClientID: authtest.ClientID, Redirect: d.redirect}
	if d.describe != nil {
		d.describe(&p)
	}
	accounts := d.program
	if accounts == nil {
		accounts = d.accounts()
	}
	c, err := auth.New(auth.Params{
		Provider: p, Accounts: accounts, CacheDir: d.dir, HTTP: http, Now: d.now, Log: d.log,
		Saved: func(id string) {
			if d.saved != nil {
				d.saved(id)
			}
		},
	})
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(c.Close)
	return c
}

// signIn signs in with the person's browser and returns what the browser showed.
func (d *desk) signIn(c *auth.Client, o auth.BeginOptions) (*auth.Tokens, string, error) {
	d.t.Helper()
	in, err := c.Begin(d.t.Context(), o)
	if err != nil {
		return nil, "", err
	}
	pages := make(chan string, 1)
	go func() {
		resp, err := d.provider.Browse(d.t.Context(), in.URL())
		if err != nil {
			pages <- "browser: " + err.Error()
			return
		}
		body, _ := io.ReadAll(resp.Body)
		if resp.StatusCode != http.StatusOK {
			pages <- "browser: " + resp.Status
			return
		}
		pages <- string(body)
	}()
	tokens, err := in.Wait()
	return tokens, <-pages, err
}

func (d *desk) mustSignIn() *auth.Tokens {
	d.t.Helper()
	tokens, _, err := d.signIn(d.client(), auth.BeginOptions{})
	if err != nil {
		d.t.Fatal(err)
	}
	return tokens
}

func (d *desk) remembered() []auth.Known {
	d.t.Helper()
	known, err := d.accounts().All(context.Background())
	if err != nil {
		d.t.Fatal(err)
	}
	return known
}
