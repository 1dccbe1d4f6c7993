package auth_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/vault"
)

const metadataPath = "/.well-known/openid-configuration"

// redescribed is a client of the same provider entry, described otherwise.
func (d *desk) redescribed(describe func(*auth.Provider)) *auth.Client {
	former := d.describe
	defer func() { d.describe = former }()
	d.describe = describe
	return d.client()
}

// sawToken says whether a provider was ever sent a token.
func sawToken(p *authtest.Provider, token string) bool {
	return slices.ContainsFunc(p.Requests(), func(r authtest.Request) bool {
		raw, _ := json.Marshal(r)
		return token != "" && strings.Contains(string(raw), token)
	})
}

// twoProviders are a desk with the client of any of two, as a program has one HTTP
// client for all.
func twoProviders(t *testing.T) (d *desk, stranger *authtest.Provider) {
	t.Helper()
	d, stranger = newDesk(t), authtest.New(t)
	pool := d.provider.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	pool.AddCert(stranger.Certificate())
	return d, stranger
}

// However a portal describes a provider anew, the sign-in is ended at the one that it
// belongs to, and no other sees its token.
func TestSignOutPostsNoTokenToAnotherIssuer(t *testing.T) {
	for name, authority := range map[string]func(*authtest.Provider) string{
		"an issuer":                   func(p *authtest.Provider) string { return p.URL },
		"the address of its metadata": func(p *authtest.Provider) string { return p.URL + metadataPath },
	} {
		for of, inMemory := range map[string]bool{"of the key store": false, "in memory": true} {
			t.Run(name+", "+of, func(t *testing.T) {
				d, stranger := twoProviders(t)
				if inMemory {
					d.oneProgram()
				}
				tokens, _, err := d.signIn(d.client(), auth.BeginOptions{MemoryOnly: inMemory})
				if err != nil {
					t.Fatal(err)
				}
				other := d.redescribed(func(p *auth.Provider) { p.Authority = authority(stranger) })
				if other.Owns(tokens.Account) {
					t.Error("the stranger's client calls the sign-in its own")
				}
				report := other.SignOut(t.Context(), tokens.Account.ID)
				if report.LocalErr != nil || !report.RevokeOffered || report.RevokeErr != nil || report.EndSession != nil {
					t.Errorf("report = %+v", report)
				}
				if sawToken(stranger, tokens.RefreshToken) || sawToken(stranger, tokens.IDToken) {
					t.Error("the stranger was sent a token")
				}
				if d.provider.Alive(tokens.RefreshToken) {
					t.Error("the sign-in still lives at its own provider")
				}
				if len(d.remembered()) != 0 {
					t.Error("it is still here")
				}
			})
		}
	}
}

// Of a provider that nothing is known of any more, nobody is told, which is said.
func TestSignOutSaysWhoCouldNotBeTold(t *testing.T) {
	d, stranger := twoProviders(t)
	tokens := d.mustSignIn()
	for name, signOut := range map[string]func() auth.SignOutReport{
		"by another's client": func() auth.SignOutReport {
			c, err := auth.New(auth.Params{
				Provider: auth.Provider{ID: "work", Authority: stranger.URL, ClientID: authtest.ClientID}, Accounts: d.accounts(), HTTP: d.provider.Client(),
			})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			return c.SignOut(t.Context(), tokens.Account.ID)
		},
		"without any": func() auth.SignOutReport {
			return auth.SignOutFormer(t.Context(), auth.Params{Accounts: d.accounts(), CacheDir: t.TempDir(), HTTP: d.provider.Client()}, tokens.Account.ID)
		},
	} {
		t.Run(name, func(t *testing.T) {
			tokens = d.mustSignIn()
			report := signOut()
			var untold *auth.UntoldError
			if report.LocalErr != nil || !report.RevokeOffered || !errors.As(report.RevokeErr, &untold) || untold.Issuer != d.provider.URL || auth.ReasonOf(report.RevokeErr) != auth.ReasonUntold {
				t.Errorf("report = %+v", report)
			}
			if len(d.remembered()) != 0 || sawToken(stranger, tokens.RefreshToken) || !d.provider.Alive(tokens.RefreshToken) {
				t.Error("it is still here, or somebody was told")
			}
		})
	}
}

