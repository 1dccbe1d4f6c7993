package session

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/vault"
)

const metadataPath = "/.well-known/openid-configuration"

// stranger is another provider, which the desk's client reaches as well.
func (d *desk) stranger() *authtest.Provider {
	d.t.Helper()
	other := authtest.New(d.t)
	d.provider.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs.AddCert(other.Certificate())
	return other
}

func sawToken(p *authtest.Provider, token string) bool {
	return slices.ContainsFunc(p.Requests(), func(r authtest.Request) bool {
		raw, _ := json.Marshal(r)
		return token == "" || strings.Contains(string(raw), token)
	})
}

func (r *running) refreshToken() string {
	r.state.mu.Lock()
	defer r.state.mu.Unlock()
	return r.state.who.tokens.RefreshToken
}

// Whatever a portal makes of a provider, who was signed in there is known, and is signed
// out at the provider that the sign-in is of.
func TestSignInOfAFormerProviderIsSignedOut(t *testing.T) {
	for name, test := range map[string]struct {
		describe   func(p *auth.Provider, other *authtest.Provider)
		named      bool // the account is named
		sameIssuer bool
	}{
		"another issuer":            {func(p *auth.Provider, other *authtest.Provider) { p.Authority = other.URL }, false, false},
		"another's metadata":        {func(p *auth.Provider, other *authtest.Provider) { p.Authority = other.URL + metadataPath }, false, false},
		"another's metadata, named": {func(p *auth.Provider, other *authtest.Provider) { p.Authority = other.URL + metadataPath }, true, false},
		"another registration":      {func(p *auth.Provider, _ *authtest.Provider) { p.ClientID = "second" }, false, true},
		"another name":              {func(p *auth.Provider, _ *authtest.Provider) { p.ID = "new" }, true, false},
	} {
		for when, restarts := range map[string]bool{"while it runs": false, "before a start": true} {
			t.Run(name+", "+when, func(t *testing.T) {
				d := newDesk(t, authtest.WithSecondClient("second"))
				other := d.stranger()
				r := d.start()
				r.signIn()
				token := r.refreshToken()
				changed := d.work()
				test.describe(&changed, other)
				if restarts {
					r.stop()
					d.described = []auth.Provider{changed}
					r = d.start()
				} else if err := r.SetProviders([]auth.Provider{changed}); err != nil {
					t.Fatal(err)
				}
				want := localapi.SignedOut
				if test.sameIssuer {
					want = localapi.NeedsSignIn // the person is known there
				}
				r.await(phase(want))
				all, err := r.Accounts(t.Context())
				if err != nil || len(all) != 1 || all[0].Former == test.sameIssuer || !all[0].Remembered {
					t.Fatalf("accounts %+v, %v", all, err)
				}
				req := localapi.SignOutRequest{}
				if test.named {
					req.Account = all[0].ID
				}
				report, err := r.SignOut(t.Context(), req)
				if err != nil || report.Local != localapi.StepDone || report.Revoked != localapi.StepDone || report.Account == nil || report.Account.Former == test.sameIssuer {
					t.Errorf("report = %+v, %v", report, err)
				}
				if d.provider.Alive(token) || sawToken(other, token) {
					t.Errorf("alive %v, a stranger saw it %v", d.provider.Alive(token), sawToken(other, token))
				}
				r.wantAccounts()
				// Described as before, nobody is signed in without a word.
				r.stop()
				d.described = nil
				r = d.start()
				r.await(phase(localapi.SignedOut))
				if _, err := r.SignOut(t.Context(), localapi.SignOutRequest{}); code(err) != localapi.SignInNeeded {
					t.Errorf("once more: %v", err)
				}
			})
		}
	}
}

// Somebody who has signed in anew since the portal changed leaves both sign-ins.
func TestSignOutEndsWhatWasSignedInBeforeThePortalChanged(t *testing.T) {
	for name, describe := range map[string]func(p *auth.Provider, other *authtest.Provider){
		"another issuer":       func(p *auth.Provider, other *authtest.Provider) { p.Authority = other.URL },
		"another registration": func(p *auth.Provider, _ *authtest.Provider) { p.ClientID = "second" },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, authtest.WithSecondClient("second"))
			other := d.stranger()
			r := d.start()
			r.signIn()
			token := r.refreshToken()
			r.stop()
			changed := d.work()
			describe(&changed, other)
			d.described = []auth.Provider{changed}
			r = d.start()
			in, err := r.SignIn(t.Context(), localapi.SignInRequest{})
			if err != nil {
				t.Fatal(err)
			}
			at := d.provider
			if changed.Authority == other.URL {
				at = other
			}
			if _, err := at.Browse(t.Context(), in.URL); err != nil {
				t.Fatal(err)
			}
			r.await(phase(localapi.SignedIn))
			if all, err := r.Accounts(t.Context()); err != nil || len(all) != 2 {
				t.Fatalf("accounts %+v, %v", all, err)
			}
			report, err := r.SignOut(t.Context(), localapi.SignOutRequest{})
			if err != nil || report.Local != localapi.StepDone || report.Revoked != localapi.StepDone {
				t.Errorf("report = %+v, %v", report, err)
			}
			if d.provider.Alive(token) || sawToken(other, token) {
				t.Errorf("alive %v, a stranger saw it %v", d.provider.Alive(token), sawToken(other, token))
			}
			r.wantAccounts()
		})
	}
}

