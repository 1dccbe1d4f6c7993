package session

import (
	"context"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/vault"
)

// prepared is a key store that takes nothing before something else was prepared.
type prepared struct {
	vault.Backend
	done <-chan struct{}
}

func (p prepared) Set(ctx context.Context, service, name, value string) error {
	select {
	case <-p.done:
		return p.Backend.Set(ctx, service, name, value)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// What the first request needs is not waited for after the key store, but beside it.
func TestRequestsArePreparedBesideTheKeyStore(t *testing.T) {
	d := newDesk(t)
	first := d.start()
	first.signIn()
	first.stop()
	done := make(chan struct{})
	d.change = func(p *Params) {
		p.Prepare = func() { close(done) }
		p.Store = vault.New(vault.Params{Service: "test", Backend: prepared{d.keyStore, done}, Timeout: 10 * time.Second})
	}
	d.start().await(phase(localapi.SignedIn))
}

// While a person is at the provider's pages there is time as well.
func TestRequestsArePreparedBesideThePerson(t *testing.T) {
	d := newDesk(t)
	done := make(chan struct{})
	d.change = func(p *Params) { p.Prepare = func() { close(done) } }
	r := d.start()
	if _, err := r.SignIn(t.Context(), localapi.SignInRequest{}); err != nil {
		t.Fatal(err)
	}
	promptly(t, "preparing", done)
}

func TestNothingIsPreparedForNobodyOrWithoutTLS(t *testing.T) {
	d := newDesk(t)
	d.change = func(p *Params) { p.Prepare = func() { t.Error("prepared") } }
	r := d.start()
	r.await(phase(localapi.SignedOut)) // nobody is remembered
	plain, err := auth.New(auth.Params{
		Provider: auth.Provider{ID: "plain", Authority: "http://127.0.0.1:1", ClientID: authtest.ClientID},
		Accounts: auth.NewAccounts(vault.New(vault.Params{Service: "test", Backend: d.keyStore}), d.dir),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	r.signIns.warm(plain)
	r.stop()
}
