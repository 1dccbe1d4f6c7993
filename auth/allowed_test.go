package auth_test

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"testing"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/loopback"
)

func TestAllowedDomains(t *testing.T) {
	const contoso, fabrikam = authtest.EntraTenant, authtest.EntraOther
	for name, test := range map[string]struct {
		entra     bool
		authority string
		tenants   []string // the description's
		allowed   auth.Allowed
		email     string
		verified  bool
		home      string
		refused   bool
		unproven  bool
	}{
		"nothing said":                       {email: "ada@contoso.example"},
		"a verified address":                 {allowed: auth.Allowed{Domains: []string{"contoso.example"}}, email: "ada@contoso.example", verified: true},
		"in capitals, with @":                {allowed: auth.Allowed{Domains: []string{"@Contoso.Example"}}, email: "Ada@CONTOSO.example", verified: true},
		"one of several":                     {allowed: auth.Allowed{Domains: []string{"a.example", "contoso.example"}}, email: "ada@contoso.example", verified: true},
		"another domain":                     {allowed: auth.Allowed{Domains: []string{"contoso.example"}}, email: "ada@fabrikam.example", verified: true, refused: true},
		"a domain below it":                  {allowed: auth.Allowed{Domains: []string{"contoso.example"}}, email: "ada@x.contoso.example", verified: true, refused: true},
		"a domain that ends alike":           {allowed: auth.Allowed{Domains: []string{"contoso.example"}}, email: "ada@evilcontoso.example", verified: true, refused: true},
		"a second at sign":                   {allowed: auth.Allowed{Domains: []string{"contoso.example"}}, email: `"@contoso.example"@fabrikam.example`, verified: true, refused: true},
		"an address that nobody vouches for": {allowed: auth.Allowed{Domains: []string{"contoso.example"}}, email: "ada@contoso.example", refused: true, unproven: true},
		"no address":                         {allowed: auth.Allowed{Domains: []string{"contoso.example"}}, refused: true},

		"Entra, the authority's directory":     {entra: true, authority: contoso, allowed: auth.Allowed{Domains: []string{"contoso.example"}}, email: "ada@contoso.example"},
		"Entra, a domain's directory":          {entra: true, authority: "contoso.example", allowed: auth.Allowed{Domains: []string{"contoso.example"}}, email: "ada@contoso.example"},
		"Entra, another domain":                {entra: true, authority: contoso, allowed: auth.Allowed{Domains: []string{"contoso.example"}}, email: "ada@fabrikam.example", refused: true},
		"Entra, any directory":                 {entra: true, authority: "organizations", allowed: auth.Allowed{Domains: []string{"contoso.example"}}, email: "ada@contoso.example", refused: true, unproven: true},
		"Entra, a listed directory":            {entra: true, authority: "organizations", tenants: []string{contoso}, allowed: auth.Allowed{Domains: []string{"contoso.example"}}, email: "ada@contoso.example"},
		"Entra, a directory that IT lists":     {entra: true, authority: "organizations", allowed: auth.Allowed{Domains: []string{"contoso.example"}, Tenants: []string{contoso}}, email: "ada@contoso.example"},
		"Entra, a guest":                       {entra: true, authority: contoso, allowed: auth.Allowed{Domains: []string{"contoso.example"}}, email: "ada@contoso.example", home: fabrikam, refused: true, unproven: true},
		"Entra, a guest's address is verified": {entra: true, authority: contoso, allowed: auth.Allowed{Domains: []string{"contoso.example"}}, email: "ada@contoso.example", verified: true, home: fabrikam},
	} {
		t.Run(name, func(t *testing.T) {
			ada := authtest.Ada()
			ada.Email, ada.PreferredUsername, ada.EmailVerified, ada.Home = test.email, test.email, test.verified, test.home
			var d *desk
			if test.entra {
				d = newEntraDesk(t, authtest.EntraOptions{}, authtest.WithPerson(ada))
				d.described(func(p *auth.Provider) {
					p.Authority, p.Tenants, p.Allowed = d.at(test.authority), test.tenants, test.allowed
				})
				if test.verified {
					d.provider.Fault(authtest.Claim("email_verified", true))
				}
			} else {
				d = newDesk(t, authtest.WithPerson(ada)).described(func(p *auth.Provider) { p.Allowed = test.allowed })
			}
			_, page, err := d.signIn(d.client(), auth.BeginOptions{})
			var refused *auth.DomainError
			if errors.As(err, &refused) != test.refused || !test.refused && err != nil {
				t.Fatalf("err = %v, refused should be %v", err, test.refused)
			}
			if known := d.remembered(); (len(known) == 0) != test.refused {
				t.Errorf("known = %+v", known)
			}
			if test.refused && (refused.Unverified != test.unproven || strings.Contains(page, "You are signed in")) {
				t.Errorf("refused = %+v, page %q", refused, page)
			}
		})
	}
}

