package session

import (
	"strings"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/words"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
)

// Whoever has to mend a refused client is told where its secret or key belongs.
func TestARefusedClientIsToldWhatItProvesItselfWith(t *testing.T) {
	for method, command := range map[auth.AuthMethod]string{
		"": "", auth.AuthNone: "", auth.AuthSecretBasic: "porticoctl providers secret kc", auth.AuthSecretPost: "porticoctl providers secret kc",
		auth.AuthPrivateKey: "porticoctl providers key kc",
	} {
		for _, code := range []string{"invalid_client", "unauthorized_client"} { // Keycloak's word for a wrong secret
			for _, dialect := range []auth.Dialect{auth.Standard, auth.Entra} {
				a := AboutProvider(auth.Provider{ID: "kc", Title: "Keycloak", Dialect: dialect, ClientID: "portico", ClientAuth: auth.ClientAuth{Method: method}})
				p := Explain(&auth.ProviderError{Step: "token", Code: code, Status: 401}, a, time.Time{})
				for _, language := range []string{"en", "de"} {
					it := words.New(language).Problem(p).IT
					if p.Code != localapi.ClientRejected || it == "" || strings.Contains(it, "porticoctl providers") != (command != "") || !strings.Contains(it, command) {
						t.Errorf("%q, %s, %s, %s: %s", method, code, dialect, language, it)
					}
				}
			}
		}
	}
}

// LemonLDAP::NG answers consent_required when the person has been asked and has not
// agreed. That is no administrator's business, and nothing to wait for.
func TestConsentThatThePersonDeclined(t *testing.T) {
	d := newDesk(t)
	lift := d.provider.Fault(authtest.AuthorizationError("consent_required", "consent not given"))
	r := d.start()
	in, err := r.SignIn(t.Context(), localapi.SignInRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.provider.Browse(t.Context(), in.URL); err != nil {
		t.Fatal(err)
	}
	now := r.await(phase(localapi.SignedOut))
	if p := now.Problem; p == nil || p.Code != localapi.ConsentByPerson || p.Who() != localapi.You || p.Exit() != localapi.ExitSignInNeeded || now.Consent != nil {
		t.Errorf("problem %+v, consent %+v", now.Problem, now.Consent)
	}
	lift()
	r.signIn()
}

// A realm that is turned off says access_denied at its endpoints, where nobody is who
// could have said no. The sign-in is kept for when it is turned on again.
func TestARealmThatIsTurnedOff(t *testing.T) {
	d := newDesk(t)
	r := d.start()
	r.signIn()
	lift := d.provider.Fault(authtest.TokenError("access_denied", map[string]any{"error_description": "Realm not enabled"}))
	_ = r.Refresh(t.Context())
	now := r.await(phase(localapi.Blocked))
	if p := now.Problem; p.Code != localapi.Refused || p.Who() != localapi.YourIT || !now.Account.Remembered || !strings.Contains(p.Details.Error, "Realm not enabled") {
		t.Errorf("problem %+v", p)
	}
	lift()
	if err := r.Refresh(t.Context()); err != nil {
		t.Error(err)
	}
	r.await(phase(localapi.SignedIn))
}
