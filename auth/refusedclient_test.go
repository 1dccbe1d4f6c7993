package auth_test

import (
	"errors"
	"testing"
	"time"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
)

// The status 401 is for clients that do not prove who they are, whatever else is said.
func TestWrongSecretIsNamedWhateverTheRefusalIsCalled(t *testing.T) {
	t.Parallel()
	for name, refusal := range oddClientRefusals() {
		if !refusal.plain {
			continue
		}
		for step, act := range map[string]func(*desk, auth.Account) error{
			"code": func(d *desk, _ auth.Account) error {
				_, _, err := d.signIn(d.client(), auth.BeginOptions{})
				return err
			},
			"refresh": func(d *desk, a auth.Account) error {
				_, err := d.client().Refresh(d.t.Context(), a.ID)
				return err
			},
			"pushed request": func(d *desk, _ auth.Account) error {
				d.describe = func(p *auth.Provider) {
					p.PAR, p.ClientAuth = auth.ExtensionRequired, auth.ClientAuth{Method: auth.AuthSecretBasic}
				}
				_, err := d.client().Begin(d.t.Context(), auth.BeginOptions{})
				return err
			},
			"device": func(d *desk, _ auth.Account) error {
				_, err := d.client().BeginDevice(d.t.Context(), auth.BeginOptions{})
				return err
			},
		} {
			t.Run(name+"/"+step, func(t *testing.T) {
				t.Parallel()
				options := []authtest.Option{authtest.WithClientAuth("client_secret_basic"), authtest.WithDevice(time.Second, 0)}
				if step == "pushed request" {
					options = append(options, authtest.WithPAR(false))
				}
				d := newDesk(t, options...).withAuth(auth.ClientAuth{Method: auth.AuthSecretBasic})
				setSecret(t, d)
				account := d.mustSignIn().Account
				d.provider.SetSecret("another")
				d.provider.RefuseClients(refusal.status, refusal.body)
				d.provider.Forget()
				err := act(d, account)
				var refused *auth.ProviderError
				if !errors.As(err, &refused) || !refused.ClientRefused() || refused.NeedsPerson() || refused.GrantEnded() || auth.ReasonOf(err) != auth.ReasonClient {
					t.Errorf("err = %+v (%s)", err, auth.ReasonOf(err))
				}
				if n := len(d.provider.Requests(authtest.Token, authtest.PushedAuthorization, authtest.DeviceAuthorization)); n != 1 {
					t.Errorf("%d requests with the only secret there is", n)
				}
				d.provider.SetSecret(awkward)
				if _, err := d.client().Refresh(t.Context(), account.ID); err != nil {
					t.Errorf("after the secret was mended: %v", err)
				}
			})
		}
	}
}

// What stands beside it goes on to mean what it has always meant.
func TestWhatIsNotAboutTheSecretIsNotTakenForIt(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		method auth.AuthMethod
		status int
		body   string
		want   auth.Reason
	}{
		"public client, 401":              {auth.AuthNone, 401, "", auth.ReasonAgain},
		"public client, 401 and a page":   {auth.AuthNone, 401, "<h1>Unauthorized</h1>", auth.ReasonAgain},
		"a dead token, 400":               {auth.AuthSecretBasic, 400, `{"error":"invalid_grant"}`, auth.ReasonExpired},
		"a dead token, 401":               {auth.AuthSecretBasic, 401, `{"error":"invalid_grant"}`, auth.ReasonExpired},
		"a dead token, 400 and no word":   {auth.AuthSecretBasic, 400, "", auth.ReasonAgain},
		"not this person, 401":            {auth.AuthSecretBasic, 401, `{"error":"access_denied"}`, auth.ReasonRefused},
		"sign in again, 401":              {auth.AuthSecretBasic, 401, `{"error":"login_required"}`, auth.ReasonAgain},
		"another scope, 401":              {auth.AuthSecretBasic, 401, `{"error":"invalid_scope"}`, auth.ReasonScope},
		"passing, 401":                    {auth.AuthSecretBasic, 401, `{"error":"temporarily_unavailable"}`, auth.ReasonFailing},
		"blocked by a firewall, 403":      {auth.AuthSecretBasic, 403, "<h1>Blocked</h1>", auth.ReasonFailing},
		"a proxy's password, 407":         {auth.AuthSecretBasic, 407, "", auth.ReasonProxyAuth},
		"failing, in words of the client": {auth.AuthSecretBasic, 503, `{"error":"Unauthorized"}`, auth.ReasonFailing},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, authtest.WithClientAuth(string(test.method))).withAuth(auth.ClientAuth{Method: test.method})
			if test.method != auth.AuthNone {
				setSecret(t, d)
			}
			account := d.mustSignIn().Account
			d.provider.Fault(authtest.Answer(authtest.Token, test.status, map[string]string{"Content-Type": "application/json"}, test.body))
			if _, err := d.client().Refresh(t.Context(), account.ID); auth.ReasonOf(err) != test.want {
				t.Errorf("err = %v (%s), want %s", err, auth.ReasonOf(err), test.want)
			}
		})
	}
}