func TestAllowedTenantsNarrowTheDescriptions(t *testing.T) {
	const contoso, fabrikam = authtest.EntraTenant, authtest.EntraOther
	for name, test := range map[string]struct {
		tenants, allowed []string
		refused          bool
	}{
		"nothing said":             {nil, nil, false},
		"listed by both":           {[]string{contoso, fabrikam}, []string{strings.ToUpper(contoso)}, false},
		"listed by IT alone":       {nil, []string{contoso}, false},
		"listed by the portal":     {[]string{contoso}, []string{fabrikam}, true},
		"not listed by the portal": {[]string{fabrikam}, []string{contoso}, true},
		"no directory's id":        {nil, []string{"contoso.example"}, true},
	} {
		d := newEntraDesk(t, authtest.EntraOptions{})
		d.described(func(p *auth.Provider) {
			p.Authority, p.Tenants, p.Allowed.Tenants = d.at("organizations"), test.tenants, test.allowed
		})
		_, _, err := d.signIn(d.client(), auth.BeginOptions{})
		var refused *auth.TenantError
		if errors.As(err, &refused) != test.refused || !test.refused && err != nil {
			t.Errorf("%s: err = %v, refused should be %v", name, err, test.refused)
		}
	}
}

func TestWhoMayNotComeInAnyMoreIsNeitherRenewedNorForgotten(t *testing.T) {
	d := newDesk(t)
	account := d.mustSignIn().Account
	d.provider.Forget()
	d.described(func(p *auth.Provider) { p.Allowed.Domains = []string{"fabrikam.example"} })
	var refused *auth.DomainError
	if _, err := d.client().Refresh(t.Context(), account.ID); !errors.As(err, &refused) {
		t.Errorf("err = %v", err)
	}
	if n := len(d.provider.Requests(authtest.Token)); n != 0 {
		t.Errorf("the provider was asked %d times", n)
	}
	d.describe = nil
	if _, err := d.client().Refresh(t.Context(), account.ID); err != nil {
		t.Errorf("once the domain is allowed again: %v", err)
	}
}

// A provider that puts the address into userinfo alone tells nothing of it at a
// renewal.
func TestVerifiedAddressOutlivesRenewalsThatDoNotRepeatIt(t *testing.T) {
	d := newDesk(t).described(func(p *auth.Provider) { p.Allowed.Domains = []string{"contoso.example"} })
	account := d.mustSignIn().Account
	defer d.provider.Fault(authtest.Claim("email", nil), authtest.Claim("email_verified", nil))()
	for range 2 {
		tokens, err := d.client().Refresh(t.Context(), account.ID)
		if err != nil || !tokens.Account.EmailVerified || tokens.Account.Email != account.Email {
			t.Fatalf("%v, %+v", err, tokens)
		}
	}
}

func TestSomebodyMovedToAnotherDomainIsRefusedAtTheRenewal(t *testing.T) {
	d := newDesk(t).described(func(p *auth.Provider) { p.Allowed.Domains = []string{"contoso.example"} })
	account := d.mustSignIn().Account
	ada := authtest.Ada()
	ada.Email = "ada@fabrikam.example"
	d.provider.SetPerson(ada)
	defer d.provider.Fault(authtest.Claim("email", ada.Email))()
	var refused *auth.DomainError
	if _, err := d.client().Refresh(t.Context(), account.ID); !errors.As(err, &refused) {
		t.Fatalf("err = %v", err)
	}
	if known := d.remembered(); len(known) != 1 || !known[0].Remembered {
		t.Errorf("known = %+v", known)
	}
}

