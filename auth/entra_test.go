package auth_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/loopback"
)

// newEntraDesk is a desk at a scripted Microsoft Entra ID. It is not at one of
// Entra's hosts, so that the description has to name the dialect.
func newEntraDesk(t testing.TB, o authtest.EntraOptions, options ...authtest.Option) *desk {
	d := newDesk(t, append([]authtest.Option{authtest.WithEntra(o)}, options...)...)
	d.describe = func(p *auth.Provider) { p.Dialect = auth.Entra }
	return d
}

// described adds to the description.
func (d *desk) described(change func(*auth.Provider)) *desk {
	before := d.describe
	d.describe = func(p *auth.Provider) {
		if before != nil {
			before(p)
		}
		change(p)
	}
	return d
}

// at gives the authority of another directory of the same provider.
func (d *desk) at(tenant string) string {
	u, _ := url.Parse(d.provider.URL)
	return u.Scheme + "://" + u.Host + "/" + tenant + "/v2.0"
}

func TestEntraSignsInThroughEveryKindOfAuthority(t *testing.T) {
	for _, authority := range []string{"organizations", "common", "contoso.example", authtest.EntraTenant, strings.ToUpper(authtest.EntraTenant)} {
		t.Run(authority, func(t *testing.T) {
			d := newEntraDesk(t, authtest.EntraOptions{})
			d.described(func(p *auth.Provider) { p.Authority = d.at(authority) })
			if authority == strings.ToUpper(authtest.EntraTenant) {
				// The scripted provider takes paths as they are.
				d.provider.Fault(authtest.Metadata(func(m map[string]any) { m["issuer"] = d.at(authtest.EntraTenant) }))
			}
			tokens := d.mustSignIn()
			a := tokens.Account
			if a.Tenant != authtest.EntraTenant || a.Object != authtest.EntraObject || a.Issuer != d.at(authtest.EntraTenant) || a.Guest {
				t.Errorf("account = %+v", a)
			}
			if a.EmailVerified {
				t.Error("Entra's address counts as verified")
			}
			again, err := d.client().Refresh(t.Context(), a.ID)
			if err != nil || again.Account != a {
				t.Errorf("refresh: %v, %+v", err, again)
			}
		})
	}
}

func TestMetadataAddressIsAnAuthorityToo(t *testing.T) {
	for name, test := range map[string]struct {
		entra bool
		tail  string
	}{
		"Entra":                  {true, "/.well-known/openid-configuration"},
		"Entra, an app's own":    {true, "/.well-known/openid-configuration?appid=00000000-0000-0000-0000-000000000001"},
		"Entra, with a slash":    {true, "/"},
		"standard":               {false, "/.well-known/openid-configuration"},
		"standard, with a query": {false, "/.well-known/openid-configuration?policy=a"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			if test.entra {
				d = newEntraDesk(t, authtest.EntraOptions{})
			}
			d.described(func(p *auth.Provider) { p.Authority += test.tail })
			d.mustSignIn()
		})
	}
}

func TestPersonIsTheDirectorysObject(t *testing.T) {
	d := newEntraDesk(t, authtest.EntraOptions{})
	first := d.mustSignIn().Account
	ada := authtest.Ada()
	ada.Email, ada.PreferredUsername = "", "ada.new@contoso.example"
	d.provider.SetPerson(ada)
	if again := d.mustSignIn().Account; again.ID != first.ID || again.Email != "ada.new@contoso.example" {
		t.Errorf("the same object under another address is %+v, was %+v", again, first)
	}
	ada.Tenant = authtest.EntraOther
	d.provider.SetPerson(ada)
	if other := d.mustSignIn().Account; other.ID == first.ID {
		t.Error("the same object id in another directory is taken for the same person")
	}
	if n := len(d.remembered()); n != 2 {
		t.Errorf("%d accounts are known, want 2", n)
	}
}

