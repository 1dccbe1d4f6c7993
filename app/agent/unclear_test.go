package agent

import (
	"strings"
	"testing"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/app/words"
)

// says are policies of a file, for everybody on the computer.
func (o *office) says(settings string) {
	o.policies = func() *policy.Policies {
		return policy.Check([]byte(`{"settings":{"PortalURL":"`+o.portal.URL+`","ManagedByName":"Contoso IT"`+settings+`}}`), "/etc/portico/policy.json")
	}
}

func TestNobodySignsInWhileItIsUnclearWhoMay(t *testing.T) {
	for key, wrong := range map[string]string{
		"AllowedDomains": `"contoso.example"`, "AllowedTenants": `["contoso.onmicrosoft.com"]`, "SignInEnabled": `"false"`, "KioskMode": `1`,
	} {
		t.Run(key, func(t *testing.T) {
			o := newOffice(t)
			o.says("")
			first := o.start()
			first.await(hasPhase(localapi.SignedOut))
			first.signedIn(localapi.SignInRequest{})
			first.stop()
			o.provider.Forget()

			o.says(`,"` + key + `":` + wrong)
			a := o.start()
			now := a.await(func(s localapi.State) bool { return s.Portal != nil && s.Session.Phase == localapi.Blocked })
			p := now.Session.Problem
			if p.Code != localapi.PolicyUnclear || p.Params["key"] != key || p.Params["by"] != "Contoso IT" {
				t.Errorf("problem = %+v", p)
			}
			for _, language := range []string{"en", "de"} {
				e := words.New(language).Problem(p)
				if !strings.Contains(e.Text, key) || !strings.Contains(e.Text, "Contoso IT") || !strings.Contains(e.IT, "/etc/portico/policy.json") {
					t.Errorf("%+v", e)
				}
			}
			accounts, err := a.Accounts(t.Context())
			if err != nil || len(accounts) != 1 {
				t.Fatalf("who is remembered stays so: %+v, %v", accounts, err)
			}
			for what, err := range map[string]error{
				"the browser":            second(a.SignIn(t.Context(), localapi.SignInRequest{})),
				"a code":                 second(a.SignIn(t.Context(), localapi.SignInRequest{Device: true})),
				"a remembered account":   a.UseAccount(t.Context(), localapi.AccountRequest{Account: accounts[0].ID}),
				"an address to paste":    a.Paste(t.Context(), localapi.PasteRequest{Address: "http://localhost/?code=x&state=y"}),
				"an account from before": second(a.SignIn(t.Context(), localapi.SignInRequest{Account: accounts[0].Email})),
			} {
				if err == nil || what != "an address to paste" && problemCode(err) != localapi.PolicyUnclear {
					t.Errorf("with %s: %v", what, err)
				}
			}
			if n := len(o.provider.Requests()); n != 0 {
				t.Errorf("the provider was asked %d times", n)
			}
			report, err := a.Policy(t.Context())
			if err != nil || len(report.Problems) != 1 || report.Problems[0].Code != localapi.PolicyUnclear {
				t.Errorf("report: %+v, %v", report.Problems, err)
			}
			before, _ := a.State(t.Context())
			if before.Session.Phase != localapi.Blocked {
				t.Errorf("phase = %s after asking again", before.Session.Phase)
			}

			o.says("")
			if _, err := a.Policy(t.Context()); err != nil {
				t.Fatal(err)
			}
			a.await(hasPhase(localapi.SignedIn))
		})
	}
}

func second[T any](_ T, err error) error { return err }

// A list with a mistake in it lets in whom the rest of it lets in, and nobody else.
func TestTheRightEntriesOfAListDecideWhoMaySignIn(t *testing.T) {
	for entries, code := range map[string]localapi.Code{
		`["@contoso.example","fabrikam.example"]`:  localapi.DomainNotAllowed,
		`["*.fabrikam.example","contoso.example"]`: "",
	} {
		o := newOffice(t)
		o.says(`,"AllowedDomains":` + entries)
		a := o.start()
		a.await(hasPhase(localapi.SignedOut))
		if _, err := a.SignIn(t.Context(), localapi.SignInRequest{Open: true}); err != nil {
			t.Fatal(err)
		}
		now := a.await(func(s localapi.State) bool {
			return s.Session.Phase != localapi.SigningIn && (s.Session.Problem != nil || s.Session.Account != nil)
		})
		var got localapi.Code
		if p := now.Session.Problem; p != nil {
			got = p.Code
		}
		if got != code {
			t.Errorf("%s: %s, want %s", entries, got, code)
		}
		a.stop()
	}
}