func TestRedirectKeepsToItsPorts(t *testing.T) {
	busy, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	port := busy.Addr().(*net.TCPAddr).Port
	begin := func(r auth.Redirect) (*auth.SignIn, error) {
		d := newDesk(t)
		d.redirect = r
		return d.client().Begin(t.Context(), auth.BeginOptions{})
	}
	asked := func(in *auth.SignIn) string {
		u, _ := url.Parse(in.URL())
		back, _ := url.Parse(u.Query().Get("redirect_uri"))
		return back.Port()
	}
	// Of ten ports, a test machine has one that is free.
	in, err := begin(auth.Redirect{FirstPort: port, LastPort: port + 9})
	if err != nil {
		t.Fatal(err)
	}
	var got int
	_, _ = fmt.Sscan(asked(in), &got)
	if got <= port || got > port+9 {
		t.Errorf("port %d, want the first free one of %d-%d", got, port+1, port+9)
	}
	in.Cancel()
	_, _ = in.Wait()

	var used *loopback.PortUsedError
	if _, err := begin(auth.Redirect{FirstPort: port, LastPort: port}); !errors.As(err, &used) || used.Port != port {
		t.Errorf("the only port of a range is in use: %v", err)
	}
	for name, r := range map[string]auth.Redirect{
		"upside down": {FirstPort: 9000, LastPort: 8000}, "no end": {FirstPort: 9000}, "no beginning": {LastPort: 9000}, "too high": {FirstPort: 9000, LastPort: 70000},
	} {
		var config *auth.ConfigError
		if err := (auth.Provider{ID: "x", Authority: "https://a.example", ClientID: "c", Redirect: r}).Check(); !errors.As(err, &config) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFixedPortCountsBeforeARange(t *testing.T) {
	free, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := free.Addr().(*net.TCPAddr).Port
	_ = free.Close()
	d := newDesk(t)
	d.redirect = auth.Redirect{Port: port, FirstPort: 1, LastPort: 1}
	in, err := d.client().Begin(t.Context(), auth.BeginOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { in.Cancel(); _, _ = in.Wait() }()
	if !strings.Contains(in.URL(), url.QueryEscape(fmt.Sprintf("127.0.0.1:%d/", port))) {
		t.Errorf("%s", in.URL())
	}
}

// An address of a list vouches for nobody, in whosever directory; and one that was
// verified does not outlive what the provider says now.
func TestAddressesThatAreNoneLetNobodyIn(t *testing.T) {
	only := auth.Allowed{Domains: []string{"contoso.example"}}
	list := []string{"ada@contoso.example", "mallory@evil.example"}
	for name, test := range map[string]struct {
		entra  bool
		faults []authtest.Fault
	}{
		"a list at home at Entra":               {true, []authtest.Fault{authtest.Claim("email", list), authtest.Claim("email_verified", true)}},
		"a list of user names at home at Entra": {true, []authtest.Fault{authtest.Claim("email", nil), authtest.Claim("preferred_username", list)}},
		"a user name that is called verified":   {false, []authtest.Fault{authtest.Claim("email", nil), authtest.Claim("email_verified", true)}},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			if test.entra {
				d = newEntraDesk(t, authtest.EntraOptions{})
				d.described(func(p *auth.Provider) { p.Authority, p.Allowed = d.at(authtest.EntraTenant), only })
			} else {
				d.described(func(p *auth.Provider) { p.Allowed = only })
			}
			d.provider.Fault(append(test.faults, authtest.Status(authtest.UserInfo, 500))...)
			_, _, err := d.signIn(d.client(), auth.BeginOptions{})
			var refused *auth.DomainError
			if !errors.As(err, &refused) {
				t.Errorf("err = %v, want a DomainError", err)
			}
		})
	}
	for _, email := range []any{map[string]any{}, 5, []any{}, nil} {
		t.Run(fmt.Sprintf("renewed with %v", email), func(t *testing.T) {
			d := newDesk(t).described(func(p *auth.Provider) { p.Allowed = only })
			account := d.mustSignIn().Account
			d.provider.Fault(authtest.Claim("email", email), authtest.Claim("email_verified", false))
			_, err := d.client().Refresh(t.Context(), account.ID)
			var refused *auth.DomainError
			if !errors.As(err, &refused) || !refused.Unverified {
				t.Errorf("err = %v, want a DomainError about an address that nobody vouches for", err)
			}
		})
	}
}
