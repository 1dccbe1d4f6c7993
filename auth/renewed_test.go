package auth_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/vault"
)

// wished waits until somebody who queues for the account has said what for.
func (d *desk) wished(account string) {
	for {
		_, err := os.Lstat(filepath.Join(d.dir, account+".wanted"))
		if err == nil || !errors.Is(err, fs.ErrNotExist) || d.t.Context().Err() != nil {
			return
		}
		runtime.Gosched()
	}
}

// meanwhile has one process renew a sign-in by itself, and others that need no tokens
// queue before it is done. It returns what those say, and how many requests there were.
func (d *desk) meanwhile(account string, first *auth.Client, others ...func() (*auth.Renewal, error)) (all []*auth.Renewal, errs []error, requests int) {
	d.t.Helper()
	before := d.renewals()
	var group sync.WaitGroup
	all, errs = make([]*auth.Renewal, len(others)), make([]error, len(others))
	d.provider.OnToken(sync.OnceFunc(func() {
		for i, ask := range others {
			group.Go(func() { all[i], errs[i] = ask() })
		}
		d.wished(account)
	}))
	defer d.provider.OnToken(nil)
	if _, err := first.Refresh(d.t.Context(), account); err != nil {
		d.t.Errorf("the first: %v", err)
	}
	group.Wait()
	return all, errs, d.renewals() - before
}

func (d *desk) asks(c *auth.Client, account string, since time.Time) func() (*auth.Renewal, error) {
	return func() (*auth.Renewal, error) { return c.Renewed(d.t.Context(), account, since) }
}

func TestManyClientsThatNeedNoTokensShareOneRenewal(t *testing.T) {
	const secret = "with a secret"
	for name, options := range map[string][]authtest.Option{
		"rotated": nil, "not rotated": {authtest.WithoutRotation()}, "bound to a key": {authtest.WithDPoP(false)},
		secret: {authtest.WithClientAuth("client_secret_post")},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, options...)
			if name == secret {
				d.withAuth(auth.ClientAuth{Method: auth.AuthSecretPost})
				setSecret(t, d)
			}
			account := d.mustSignIn().Account
			lift := d.provider.Fault(authtest.Claim("name", "Ada King"))
			defer lift()
			since := time.Now()
			var others []func() (*auth.Renewal, error)
			for range 8 {
				others = append(others, d.asks(d.client(), account.ID, since))
			}
			all, errs, requests := d.meanwhile(account.ID, d.client(), others...)
			for i, r := range all {
				if errs[i] != nil || r.Tokens != nil || r.Account.Name != "Ada King" || r.Account.Email != account.Email || r.Account.ClientID != account.ClientID {
					t.Errorf("%+v, %v", r, errs[i])
				}
			}
			if requests != 1 {
				t.Errorf("%d requests, want one", requests)
			}
			// Whoever needs tokens gets tokens, and whoever is asked later asks.
			if tokens, err := d.client().Refresh(t.Context(), account.ID); err != nil || tokens.AccessToken == "" {
				t.Errorf("with tokens: %v", err)
			}
			before := d.renewals()
			if r, err := d.client().Renewed(t.Context(), account.ID, time.Time{}); err != nil || r.Tokens == nil || d.renewals() != before+1 {
				t.Errorf("later: %+v, %v, %d requests", r, err, d.renewals()-before)
			}
		})
	}
}

// Whoever begins while others read what was renewed reads as well, and asks nobody.
func TestRenewalCountsForWhoeverWasAskedBeforeIt(t *testing.T) {
	d := newDesk(t)
	account := d.mustSignIn().Account
	since := time.Now()
	d.meanwhile(account.ID, d.client(), d.asks(d.client(), account.ID, since))
	before := d.renewals()
	if r, err := d.client().Renewed(t.Context(), account.ID, since); err != nil || r.Tokens != nil || d.renewals() != before {
		t.Errorf("%+v, %v, %d requests", r, err, d.renewals()-before)
	}
}

