package session

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/vault"
)

func grace() authtest.Person { return authtest.Person{Subject: "grace", Name: "Grace Hopper"} }

func signedInAs(name string) func(localapi.Session) bool {
	return func(s localapi.Session) bool { return s.Phase == localapi.SignedIn && s.Account.Name == name }
}

// accounts lists names in order, the active one in brackets, those that are not
// remembered with a question mark.
func (r *running) accounts() (names []string, ids map[string]string) {
	r.d.t.Helper()
	all, err := r.Accounts(r.d.t.Context())
	if err != nil {
		r.d.t.Fatal(err)
	}
	ids = make(map[string]string)
	for _, a := range all {
		name := a.Name
		if a.Active {
			name = "[" + name + "]"
		}
		if !a.Remembered {
			name += "?"
		}
		names, ids[a.Name] = append(names, name), a.ID
	}
	return names, ids
}

func (r *running) wantAccounts(want ...string) {
	r.d.t.Helper()
	if got, _ := r.accounts(); !slices.Equal(got, want) {
		r.d.t.Errorf("accounts %q, want %q", got, want)
	}
}

// code is a problem's code, "" for none.
func code(err error) localapi.Code {
	var p *localapi.Problem
	if errors.As(err, &p) {
		return p.Code
	}
	return ""
}

func TestSomebodyElseLeavesWhoWasHereRemembered(t *testing.T) {
	d := newDesk(t)
	r := d.start()
	r.signIn()
	d.provider.SetPerson(grace())
	r.signInAs(localapi.SignInRequest{Another: true})
	r.await(signedInAs("Grace Hopper"))
	r.wantAccounts("[Grace Hopper]", authtest.Ada().Name)
	_, ids := r.accounts()

	if err := r.UseAccount(t.Context(), ids[authtest.Ada().Name]); err != nil {
		t.Fatal(err)
	}
	r.await(signedInAs(authtest.Ada().Name))
	r.wantAccounts("["+authtest.Ada().Name+"]", "Grace Hopper")
	r.stop()

	again := d.start()
	again.await(signedInAs(authtest.Ada().Name))
	if err := again.UseAccount(t.Context(), "nobody"); code(err) != localapi.UnknownAccount {
		t.Errorf("an account that is not there: %v", err)
	}
}

func TestAccountWhoseSignInHasEndedIsChosenAllTheSame(t *testing.T) {
	d := newDesk(t)
	r := d.start()
	r.signIn()
	d.provider.SetPerson(grace())
	r.signInAs(localapi.SignInRequest{Another: true})
	d.provider.Revoke()
	_, ids := r.accounts()
	if err := r.UseAccount(t.Context(), ids[authtest.Ada().Name]); err != nil {
		t.Fatal(err)
	}
	now := r.await(phase(localapi.NeedsSignIn))
	if now.Account == nil || now.Account.Name != authtest.Ada().Name || now.Account.Remembered {
		t.Errorf("account = %+v", now.Account)
	}
	// Once more, without anything to try: still that account.
	if err := r.UseAccount(t.Context(), ids["Grace Hopper"]); err != nil {
		t.Fatal(err)
	}
	if err := r.UseAccount(t.Context(), ids[authtest.Ada().Name]); err != nil {
		t.Fatal(err)
	}
	if now, _ := r.Snapshot(); now.Phase != localapi.NeedsSignIn || now.Account.Name != authtest.Ada().Name {
		t.Errorf("session = %+v", now)
	}
}

func TestAccountThatCannotBeReachedIsOffline(t *testing.T) {
	d := newDesk(t)
	r := d.start()
	r.signIn()
	d.provider.SetPerson(grace())
	r.signInAs(localapi.SignInRequest{Another: true})
	lift := d.provider.Fault(authtest.Drop(authtest.Token))
	_, ids := r.accounts()
	if err := r.UseAccount(t.Context(), ids[authtest.Ada().Name]); err != nil {
		t.Fatal(err)
	}
	r.await(phase(localapi.Offline))
	lift()
	r.NetworkChanged()
	r.await(signedInAs(authtest.Ada().Name))
}