// What cannot be revoked is removed all the same, and said.
func TestSignOutSaysWhichFormerProviderCouldNotBeTold(t *testing.T) {
	d := newDesk(t)
	r := d.start()
	r.signIn()
	r.stop()
	other := d.stranger()
	changed := d.work()
	changed.Authority = other.URL
	d.described = []auth.Provider{changed}
	d.change = func(p *Params) { p.CacheDir = t.TempDir() }
	r = d.start()
	report, err := r.SignOut(t.Context(), localapi.SignOutRequest{})
	if err != nil || report.Local != localapi.StepDone || report.Revoked != localapi.StepFailed || report.RevokedProblem.Code != localapi.SignOutUntold ||
		!strings.Contains(d.provider.URL, report.RevokedProblem.Params["host"]) || report.RevokedProblem.Params["host"] == "" {
		t.Errorf("report = %+v, problem %+v, %v", report, report.RevokedProblem, err)
	}
	r.wantAccounts()
}

// A description that is taken back has cost nobody the sign-in.
func TestFormerSignInGoesOnWhenItIsDescribedAgain(t *testing.T) {
	d := newDesk(t, authtest.WithSecondClient("second"))
	r := d.start()
	r.signIn()
	r.stop()
	second := d.work()
	second.ClientID = "second"
	d.described = []auth.Provider{second}
	r = d.start()
	r.await(phase(localapi.NeedsSignIn))
	if err := r.SetProviders([]auth.Provider{d.work()}); err != nil {
		t.Fatal(err)
	}
	r.await(phase(localapi.SignedIn)) // in the same run
	if err := r.SetProviders([]auth.Provider{second}); err != nil {
		t.Fatal(err)
	}
	r.await(phase(localapi.NeedsSignIn))
	r.signIn()
	r.wantAccounts("["+authtest.Ada().Name+"]", authtest.Ada().Name)
	r.stop()
	d.described = nil
	d.provider.Forget()
	d.start().await(phase(localapi.SignedIn))
	if n := len(d.provider.Requests(authtest.Authorize)); n != 0 {
		t.Errorf("the browser was opened %d times", n)
	}
}

// Two entries of a portal may have one registration.
func TestNotRememberingOneEntryLeavesTheOtherRemembered(t *testing.T) {
	d := newDesk(t)
	other := d.work()
	other.ID = "other"
	d.described = []auth.Provider{d.work(), other}
	r := d.start()
	r.signInAs(localapi.SignInRequest{Provider: "work"})
	r.signInAs(localapi.SignInRequest{Provider: "other", MemoryOnly: true})
	r.await(func(s localapi.Session) bool { return s.Account != nil && s.Account.Provider == "other" })
	token := r.refreshToken()
	r.wantAccounts(authtest.Ada().Name, "["+authtest.Ada().Name+"]?")
	// Once more, and back, which leaves one of each.
	r.signInAs(localapi.SignInRequest{Provider: "other", MemoryOnly: true, Another: true})
	r.await(func(localapi.Session) bool { return r.refreshToken() != token })
	r.wantAccounts(authtest.Ada().Name, "["+authtest.Ada().Name+"]?")
	if _, err := r.SignOut(t.Context(), localapi.SignOutRequest{}); err != nil {
		t.Fatal(err)
	}
	r.wantAccounts(authtest.Ada().Name)
	r.stop()
	if now := d.start().await(phase(localapi.SignedIn)); now.Provider != "work" {
		t.Errorf("signed in with %q", now.Provider)
	}
}

// The record has the names and the form in which the last release kept it.
func TestSignInOfTheLastReleaseIsSilent(t *testing.T) {
	d := newDesk(t)
	r := d.start()
	r.signIn()
	account, token := *r.Person(), r.refreshToken()
	r.stop()
	store := vault.New(vault.Params{Service: "test", Backend: d.keyStore})
	for name, value := range map[string]string{
		"accounts": `["` + account.ID + `"]`,
		"account." + account.ID: `{"account":{"id":"` + account.ID + `","provider":"work","issuer":"` + account.Issuer + `","subject":"` + account.Subject +
			`","name":"Ada Lovelace","email":"ada@contoso.example","email_verified":true},"refresh_token":"` + token + `","client_id":"` + authtest.ClientID + `","saved":"2026-01-02T03:04:05Z"}`,
	} {
		if err := store.Put(t.Context(), name, []byte(value)); err != nil {
			t.Fatal(err)
		}
	}
	d.provider.Forget()
	d.start().await(phase(localapi.SignedIn))
	if n := len(d.provider.Requests(authtest.Authorize)); n != 0 {
		t.Errorf("the browser was opened %d times", n)
	}
}