func TestAllowedTenants(t *testing.T) {
	const contoso, fabrikam, personal = authtest.EntraTenant, authtest.EntraOther, authtest.EntraPersonal
	tests := map[string]struct {
		authority string
		tenants   []string
		person    string
		refused   bool
	}{
		"any organisation":             {"organizations", nil, fabrikam, false},
		"a listed one":                 {"organizations", []string{contoso, fabrikam}, fabrikam, false},
		"listed in capitals":           {"organizations", []string{strings.ToUpper(contoso)}, contoso, false},
		"one that is not listed":       {"organizations", []string{contoso}, fabrikam, true},
		"personal, not listed":         {"common", nil, personal, true},
		"personal, others are listed":  {"common", []string{contoso}, personal, true},
		"personal, listed":             {"common", []string{contoso, personal}, personal, false},
		"personal, by the authority":   {"consumers", nil, personal, false},
		"the authority's own":          {contoso, nil, contoso, false},
		"the authority's, not listed":  {contoso, []string{fabrikam}, contoso, true},
		"a domain's, and it is listed": {"contoso.example", []string{contoso}, contoso, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			ada := authtest.Ada()
			ada.Tenant = test.person
			d := newEntraDesk(t, authtest.EntraOptions{}, authtest.WithPerson(ada))
			d.described(func(p *auth.Provider) { p.Authority, p.Tenants = d.at(test.authority), test.tenants })
			_, _, err := d.signIn(d.client(), auth.BeginOptions{})
			var refused *auth.TenantError
			if errors.As(err, &refused) != test.refused || !test.refused && err != nil {
				t.Fatalf("err = %v, refused should be %v", err, test.refused)
			}
			if test.refused && (refused.Tenant != test.person || refused.Personal != (test.person == personal)) {
				t.Errorf("refused = %+v", refused)
			}
			if known := d.remembered(); (len(known) == 0) != test.refused {
				t.Errorf("known = %+v", known)
			}
		})
	}
}

func TestTenantThatMayNotComeInAnyMoreIsNotRenewed(t *testing.T) {
	d := newEntraDesk(t, authtest.EntraOptions{})
	account := d.mustSignIn().Account
	d.provider.Forget()
	d.described(func(p *auth.Provider) { p.Tenants = []string{authtest.EntraOther} })
	var refused *auth.TenantError
	if _, err := d.client().Refresh(t.Context(), account.ID); !errors.As(err, &refused) {
		t.Errorf("err = %v", err)
	}
	if n := len(d.provider.Requests(authtest.Token)); n != 0 {
		t.Errorf("the provider was asked %d times", n)
	}
}

func TestUntrustedAnswersOfEntra(t *testing.T) {
	const other = authtest.EntraOther
	tests := map[string]struct {
		authority string
		fault     func(d *desk) authtest.Fault
		options   func(d *desk) authtest.EntraOptions
		check     string
	}{
		"no tid": {fault: func(*desk) authtest.Fault { return authtest.Claim("tid", nil) }, check: "tid"},
		"tid that is no GUID": {fault: func(d *desk) authtest.Fault {
			return authtest.IDToken(func(c map[string]any) { c["tid"], c["iss"] = "organizations", d.at("organizations") })
		}, check: "tid"},
		"tid that is a path": {fault: func(d *desk) authtest.Fault {
			return authtest.IDToken(func(c map[string]any) { c["tid"], c["iss"] = "x/../y", d.at("x/../y") })
		}, check: "tid"},
		"tid of another directory":    {fault: func(*desk) authtest.Fault { return authtest.Claim("tid", other) }, check: "iss"},
		"issuer of another directory": {fault: func(d *desk) authtest.Fault { return authtest.Claim("iss", d.at(other)) }, check: "iss"},
		"the template itself":         {fault: func(d *desk) authtest.Fault { return authtest.Claim("iss", d.at("{tenantid}")) }, check: "iss"},
		"issuer of version 1": {fault: func(*desk) authtest.Fault {
			return authtest.Claim("iss", "https://sts.windows.net/"+authtest.EntraTenant+"/")
		}, check: "iss"},
		"issuer of another host": {fault: func(*desk) authtest.Fault {
			return authtest.Claim("iss", "https://evil.example/"+authtest.EntraTenant+"/v2.0")
		}, check: "iss"},
		"no oid":              {fault: func(*desk) authtest.Fault { return authtest.Claim("oid", nil) }, check: "oid"},
		"oid that is no GUID": {fault: func(*desk) authtest.Fault { return authtest.Claim("oid", "ada") }, check: "oid"},
		"another directory, single-tenant": {authority: authtest.EntraTenant, fault: func(d *desk) authtest.Fault {
			return authtest.IDToken(func(c map[string]any) { c["tid"], c["iss"] = other, d.at(other) })
		}, check: "iss"},
		"another directory, by domain": {authority: "contoso.example", fault: func(d *desk) authtest.Fault {
			return authtest.IDToken(func(c map[string]any) { c["tid"], c["iss"] = other, d.at(other) })
		}, check: "iss"},
		"response of another issuer":    {fault: func(*desk) authtest.Fault { return authtest.AuthorizationIssuer("https://evil.example/v2.0") }, check: "iss"},
		"response of another directory": {fault: func(d *desk) authtest.Fault { return authtest.AuthorizationIssuer(d.at(other)) }, check: "iss"},
		"key of another directory": {fault: func(d *desk) authtest.Fault {
			return authtest.EachKey(func(k map[string]any) { k["issuer"] = d.at(other) })
		}, check: "key_issuer"},
		"key of version 1": {fault: func(*desk) authtest.Fault {
			return authtest.EachKey(func(k map[string]any) { k["issuer"] = "https://sts.windows.net/{tenantid}/" })
		}, check: "key_issuer"},
		"key with a senseless issuer": {fault: func(*desk) authtest.Fault {
			return authtest.EachKey(func(k map[string]any) { k["issuer"] = 7 })
		}, check: "key_issuer"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := newEntraDesk(t, authtest.EntraOptions{})
			if test.authority != "" {
				d.described(func(p *auth.Provider) { p.Authority = d.at(test.authority) })
			}
			d.provider.Fault(test.fault(d))
			_, _, err := d.signIn(d.client(), auth.BeginOptions{})
			var trust *auth.TrustError
			if !errors.As(err, &trust) || trust.Check != test.check {
				t.Errorf("err = %v, want check %s to fail", err, test.check)
			}
			if len(d.remembered()) != 0 {
				t.Error("something was kept")
			}
		})
	}
}