func TestRenewalOfAnotherKindIsNoneOfOurs(t *testing.T) {
	earlier, hour := time.Now(), time.Hour
	tests := map[string]struct {
		describe func(*auth.Provider)
		now      time.Duration // of whoever asks, against the clock of the other
		since    time.Duration
		own      bool // a request of its own is made, or refused before it
		err      error
	}{
		"the same": {},
		"words that only people read": {describe: func(p *auth.Provider) {
			p.Title, p.Description, p.Domains = "Another title", "Another description", []string{"contoso.example"}
		}},
		"made before the question":       {since: hour, now: 2 * hour, own: true},
		"made in the future":             {since: -2 * hour, now: -hour, own: true},
		"other scopes":                   {describe: func(p *auth.Provider) { p.Scopes = []string{"openid", "offline_access"} }, own: true},
		"other people allowed":           {describe: func(p *auth.Provider) { p.Allowed.Domains = []string{"contoso.example"} }, own: true},
		"people who may not come in now": {describe: func(p *auth.Provider) { p.Allowed.Domains = []string{"fabrikam.example"} }, err: &auth.DomainError{}},
		"another registration":           {describe: func(p *auth.Provider) { p.ClientID = "another" }, err: auth.ErrNoSignIn},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, authtest.WithSecondClient("another"))
			account := d.mustSignIn().Account
			first, same := d.client(), d.client()
			d.describe = test.describe
			clock := time.Now().Add(test.now)
			if test.now != 0 {
				d.now = func() time.Time { return clock }
			}
			c := d.client()
			d.meanwhile(account.ID, first, d.asks(same, account.ID, earlier))
			d.provider.Fault(authtest.ClockSkew(test.now))
			before := d.renewals()
			since := earlier
			if test.since != 0 {
				since = time.Now().Add(test.since)
			}
			r, err := c.Renewed(t.Context(), account.ID, since)
			var domain *auth.DomainError
			switch {
			case test.err == nil && err != nil, test.err != nil && !errors.Is(err, test.err) && !errors.As(err, &domain):
				t.Errorf("err = %v, want %v", err, test.err)
			case err == nil && (r.Tokens != nil) != test.own:
				t.Errorf("tokens: %t, want %t", r.Tokens != nil, test.own)
			}
			if n := d.renewals() - before; (n == 1) != test.own || n > 1 {
				t.Errorf("%d requests", n)
			}
		})
	}
}

// Who may come in is looked at as before any renewal, whatever the record says of one.
func TestRenewalOfWhoMayNotComeInIsNone(t *testing.T) {
	d := newDesk(t)
	d.describe = func(p *auth.Provider) { p.Allowed.Domains = []string{"contoso.example"} }
	account := d.mustSignIn().Account
	since := time.Now()
	d.meanwhile(account.ID, d.client(), d.asks(d.client(), account.ID, since))
	name := "account." + account.ID
	raw, err := d.store().Get(t.Context(), name)
	if err == nil {
		err = d.store().Put(t.Context(), name, bytes.ReplaceAll(raw, []byte("@contoso.example"), []byte("@fabrikam.example")))
	}
	if err != nil {
		t.Fatal(err)
	}
	before := d.renewals()
	var domain *auth.DomainError
	if r, err := d.client().Renewed(t.Context(), account.ID, since); r != nil || !errors.As(err, &domain) || d.renewals() != before {
		t.Errorf("%+v, %v, %d requests", r, err, d.renewals()-before)
	}
}

// What was not confirmed to the end is nobody else's confirmation.
func TestRenewalThatWasRefusedCountsForNobody(t *testing.T) {
	tests := map[string]func(*desk){
		"an answer that cannot be trusted": func(d *desk) { d.provider.Fault(authtest.ForgedKey().Times(1)) },
		"a domain that may not come in":    func(d *desk) { d.provider.Fault(authtest.Claim("email", "ada@elsewhere.example").Times(1)) },
		"a token that was not saved":       func(d *desk) { d.keyStore.FailChange(2, false) },
	}
	for name, fault := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.describe = func(p *auth.Provider) { p.Allowed.Domains = []string{"contoso.example"} }
			account := d.mustSignIn().Account
			since, second := time.Now(), d.client()
			before := d.renewals()
			asked := make(chan error, 1)
			d.provider.OnToken(sync.OnceFunc(func() {
				go func() { _, err := second.Renewed(t.Context(), account.ID, since); asked <- err }()
				d.wished(account.ID)
			}))
			fault(d)
			first := d.client()
			_, _ = first.Refresh(t.Context(), account.ID)
			err := <-asked
			if n := d.renewals() - before; n != 2 {
				t.Errorf("%d requests (%v), want two", n, err)
			}
		})
	}
}

