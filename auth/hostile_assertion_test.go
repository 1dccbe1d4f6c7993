package auth_test

import (
	"testing"
	"time"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
)

// A hostile provider names an honest one's token endpoint as its own, and refuses the
// client until it is shown what the honest one would take. The honest one knows this
// client under the same id and key, and wants its token endpoint as the audience. What
// is made out to it goes to it alone.
func TestAssertionForAnHonestProviderNeverReachesAHostileOne(t *testing.T) {
	t.Parallel()
	refuses := func(e authtest.Endpoint, code string) []authtest.Fault {
		return []authtest.Fault{authtest.Refusal(e, code)}
	}
	begin := func(d *desk) { _, _, _ = d.signIn(d.client(), auth.BeginOptions{Timeout: 5 * time.Second}) }
	device := func(d *desk) { _, _ = d.client().BeginDevice(d.t.Context(), auth.BeginOptions{}) }
	for name, test := range map[string]struct {
		options []authtest.Option
		faults  []authtest.Fault
		act     func(*desk)
		at      authtest.Endpoint // where the hostile one listens
	}{
		"pushed request, invalid_client":                             {[]authtest.Option{authtest.WithPAR(true)}, refuses(authtest.PushedAuthorization, "invalid_client"), begin, authtest.PushedAuthorization},
		"pushed request, invalid_grant":                              {[]authtest.Option{authtest.WithPAR(true)}, refuses(authtest.PushedAuthorization, "invalid_grant"), begin, authtest.PushedAuthorization},
		"pushed request, invalid_request":                            {[]authtest.Option{authtest.WithPAR(true)}, refuses(authtest.PushedAuthorization, "invalid_request"), begin, authtest.PushedAuthorization},
		"device, invalid_client":                                     {nil, refuses(authtest.DeviceAuthorization, "invalid_client"), device, authtest.DeviceAuthorization},
		"a code that the honest one does not know, and a revocation": {nil, refuses(authtest.Revocation, "invalid_client"), begin, authtest.Revocation},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			honest := authtest.New(t, authtest.WithAssertions(authtest.HydraAssertions))
			d := newDesk(t, append(test.options, authtest.WithClientAuth("private_key_jwt"))...).withAuth(auth.ClientAuth{Method: auth.AuthPrivateKey})
			honest.RegisterKey(d.register().JWK)
			d.provider.Fault(append(test.faults, authtest.Metadata(func(m map[string]any) { m["token_endpoint"] = honest.Endpoint(authtest.Token) }))...)
			test.act(d)
			if len(d.provider.Requests(test.at)) == 0 {
				t.Fatalf("%s was never asked; there was nothing to get", test.at)
			}
			for _, r := range d.provider.Requests() {
				if r.Get("client_assertion") == "" {
					continue
				}
				if got := assertionIn(t, r).aud; got != d.provider.URL {
					t.Errorf("%s was given an assertion for %s", r.Endpoint, got)
				}
			}
			if n := len(d.provider.Requests(test.at)); n > 4 {
				t.Errorf("%s was asked %d times", test.at, n)
			}
			for _, r := range honest.Requests(authtest.Token) {
				if to := assertionIn(t, r).aud; to != honest.Endpoint(authtest.Token) && to != d.provider.URL {
					t.Errorf("an assertion for %s", to)
				}
			}
			if len(d.remembered()) != 0 {
				t.Error("somebody is signed in")
			}
		})
	}
}