func TestKeysOfEntraThatFit(t *testing.T) {
	for name, issuer := range map[string]string{"none": "-", "the directory's own": authtest.EntraTenant, "template": "{tenantid}"} {
		t.Run(name, func(t *testing.T) {
			d := newEntraDesk(t, authtest.EntraOptions{KeyIssuer: "-"})
			if issuer != "-" {
				d.provider.Fault(authtest.EachKey(func(k map[string]any) { k["issuer"] = d.at(issuer) }))
			}
			d.mustSignIn()
		})
	}
}

func TestMetadataIssuersOfEntra(t *testing.T) {
	tests := map[string]struct {
		authority string
		issuer    func(d *desk) string
		good      bool
	}{
		"template":                     {"organizations", func(d *desk) string { return d.at("{tenantid}") }, true},
		"a directory's, organizations": {"organizations", func(d *desk) string { return d.at(authtest.EntraTenant) }, false},
		"organizations itself":         {"organizations", func(d *desk) string { return d.at("organizations") }, false},
		"template of another host":     {"organizations", func(*desk) string { return "https://evil.example/{tenantid}/v2.0" }, false},
		"template of another path":     {"organizations", func(d *desk) string { return d.at("{tenantid}") + "/x" }, false},
		"template of version 1":        {"common", func(*desk) string { return "https://sts.windows.net/{tenantid}/" }, false},
		"template, single directory":   {authtest.EntraTenant, func(d *desk) string { return d.at("{tenantid}") }, false},
		"another directory":            {authtest.EntraTenant, func(d *desk) string { return d.at(authtest.EntraOther) }, false},
		"a domain's directory":         {"contoso.example", func(d *desk) string { return d.at(authtest.EntraTenant) }, true},
		"a domain itself":              {"contoso.example", func(d *desk) string { return d.at("contoso.example") }, false},
		"template, domain":             {"contoso.example", func(d *desk) string { return d.at("{tenantid}") }, false},
		"personal accounts":            {"consumers", func(d *desk) string { return d.at(authtest.EntraPersonal) }, true},
		"an organisation, consumers":   {"consumers", func(d *desk) string { return d.at(authtest.EntraTenant) }, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := newEntraDesk(t, authtest.EntraOptions{})
			d.described(func(p *auth.Provider) { p.Authority = d.at(test.authority) })
			d.provider.Fault(authtest.Metadata(func(m map[string]any) { m["issuer"] = test.issuer(d) }))
			_, err := d.client().Metadata(t.Context())
			var trust *auth.TrustError
			if test.good && err != nil || !test.good && (!errors.As(err, &trust) || trust.Check != "issuer") {
				t.Errorf("err = %v", err)
			}
		})
	}
}

func TestTemplateIsNoIssuerElsewhere(t *testing.T) {
	d := newEntraDesk(t, authtest.EntraOptions{})
	d.described(func(p *auth.Provider) { p.Dialect = auth.Standard })
	var trust *auth.TrustError
	if _, err := d.client().Metadata(t.Context()); !errors.As(err, &trust) || trust.Check != "issuer" {
		t.Errorf("err = %v, want that a standard provider's issuer is exact", err)
	}
}

