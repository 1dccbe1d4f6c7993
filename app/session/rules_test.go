package session

import (
	"errors"
	"net/url"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
)

func isTurnedOff(s localapi.Session) bool {
	return s.Phase == localapi.Blocked && s.Problem != nil && s.Problem.Code == localapi.SignInTurnedOff
}

func refusedAsTurnedOff(err error) bool {
	var p *localapi.Problem
	return errors.As(err, &p) && p.Code == localapi.SignInTurnedOff
}

func TestNobodySignsInWhereThatIsTurnedOff(t *testing.T) {
	d := newDesk(t)
	first := d.start()
	first.signIn()
	first.stop()
	d.provider.Forget()
	d.rules = Rules{Off: true, By: "Contoso IT"}
	r := d.start()
	now := r.await(isTurnedOff)
	if now.Problem.Params["by"] != "Contoso IT" {
		t.Errorf("params = %v", now.Problem.Params)
	}
	if _, err := r.SignIn(t.Context(), localapi.SignInRequest{}); !refusedAsTurnedOff(err) {
		t.Errorf("signing in: %v", err)
	}
	if err := r.Refresh(t.Context()); !refusedAsTurnedOff(err) {
		t.Errorf("renewing: %v", err)
	}
	accounts, err := r.Accounts(t.Context())
	if err != nil || len(accounts) != 1 || !accounts[0].Remembered {
		t.Fatalf("who is remembered stays so: %+v, %v", accounts, err)
	}
	if err := r.UseAccount(t.Context(), accounts[0].ID); !refusedAsTurnedOff(err) {
		t.Errorf("using an account: %v", err)
	}
	if n := len(d.provider.Requests()); n != 0 {
		t.Errorf("the provider was asked %d times", n)
	}
	r.SetRules(Rules{})
	r.Resume(t.Context(), false)
	if now := r.await(phase(localapi.SignedIn)); now.Account.ID != accounts[0].ID {
		t.Errorf("account = %+v", now.Account)
	}
}

func TestTurningSignInOffEndsWhatIsUnderWay(t *testing.T) {
	d := newDesk(t)
	r := d.start()
	r.await(phase(localapi.SignedOut))
	if _, err := r.SignIn(t.Context(), localapi.SignInRequest{}); err != nil {
		t.Fatal(err)
	}
	r.SetRules(Rules{Off: true})
	if now, _ := r.Snapshot(); !isTurnedOff(now) {
		t.Errorf("%+v", now)
	}
	r.SetRules(Rules{})
	r.Resume(t.Context(), false)
	r.await(phase(localapi.SignedOut))
	now := r.signInAs(localapi.SignInRequest{})
	r.SetRules(Rules{Off: true})
	off, _ := r.Snapshot()
	if !isTurnedOff(off) || off.Account == nil || off.Account.ID != now.Account.ID || !off.NextTry.IsZero() {
		t.Errorf("%+v", off)
	}
	r.NetworkChanged() // nothing that another network could mend
	r.SetRules(Rules{})
	r.await(phase(localapi.SignedIn))
}

func TestRulesDecideWhatIsRemembered(t *testing.T) {
	for name, test := range map[string]struct {
		remember   Remember
		memoryOnly bool
		kept       bool
	}{
		"as asked, to keep":     {AsAsked, false, true},
		"as asked, not to keep": {AsAsked, true, false},
		"always, asked not to":  {RememberAlways, true, true},
		"never, asked to":       {RememberNever, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.rules.Remember = test.remember
			r := d.start()
			now := r.signInAs(localapi.SignInRequest{MemoryOnly: test.memoryOnly})
			if now.Account.Remembered != test.kept || (len(d.keyStore.Entries("test")) > 0) != test.kept {
				t.Errorf("remembered %v, %d entries", now.Account.Remembered, len(d.keyStore.Entries("test")))
			}
			if err := r.Refresh(t.Context()); err != nil {
				t.Errorf("renewing: %v", err)
			}
		})
	}
}

func TestWhereNobodyIsRememberedTheKeyStoreIsLeftAlone(t *testing.T) {
	d := newDesk(t)
	first := d.start()
	first.signIn()
	first.stop()
	before := len(d.keyStore.Entries("test"))
	calls := d.keyStore.Calls()
	d.rules.Remember = RememberNever
	r := d.start()
	r.await(phase(localapi.SignedOut))
	if accounts, err := r.Accounts(t.Context()); err != nil || len(accounts) != 0 {
		t.Errorf("accounts = %+v, %v", accounts, err)
	}
	if n := d.keyStore.Calls() - calls; n != 0 || len(d.keyStore.Entries("test")) != before {
		t.Errorf("%d calls of the key store, %d entries of %d", n, len(d.keyStore.Entries("test")), before)
	}
}

func TestDomainHintIsForThoseNobodyExpectsYet(t *testing.T) {
	for name, test := range map[string]struct {
		dialect auth.Dialect
		req     localapi.SignInRequest
		want    url.Values
	}{
		"Entra":                    {auth.Entra, localapi.SignInRequest{}, url.Values{"domain_hint": {"contoso.example"}}},
		"Google":                   {auth.Google, localapi.SignInRequest{}, url.Values{"hd": {"contoso.example"}}},
		"others":                   {auth.Standard, localapi.SignInRequest{}, url.Values{}},
		"an account counts before": {auth.Google, localapi.SignInRequest{Account: "bob@fabrikam.example"}, url.Values{"login_hint": {"bob@fabrikam.example"}}},
		"somebody else's choice":   {auth.Google, localapi.SignInRequest{Another: true}, url.Values{}},
	} {
		t.Run(name, func(t *testing.T) {
			var options []authtest.Option
			if test.dialect == auth.Entra {
				options = append(options, authtest.WithEntra(authtest.EntraOptions{}))
			}
			d := newDesk(t, options...)
			work := d.work()
			work.Dialect = test.dialect
			d.described, d.rules.DomainHint = []auth.Provider{work}, "contoso.example"
			in, err := d.start().SignIn(t.Context(), test.req)
			if err != nil {
				t.Fatal(err)
			}
			u, err := url.Parse(in.URL)
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{"domain_hint", "hd", "login_hint"} {
				if got := u.Query().Get(name); got != test.want.Get(name) {
					t.Errorf("%s = %q, want %q", name, got, test.want.Get(name))
				}
			}
		})
	}
}

func TestSignInsWaitAsLongAsTheRulesSay(t *testing.T) {
	for name, test := range map[string]struct{ rule, asked, want time.Duration }{
		"nothing said":  {0, 0, auth.DefaultTimeout},
		"by the rules":  {10 * time.Minute, 0, 10 * time.Minute},
		"by the person": {10 * time.Minute, time.Minute, time.Minute},
	} {
		d := newDesk(t)
		d.rules.Timeout = test.rule
		r := d.start()
		in, err := r.SignIn(t.Context(), localapi.SignInRequest{Timeout: test.asked})
		if err != nil {
			t.Fatal(err)
		}
		if got := in.Deadline.Sub(in.Started); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
		r.stop()
	}
}