// Without anybody who waits, a renewal writes once, as ever.
func TestRenewalIsNotedForSomebodyOnly(t *testing.T) {
	d := newDesk(t)
	account := d.mustSignIn().Account
	c := d.client()
	if _, err := c.Refresh(t.Context(), account.ID); err != nil {
		t.Fatal(err)
	}
	before := d.keyStore.Changes()
	if r, err := c.Renewed(t.Context(), account.ID, time.Now()); err != nil || r.Tokens == nil {
		t.Fatalf("%+v, %v", r, err)
	}
	if n := d.keyStore.Changes() - before; n != 1 {
		t.Errorf("%d changes, want the save alone", n)
	}
	d.meanwhile(account.ID, c, d.asks(d.client(), account.ID, time.Now()))
	if n := d.keyStore.Changes() - before; n != 3 {
		t.Errorf("%d changes, want a save and a word for who waits", n-1)
	}
	if left, err := filepath.Glob(filepath.Join(d.dir, "*.wanted")); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

// Whatever becomes of the word for others, the renewed token is kept.
func TestWordForOthersThatBreaksOffCostsNothing(t *testing.T) {
	for name, fail := range map[string]func(k *authtest.KeyStore){
		"refused":                             func(k *authtest.KeyStore) { k.FailChange(2, false) },
		"carried out, but reported as failed": func(k *authtest.KeyStore) { k.FailChange(2, true) },
		"killed before":                       func(k *authtest.KeyStore) { k.DieAtChange(2, false) },
		"killed after":                        func(k *authtest.KeyStore) { k.DieAtChange(2, true) },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			account := d.mustSignIn().Account
			c := d.client()
			if _, err := c.Refresh(t.Context(), account.ID); err != nil { // the key store is proven
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			gone, second := make(chan struct{}), d.client()
			d.provider.OnToken(sync.OnceFunc(func() {
				go func() { _, _ = second.Renewed(ctx, account.ID, time.Now()); close(gone) }()
				d.wished(account.ID)
				cancel()
				<-gone
				fail(d.keyStore)
			}))
			if _, err := c.Refresh(t.Context(), account.ID); err != nil {
				t.Fatal(err)
			}
			d.provider.OnToken(nil)
			d.keyStore.Heal()
			if tokens, err := d.client().Refresh(t.Context(), account.ID); err != nil || !tokens.Remembered() {
				t.Errorf("a new start: %v", err)
			}
		})
	}
}

// kept reads everything that the key store holds, by name and member.
func (d *desk) keptMembers() (members []string, text string) {
	d.t.Helper()
	for name := range d.keyStore.Entries("test") {
		raw, err := d.store().Get(d.t.Context(), name)
		if errors.Is(err, vault.ErrNotFound) {
			continue // a part of another one
		}
		if err != nil {
			d.t.Fatal(err)
		}
		var value any
		if err := json.Unmarshal(raw, &value); err != nil {
			d.t.Fatalf("%s: %v", name, err)
		}
		kind, _, _ := strings.Cut(name, ".")
		members = append(members, walk(kind, value)...)
		text += string(raw) + "\n"
	}
	slices.Sort(members)
	return slices.Compact(members), text
}

func walk(path string, value any) []string {
	object, is := value.(map[string]any)
	if !is {
		return []string{path}
	}
	var all []string
	for name, member := range object {
		all = append(all, walk(path+"/"+name, member)...)
	}
	return all
}

// Refresh tokens, who they are of, and the keys that they are bound to: the key store
// holds nothing else, whoever renews beside whom, and above all no other token.
func TestKeyStoreHoldsWhatItShouldAndNothingElse(t *testing.T) {
	may := []string{
		"account/account/email", "account/account/email_listed", "account/account/email_verified", "account/account/given_name",
		"account/account/guest", "account/account/id", "account/account/issuer", "account/account/name", "account/account/object",
		"account/account/actor", "account/account/provider", "account/account/subject", "account/account/tenant",
		"account/client_id", "account/dpop_key", "account/lost", "account/refresh_token", "account/renewed/as", "account/renewed/at", "account/saved",
		"accounts",
	}
	for name, options := range map[string][]authtest.Option{
		"as usual": nil, "bound to a key": {authtest.WithDPoP(false)}, "in a directory": {authtest.WithEntra(authtest.EntraOptions{})},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, options...)
			if strings.Contains(name, "directory") {
				d.describe = func(p *auth.Provider) { p.Dialect = auth.Entra }
			}
			var secrets []string
			first := d.mustSignIn()
			account := first.Account
			note := func(tokens *auth.Tokens) {
				secrets = append(secrets, tokens.AccessToken, tokens.IDToken)
			}
			note(first)
			d.meanwhile(account.ID, d.client(), d.asks(d.client(), account.ID, time.Now()))
			for range 2 {
				members, text := d.keptMembers()
				for _, m := range members {
					if !slices.Contains(may, m) {
						t.Errorf("the key store holds %s", m)
					}
				}
				if !slices.Contains(members, "account/refresh_token") {
					t.Errorf("%v; then nothing is tested", members)
				}
				for _, secret := range secrets {
					if secret == "" || strings.Contains(text, secret) {
						t.Errorf("the key store holds %q", secret)
					}
				}
				tokens, err := d.client().Refresh(t.Context(), account.ID)
				if err != nil {
					t.Fatal(err)
				}
				note(tokens)
			}
		})
	}
}