func TestGuestsAreKnownByTheirHome(t *testing.T) {
	tests := map[string]struct {
		home    string
		options authtest.EntraOptions
		info    any // instead of the provider's own, nil to leave it
		guest   bool
	}{
		"at home":              {},
		"guest":                {home: authtest.EntraOther, guest: true},
		"guest from a private": {home: authtest.EntraPersonal, guest: true},
		"nothing said":         {home: authtest.EntraOther, options: authtest.EntraOptions{NoClientInfo: true}},
		"no base64":            {home: authtest.EntraOther, info: "!!"},
		"no text":              {home: authtest.EntraOther, info: 7},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			ada := authtest.Ada()
			ada.Home = test.home
			d := newEntraDesk(t, test.options, authtest.WithPerson(ada))
			if test.info != nil {
				d.provider.Fault(authtest.TokenAnswer(func(f map[string]any) { f["client_info"] = test.info }))
			}
			account := d.mustSignIn().Account
			if account.Guest != test.guest {
				t.Errorf("guest: %v, want %v", account.Guest, test.guest)
			}
			d.provider.Fault(authtest.TokenAnswer(func(f map[string]any) { delete(f, "client_info") }))
			if again, err := d.client().Refresh(t.Context(), account.ID); err != nil || again.Account.Guest != test.guest {
				t.Errorf("after a refresh: %v, %v", again, err)
			}
			for _, r := range d.provider.Requests(authtest.Authorize, authtest.Token) {
				if r.Get("client_info") != "1" {
					t.Errorf("a request to %s does not ask for client_info", r.Endpoint)
				}
			}
		})
	}
}

func TestRenewedSignInIsAboutTheSamePerson(t *testing.T) {
	for name, change := range map[string]func(map[string]any){
		"another object": func(c map[string]any) { c["oid"] = "44444444-dddd-4000-8000-000000000004" },
		"another sub":    func(c map[string]any) { c["sub"] = "sub-mallory" },
	} {
		t.Run(name, func(t *testing.T) {
			d := newEntraDesk(t, authtest.EntraOptions{})
			account := d.mustSignIn().Account
			d.provider.Fault(authtest.IDToken(change).ForGrant("refresh_token"))
			_, err := d.client().Refresh(t.Context(), account.ID)
			var trust *auth.TrustError
			if !errors.As(err, &trust) || trust.Check != "sub" {
				t.Errorf("err = %v", err)
			}
		})
	}
	t.Run("another directory", func(t *testing.T) {
		d := newEntraDesk(t, authtest.EntraOptions{})
		account := d.mustSignIn().Account
		d.provider.Fault(authtest.IDToken(func(c map[string]any) { c["tid"], c["iss"] = authtest.EntraOther, d.at(authtest.EntraOther) }).ForGrant("refresh_token"))
		var trust *auth.TrustError
		if _, err := d.client().Refresh(t.Context(), account.ID); !errors.As(err, &trust) || trust.Check != "sub" {
			t.Errorf("err = %v", err)
		}
	})
}

// Before directories counted, accounts were named by issuer and subject. An update
// signs nobody out, and the names in the key store stay.
// A provider that speaks the dialect may say any directory and any object. What it
// says is true of its own people only.
func TestAnotherServersObjectIsAnotherPerson(t *testing.T) {
	d := newEntraDesk(t, authtest.EntraOptions{})
	first := d.mustSignIn().Account
	other := newEntraDesk(t, authtest.EntraOptions{})
	other.keyStore, other.dir = d.keyStore, d.dir
	if second := other.mustSignIn().Account; second.Object != first.Object || second.ID == first.ID {
		t.Errorf("%+v is taken for %+v", second, first)
	}
	if n := len(d.remembered()); n != 2 {
		t.Errorf("%d accounts are known, want 2", n)
	}
	if _, err := d.client().Refresh(t.Context(), first.ID); err != nil {
		t.Errorf("the first sign-in is gone: %v", err)
	}
}

// Without an ID token nothing in the answer says whose it is: the kept issuer does.
func TestTenantOfAnAccountFromBeforeTheDirectoryCounted(t *testing.T) {
	d := newEntraDesk(t, authtest.EntraOptions{Authority: authtest.EntraTenant}, authtest.WithRedirects("http://localhost", "http://localhost/"))
	d.described(func(p *auth.Provider) { p.Dialect, p.Redirect.Host = auth.Standard, "localhost" })
	old := d.mustSignIn().Account
	d.described(func(p *auth.Provider) { p.Dialect, p.Tenants = auth.Entra, []string{authtest.EntraOther} })
	d.provider.Fault(authtest.NoIDToken())
	d.provider.Forget()
	_, err := d.client().Refresh(t.Context(), old.ID)
	var shutOut *auth.TenantError
	if !errors.As(err, &shutOut) || shutOut.Tenant != authtest.EntraTenant {
		t.Errorf("err = %v, want the directory to be refused", err)
	}
	if n := len(d.provider.Requests(authtest.Token)); n != 0 {
		t.Errorf("the provider was asked %d times", n)
	}
}