func TestFormerSignInIsRevokedByTheCopyOfItsMetadata(t *testing.T) {
	for name, secret := range map[string]string{"public": "", "with a secret": "s3cret-of-the-client"} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, authtest.WithClient(authtest.ClientID, secret))
			c := d.client()
			if secret != "" {
				d.describe = func(p *auth.Provider) { p.ClientAuth.Method = auth.AuthSecretBasic }
				c = d.client()
				if err := c.SetSecret(t.Context(), auth.Secret{Value: secret}); err != nil {
					t.Fatal(err)
				}
			}
			tokens, _, err := d.signIn(c, auth.BeginOptions{})
			if err != nil {
				t.Fatal(err)
			}
			report := auth.SignOutFormer(t.Context(), auth.Params{Accounts: d.accounts(), CacheDir: d.dir, HTTP: d.provider.Client()}, tokens.Account.ID)
			if report.LocalErr != nil || !report.RevokeOffered || report.RevokeErr != nil || d.provider.Alive(tokens.RefreshToken) {
				t.Errorf("report = %+v, alive %v", report, d.provider.Alive(tokens.RefreshToken))
			}
		})
	}
}

func TestTwoRegistrationsKeepTwoSignIns(t *testing.T) {
	d := newDesk(t, authtest.WithSecondClient("second"))
	first := d.mustSignIn()
	second := func(p *auth.Provider) { p.ClientID = "second" }
	other := d.redescribed(second)
	tokens, _, err := d.signIn(other, auth.BeginOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if tokens.Account.ID == first.Account.ID || len(d.remembered()) != 2 {
		t.Fatalf("%q and %q of %+v", first.Account.ID, tokens.Account.ID, d.remembered())
	}
	// Each goes on by itself, also when it signs in once more.
	for range 2 {
		if again, _, err := d.signIn(d.redescribed(second), auth.BeginOptions{}); err != nil || again.Account.ID != tokens.Account.ID || len(d.remembered()) != 2 {
			t.Fatalf("%v, %v: %+v", again, err, d.remembered())
		}
		if _, err := d.client().Refresh(t.Context(), first.Account.ID); err != nil {
			t.Errorf("the first one: %v", err)
		}
		if _, err := d.redescribed(second).Refresh(t.Context(), tokens.Account.ID); err != nil {
			t.Errorf("the second one: %v", err)
		}
	}
	// Neither is renewed by the other's client, and nothing is lost by trying.
	if _, err := d.client().Refresh(t.Context(), tokens.Account.ID); !errors.Is(err, auth.ErrNoSignIn) {
		t.Errorf("the second one by the first client: %v", err)
	}
	if report := d.client().SignOut(t.Context(), first.Account.ID); report.LocalErr != nil || report.RevokeErr != nil {
		t.Errorf("report = %+v", report)
	}
	// The name that is free now is not taken: one person stays one account.
	if again, _, err := d.signIn(d.redescribed(second), auth.BeginOptions{}); err != nil || again.Account.ID != tokens.Account.ID || len(d.remembered()) != 1 {
		t.Errorf("%v, %v: %+v", again, err, d.remembered())
	}
	if _, err := d.redescribed(second).Refresh(t.Context(), tokens.Account.ID); err != nil {
		t.Errorf("the second one, alone: %v", err)
	}
}

// A sign-in that could not be saved because the key store did not answer takes nobody's
// place when it does.
func TestLateSaveDoesNotTakeAnotherRegistrationsPlace(t *testing.T) {
	d := newDesk(t, authtest.WithSecondClient("second"))
	first := d.mustSignIn()
	c := d.redescribed(func(p *auth.Provider) { p.ClientID = "second" })
	d.keyStore.Fail(vault.Failing)
	tokens, _, err := d.signIn(c, auth.BeginOptions{})
	if err != nil || tokens.SaveErr == nil {
		t.Fatalf("%v, %v", tokens, err)
	}
	d.keyStore.Heal()
	if err := c.SaveAgain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := d.client().Refresh(t.Context(), first.Account.ID); err != nil {
		t.Errorf("the first one: %v", err)
	}
	if tokens, err = c.Refresh(t.Context(), tokens.Account.ID); err != nil || tokens.Remembered() {
		t.Fatalf("the second one, from memory: %v, %v", tokens, err)
	}
	if report := c.SignOut(t.Context(), tokens.Account.ID); report.RevokeErr != nil || d.provider.Alive(tokens.RefreshToken) || len(d.remembered()) != 1 {
		t.Errorf("report = %+v, %+v", report, d.remembered())
	}
}

// Two entries of a portal may have the same registration. Whoever does not want to be
// remembered with the one is remembered with the other all the same.
func TestSignInThatIsNotKeptLeavesAnotherEntrysAlone(t *testing.T) {
	d := newDesk(t)
	kept := d.mustSignIn()
	c := d.redescribed(func(p *auth.Provider) { p.ID = "other" })
	tokens, _, err := d.signIn(c, auth.BeginOptions{MemoryOnly: true})
	if err != nil || tokens.Account.ID == kept.Account.ID {
		t.Fatalf("%v, %v", tokens, err)
	}
	if err := c.Unremember(t.Context(), tokens.Account.ID); err != nil {
		t.Fatal(err)
	}
	if err := c.Unremember(t.Context(), kept.Account.ID); err != nil {
		t.Fatal(err)
	}
	if report := c.SignOut(t.Context(), tokens.Account.ID); report.RevokeErr != nil || d.provider.Alive(tokens.RefreshToken) {
		t.Errorf("report = %+v", report)
	}
	if _, err := d.client().Refresh(t.Context(), kept.Account.ID); err != nil {
		t.Errorf("the one that is kept: %v", err)
	}
}

// lastRelease is a record, with names and all, as the last release kept it.
func lastRelease(issuer, subject, id, refreshToken string) map[string]string {
	return map[string]string{
		"accounts": `["` + id + `"]`,
		"account." + id: `{"account":{"id":"` + id + `","provider":"work","issuer":"` + issuer + `","subject":"` + subject + `","name":"Ada Lovelace","email":"ada@contoso.example","email_verified":true},` +
			`"refresh_token":"` + refreshToken + `","client_id":"portico","saved":"2026-01-02T03:04:05Z"}`,
	}
}

func TestSignInOfTheLastReleaseGoesOn(t *testing.T) {
	d := newDesk(t, authtest.WithSecondClient("second"))
	tokens := d.mustSignIn()
	for name, value := range lastRelease(d.provider.URL, tokens.Account.Subject, tokens.Account.ID, tokens.RefreshToken) {
		if err := d.store().Put(t.Context(), name, []byte(value)); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := d.signIn(d.redescribed(func(p *auth.Provider) { p.ClientID = "second" }), auth.BeginOptions{}); err != nil {
		t.Fatal(err)
	}
	d.provider.Forget()
	renewed, err := d.client().Refresh(t.Context(), tokens.Account.ID)
	if err != nil || renewed.Account.Name != authtest.Ada().Name || len(d.provider.Requests(authtest.Authorize)) != 0 {
		t.Errorf("%v, %v", renewed, err)
	}
	if again := d.mustSignIn(); again.Account.ID != tokens.Account.ID {
		t.Errorf("it is called %q now, was %q", again.Account.ID, tokens.Account.ID)
	}
}

func TestWhoseSignInsAProviderOwns(t *testing.T) {
	const entra, guid, other = "https://login.microsoftonline.com/", "11111111-2222-3333-4444-555555555555", "66666666-2222-3333-4444-555555555555"
	for _, test := range []struct {
		authority, issuer string
		own               bool
	}{
		{"https://id.example/realms/a", "https://id.example/realms/a", true},
		{"https://id.example/realms/a", "https://id.example/realms/b", false},
		{"https://id.example/realms/a", "https://id.example/realms/a/", false},
		{"https://id.example", "https://id.example.evil.example", false},
		{"https://id.example" + metadataPath, "https://id.example", true},
		{"https://id.example/" + metadataPath[1:] + "?appid=1", "https://id.example/", true},
		{"https://evil.example" + metadataPath, "https://id.example", false},
		{"https://evil.example/" + "id.example" + metadataPath, "https://id.example", false},
		{entra + "organizations/v2.0", entra + guid + "/v2.0", true},
		{entra + "organizations/v2.0" + metadataPath, entra + guid + "/v2.0", true},
		{entra + guid + "/v2.0", entra + guid + "/v2.0", true},
		{entra + guid + "/v2.0", entra + other + "/v2.0", false},
		{entra + "contoso.example/v2.0", entra + guid + "/v2.0", true},
		{entra + "consumers/v2.0", entra + guid + "/v2.0", false},
		{entra + "consumers/v2.0", entra + auth.PersonalTenant + "/v2.0", true},
		{entra + "common/v2.0", "https://login.microsoftonline.us/" + guid + "/v2.0", false},
		{entra + "common/v2.0", entra + "common/v2.0", false},
	} {
		c, err := auth.New(auth.Params{Provider: auth.Provider{ID: "work", Authority: test.authority, ClientID: "portico"}})
		if err != nil {
			t.Errorf("%s: %v", test.authority, err)
			continue
		}
		for client, own := range map[string]bool{"portico": test.own, "": test.own, "another": false} {
			if got := c.Owns(auth.Account{Issuer: test.issuer, ClientID: client}); got != own {
				t.Errorf("%s owns sign-ins of %q at %s: %v", test.authority, client, test.issuer, got)
			}
		}
	}
}