func TestAccountsOfOtherPortalsAreKnownAndNotOffered(t *testing.T) {
	d := newDesk(t)
	r := d.start()
	r.signIn()
	other := d.work()
	other.ID = "other"
	_, ids := r.accounts()
	if err := r.SetProviders([]auth.Provider{other}); err != nil {
		t.Fatal(err)
	}
	if all, err := r.Accounts(t.Context()); err != nil || len(all) != 1 || !all[0].Former || !all[0].Remembered || all[0].Active {
		t.Errorf("accounts %+v, %v", all, err)
	}
	if err := r.UseAccount(t.Context(), ids[authtest.Ada().Name]); code(err) != localapi.UnknownAccount {
		t.Errorf("err = %v", err)
	}
	if err := r.SetProviders(nil); err != nil {
		t.Fatal(err)
	}
	r.wantAccounts(authtest.Ada().Name) // nobody knows whose it is
}

func TestSigningOutAnotherAccountLeavesTheSessionAlone(t *testing.T) {
	d := newDesk(t)
	r := d.start()
	r.signIn()
	r.state.mu.Lock()
	ada := r.state.who.tokens.RefreshToken
	r.state.mu.Unlock()
	d.provider.SetPerson(grace())
	r.signInAs(localapi.SignInRequest{Another: true})
	_, ids := r.accounts()
	report, err := r.SignOut(t.Context(), localapi.SignOutRequest{Account: ids[authtest.Ada().Name]})
	if err != nil || report.Local != localapi.StepDone || report.Revoked != localapi.StepDone {
		t.Errorf("report = %+v, %v", report, err)
	}
	if d.provider.Alive(ada) {
		t.Error("the sign-in still lives at the provider")
	}
	r.wantAccounts("[Grace Hopper]")
	if now, _ := r.Snapshot(); now.Phase != localapi.SignedIn {
		t.Errorf("session = %+v", now)
	}
	if _, err := r.SignOut(t.Context(), localapi.SignOutRequest{Account: "nobody"}); code(err) != localapi.UnknownAccount {
		t.Errorf("err = %v", err)
	}
}

func TestSigningOutLeavesTheOthersRemembered(t *testing.T) {
	d := newDesk(t)
	r := d.start()
	r.signIn()
	d.provider.SetPerson(grace())
	r.signInAs(localapi.SignInRequest{Another: true})
	_, ids := r.accounts()
	if _, err := r.SignOut(t.Context(), localapi.SignOutRequest{Account: ids["Grace Hopper"]}); err != nil {
		t.Fatal(err)
	}
	if now, _ := r.Snapshot(); now.Phase != localapi.SignedOut || now.Account != nil {
		t.Errorf("session = %+v", now)
	}
	r.wantAccounts(authtest.Ada().Name)
	if err := r.UseAccount(t.Context(), ids[authtest.Ada().Name]); err != nil {
		t.Fatal(err)
	}
	r.await(signedInAs(authtest.Ada().Name))
}

func TestSignInForThisRunOnlyIsKeptAsideAndNowhereElse(t *testing.T) {
	d := newDesk(t)
	r := d.start()
	now := r.signInAs(localapi.SignInRequest{MemoryOnly: true})
	if _, notices := r.Snapshot(); now.Account.Remembered || len(notices) != 0 {
		t.Errorf("account = %+v, notices = %+v", now.Account, notices)
	}
	if n := len(d.keyStore.Entries("test")); n != 0 {
		t.Errorf("the key store has %d entries", n)
	}
	if err := r.Refresh(t.Context()); err != nil {
		t.Errorf("it cannot be renewed: %v", err)
	}
	d.provider.SetPerson(grace())
	r.signInAs(localapi.SignInRequest{Another: true})
	r.wantAccounts("[Grace Hopper]", authtest.Ada().Name+"?")
	_, ids := r.accounts()
	if err := r.UseAccount(t.Context(), ids[authtest.Ada().Name]); err != nil {
		t.Fatal(err)
	}
	r.await(signedInAs(authtest.Ada().Name))
	r.wantAccounts("Grace Hopper", "["+authtest.Ada().Name+"]?")
	r.stop()
	d.start().await(signedInAs("Grace Hopper"))
}

func TestWhoeverDoesNotWantToBeRememberedIsNotFromBeforeEither(t *testing.T) {
	d := newDesk(t)
	r := d.start()
	r.signIn()
	r.signInAs(localapi.SignInRequest{MemoryOnly: true, Another: true})
	r.await(func(localapi.Session) bool { return len(d.keyStore.Entries("test")) == 0 })
	r.wantAccounts("[" + authtest.Ada().Name + "]?")
	r.stop()
	d.start().await(phase(localapi.SignedOut))
}