// What the dialect does not change works with it as without.
func TestEntraWithSecretsAndCodes(t *testing.T) {
	for _, method := range []auth.AuthMethod{auth.AuthNone, auth.AuthSecretBasic, auth.AuthSecretPost} {
		t.Run(string(method), func(t *testing.T) {
			d := newEntraDesk(t, authtest.EntraOptions{}, authtest.WithClientAuth(string(method)), authtest.WithDevice(time.Second, 0))
			d.described(func(p *auth.Provider) { p.ClientAuth.Method = method })
			if method != auth.AuthNone {
				setSecret(t, d)
			}
			d.oneProgram()
			in, err := d.client().BeginDevice(t.Context(), auth.BeginOptions{})
			if err != nil {
				t.Fatal(err)
			}
			byCode, err := in.Wait()
			if err != nil || byCode.Account.Object != authtest.EntraObject {
				t.Fatalf("code on another device: %v, %+v", err, byCode)
			}
			tokens := d.mustSignIn()
			if tokens.Account.ID != byCode.Account.ID {
				t.Errorf("browser and code sign in %s and %s", tokens.Account.ID, byCode.Account.ID)
			}
			report := d.client().SignOut(t.Context(), tokens.Account.ID)
			if report.LocalErr != nil || report.RevokeOffered || report.EndSession == nil {
				t.Fatalf("sign-out: %+v", report)
			}
			if to, err := report.EndSession.Address(t.Context(), loopback.Page{}); err != nil || !strings.HasPrefix(to, "https://") || !strings.Contains(to, "logout_hint=") || strings.Contains(to, "id_token") {
				t.Errorf("the browser is signed out at %s (%v)", to, err)
			}
		})
	}
}

func TestAccountFromBeforeTheDirectoryCountedIsRenewed(t *testing.T) {
	d := newEntraDesk(t, authtest.EntraOptions{Authority: authtest.EntraTenant}, authtest.WithRedirects("http://localhost", "http://localhost/"))
	d.described(func(p *auth.Provider) { p.Dialect, p.Redirect.Host = auth.Standard, "localhost" })
	old := d.mustSignIn().Account
	if old.Object != "" {
		t.Fatalf("account = %+v, want one without a directory", old)
	}
	d.described(func(p *auth.Provider) { p.Dialect = auth.Entra })
	tokens, err := d.client().Refresh(t.Context(), old.ID)
	if err != nil {
		t.Fatal(err)
	}
	if a := tokens.Account; a.ID != old.ID || a.Tenant != authtest.EntraTenant || a.Object != authtest.EntraObject {
		t.Errorf("account = %+v", a)
	}
	if again := d.mustSignIn().Account; again.ID != old.ID {
		t.Errorf("a new sign-in is about %s, was %s", again.ID, old.ID)
	}
	if known := d.remembered(); len(known) != 1 || known[0].Object != authtest.EntraObject {
		t.Errorf("known = %+v", known)
	}
}

func TestRefusalsOfEntraCarryWhatSupportNeeds(t *testing.T) {
	for name, fault := range map[string]authtest.Fault{
		"in the response": authtest.Refuse(53003, authtest.Authorize),
		"at the token":    authtest.Refuse(53003, authtest.Token),
	} {
		t.Run(name, func(t *testing.T) {
			d := newEntraDesk(t, authtest.EntraOptions{})
			d.provider.Fault(fault)
			_, _, err := d.signIn(d.client(), auth.BeginOptions{})
			var refused *auth.ProviderError
			if !errors.As(err, &refused) {
				t.Fatal(err)
			}
			if refused.TraceID != authtest.EntraTraceID || refused.CorrelationID != authtest.EntraCorrelationID || len(refused.Numbers) != 1 || refused.Numbers[0] != "AADSTS53003" {
				t.Errorf("refused = %+v", refused)
			}
			if auth.ReasonOf(err) != auth.ReasonPolicy {
				t.Errorf("reason = %s", auth.ReasonOf(err))
			}
		})
	}
}

func TestEntraIsNotAskedForUserinfo(t *testing.T) {
	ada := authtest.Ada()
	ada.Email, ada.PreferredUsername = "", ""
	d := newEntraDesk(t, authtest.EntraOptions{}, authtest.WithPerson(ada))
	d.mustSignIn()
	if n := len(d.provider.Requests(authtest.UserInfo)); n != 0 {
		t.Errorf("userinfo was asked %d times", n)
	}
}
