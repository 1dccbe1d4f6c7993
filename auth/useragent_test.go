package auth_test

import (
	"slices"
	"testing"
	"time"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/network"
)

// Firewalls answer 403 to the User-Agent that Go sends by itself, at every endpoint
// and at the proxy.
func TestEveryRequestNamesTheProgram(t *testing.T) {
	of := func(product string) string { return network.UserAgent(product) }
	for name, test := range map[string]struct{ given, want string }{
		"a program":       {of("Example/1.2.0"), of("Example/1.2.0")},
		"no name is none": {"", of("portico-auth")},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, "", authtest.WithPAR(false), authtest.WithDevice(time.Second, 0))
			o.network = trustingWith(t, o.provider, network.Options{UserAgent: test.given})
			o.provider.Fault(authtest.IDToken(func(c map[string]any) { delete(c, "email"); delete(c, "preferred_username") }))
			o.useEverything()
			asked := map[authtest.Endpoint]bool{}
			for _, r := range o.provider.Requests() {
				if slices.Contains([]authtest.Endpoint{authtest.Authorize, authtest.EndSession}, r.Endpoint) {
					continue // the browser's
				}
				asked[r.Endpoint] = true
				if got := r.Header.Values("User-Agent"); !slices.Equal(got, []string{test.want}) {
					t.Errorf("%s was asked by %q, want %q", r.Endpoint, got, test.want)
				}
			}
			for _, e := range []authtest.Endpoint{
				authtest.Discovery, authtest.Keys, authtest.PushedAuthorization, authtest.Token, authtest.UserInfo, authtest.DeviceAuthorization, authtest.Revocation,
			} {
				if !asked[e] {
					t.Errorf("%s was never asked: this test shows nothing of it", e)
				}
			}
			agents := o.proxy.Agents()
			if len(agents) < len(asked) {
				t.Errorf("the proxy was asked %d times", len(agents))
			}
			for i, got := range agents {
				if got != test.want {
					t.Errorf("%s: the proxy was asked by %q, want %q", o.proxy.Asked()[i], got, test.want)
				}
			}
		})
	}
}

// useEverything signs in, renews, signs out, and signs in on another device.
func (o *office) useEverything() {
	o.t.Helper()
	tokens, page, err := o.signIn(o.client(), auth.BeginOptions{})
	if err != nil {
		o.t.Fatalf("signing in: %v (%s)", err, page)
	}
	if tokens, err = o.client().Refresh(o.t.Context(), tokens.Account.ID); err != nil {
		o.t.Fatalf("refreshing: %v", err)
	}
	if report := o.client().SignOut(o.t.Context(), tokens.Account.ID); report.RevokeErr != nil {
		o.t.Errorf("signing out: %v", report.RevokeErr)
	}
	device, err := o.client().BeginDevice(o.t.Context(), auth.BeginOptions{})
	if err != nil {
		o.t.Fatalf("another device: %v", err)
	}
	if _, err := device.Wait(); err != nil {
		o.t.Errorf("another device: %v", err)
	}
}