func TestSignInAsideIsSignedOutToo(t *testing.T) {
	d := newDesk(t)
	r := d.start()
	r.signInAs(localapi.SignInRequest{MemoryOnly: true})
	r.state.mu.Lock()
	ada := r.state.who.tokens.RefreshToken
	r.state.mu.Unlock()
	d.provider.SetPerson(grace())
	r.signInAs(localapi.SignInRequest{Another: true})
	_, ids := r.accounts()
	if report, err := r.SignOut(t.Context(), localapi.SignOutRequest{Account: ids[authtest.Ada().Name]}); err != nil || report.Revoked != localapi.StepDone {
		t.Errorf("report = %+v, %v", report, err)
	}
	if d.provider.Alive(ada) {
		t.Error("the sign-in still lives at the provider")
	}
	r.wantAccounts("[Grace Hopper]")
}

func TestForgetForgetsEverybody(t *testing.T) {
	d := newDesk(t)
	r := d.start()
	r.signInAs(localapi.SignInRequest{MemoryOnly: true})
	d.provider.SetPerson(grace())
	r.signInAs(localapi.SignInRequest{Another: true})
	if n, problems := r.Forget(t.Context()); n != 2 || len(problems) != 0 {
		t.Errorf("removed %d, problems %+v", n, problems)
	}
	r.wantAccounts()
}

// A window asks often, and a locked key store asks the person each time.
func TestAccountsDoNotAskTheKeyStoreAgain(t *testing.T) {
	d := newDesk(t)
	r := d.start()
	r.signIn()
	r.wantAccounts("[" + authtest.Ada().Name + "]")
	calls := d.keyStore.Calls()
	r.wantAccounts("[" + authtest.Ada().Name + "]")
	if d.keyStore.Calls() != calls {
		t.Errorf("%d more calls", d.keyStore.Calls()-calls)
	}
	d.keyStore.Fail(vault.Locked)
	r.wantAccounts("[" + authtest.Ada().Name + "]")
}

func TestRehearsalTouchesNobody(t *testing.T) {
	d := newDesk(t)
	real := d.start()
	real.signIn()
	before := d.keyStore.Changes()
	d.change = func(p *Params) { p.MemoryOnly, p.CacheDir = true, "" }
	r := d.start()
	r.await(phase(localapi.SignedOut))
	r.wantAccounts()
	now := r.signInAs(localapi.SignInRequest{})
	if now.Account.Remembered {
		t.Errorf("account = %+v", now.Account)
	}
	r.wantAccounts("[" + authtest.Ada().Name + "]?")
	if _, err := r.SignOut(t.Context(), localapi.SignOutRequest{}); err != nil {
		t.Fatal(err)
	}
	r.signIn()
	if n, _ := r.Forget(t.Context()); n != 1 {
		t.Errorf("removed %d", n)
	}
	if d.keyStore.Changes() != before {
		t.Error("the key store was changed")
	}
	if err := real.Refresh(t.Context()); err != nil {
		t.Errorf("the real session: %v", err)
	}
}

func TestWhomTheProviderIsToldAbout(t *testing.T) {
	domain := func(d *desk) []auth.Provider {
		p := d.work()
		p.Domains = []string{"contoso.example"}
		return []auth.Provider{p}
	}
	tests := map[string]struct {
		known        bool
		req          localapi.SignInRequest
		hint, prompt string
	}{
		"nobody":               {false, localapi.SignInRequest{}, "", ""},
		"somebody":             {false, localapi.SignInRequest{Account: " grace@contoso.example "}, "grace@contoso.example", ""},
		"whoever is known":     {true, localapi.SignInRequest{}, "ada@contoso.example", ""},
		"somebody else":        {true, localapi.SignInRequest{Another: true}, "", "select_account"},
		"somebody else, named": {true, localapi.SignInRequest{Another: true, Account: "grace@contoso.example"}, "grace@contoso.example", "select_account"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.described = domain(d)
			r := d.start()
			if test.known {
				r.signIn()
			}
			in, err := r.SignIn(t.Context(), test.req)
			if err != nil {
				t.Fatal(err)
			}
			u, err := url.Parse(in.URL)
			if err != nil {
				t.Fatal(err)
			}
			q := u.Query()
			if q.Get("login_hint") != test.hint || !strings.HasPrefix(q.Get("prompt"), test.prompt) || test.prompt == "" && strings.Contains(q.Get("prompt"), "select_account") {
				t.Errorf("login_hint %q, prompt %q", q.Get("login_hint"), q.Get("prompt"))
			}
		})
	}
}

func TestAddressChoosesTheProvider(t *testing.T) {
	d := newDesk(t)
	provider := func(id string, domains ...string) auth.Provider {
		p := d.work()
		p.ID, p.Domains = id, domains
		return p
	}
	d.described = []auth.Provider{provider("work", "contoso.example"), provider("school", "uni.example"), provider("lab", "uni.example")}
	tests := map[string]struct {
		req      localapi.SignInRequest
		provider string
		code     localapi.Code
		offered  string
	}{
		"its domain":             {localapi.SignInRequest{Account: "ada@Contoso.example"}, "work", "", ""},
		"nobody's domain":        {localapi.SignInRequest{Account: "ada@elsewhere.example"}, "", localapi.NobodysAddress, "work, school, lab"},
		"no address":             {localapi.SignInRequest{Account: "ada"}, "", localapi.NobodysAddress, "work, school, lab"},
		"two providers' domain":  {localapi.SignInRequest{Account: "ada@uni.example"}, "", localapi.ChooseProvider, "school, lab"},
		"named, whatever it is":  {localapi.SignInRequest{Provider: "lab", Account: "ada@contoso.example"}, "lab", "", ""},
		"neither":                {localapi.SignInRequest{}, "", localapi.ChooseProvider, "work, school, lab"},
		"one that is not there":  {localapi.SignInRequest{Provider: "nope"}, "", localapi.UnknownProvider, "work, school, lab"},
		"somebody else, unnamed": {localapi.SignInRequest{Another: true}, "", localapi.ChooseProvider, "work, school, lab"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := d.start()
			in, err := r.SignIn(t.Context(), test.req)
			if in.Provider != test.provider || code(err) != test.code {
				t.Errorf("provider %q, %v; want %q, %q", in.Provider, err, test.provider, test.code)
			}
			var p *localapi.Problem
			if errors.As(err, &p) && p.Params["providers"] != test.offered {
				t.Errorf("offers %q", p.Params["providers"])
			}
		})
	}
}

func TestKnownPersonsProviderIsPreferred(t *testing.T) {
	d := newDesk(t)
	other := d.work()
	other.ID = "other"
	d.described = []auth.Provider{other, d.work()}
	r := d.start()
	r.signInAs(localapi.SignInRequest{Provider: "work"})
	for _, account := range []string{"", authtest.Ada().Email} {
		in, err := r.SignIn(t.Context(), localapi.SignInRequest{Account: account})
		if err != nil || in.Provider != "work" {
			t.Errorf("%q: provider %q, %v", account, in.Provider, err)
		}
	}
}

func TestTitleThatChangesDisturbsNobody(t *testing.T) {
	d := newDesk(t)
	r := d.start()
	r.signIn()
	in, err := r.SignIn(t.Context(), localapi.SignInRequest{Another: true})
	if err != nil {
		t.Fatal(err)
	}
	renamed := d.work()
	renamed.Title, renamed.Description, renamed.Domains = "Contoso", "For staff", []string{"contoso.example"}
	if err := r.SetProviders([]auth.Provider{renamed}); err != nil {
		t.Fatal(err)
	}
	if now, _ := r.Snapshot(); now.Phase != localapi.SigningIn || now.SignIn.URL != in.URL || now.Account == nil {
		t.Errorf("session = %+v", now)
	}
	r.CancelSignIn()
	if now, _ := r.Snapshot(); now.Phase != localapi.SignedIn || now.Problem.Params["title"] != "Contoso" {
		t.Errorf("session = %+v, problem %+v", now, now.Problem)
	}
	other := d.work()
	other.Scopes = []string{"openid"}
	if err := r.SetProviders([]auth.Provider{other}); err != nil {
		t.Fatal(err)
	}
	if now, _ := r.Snapshot(); now.Phase != localapi.SignedIn {
		t.Errorf("session = %+v", now)
	}
}
