package main

import (
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/auth/authtest"
)

// bound checks whether what the provider has granted last is bound to a key.
func bound(want bool) func(*odd) {
	return func(o *odd) {
		o.t.Helper()
		asked := o.idp.Requests(authtest.Token)
		if got := len(asked) > 0 && asked[len(asked)-1].Header.Get("DPoP") != ""; got != want {
			o.t.Errorf("a proof in the last token request: %v", got)
		}
	}
}

// onlyProven checks that no sign-in was begun that would have done without proofs.
func onlyProven(o *odd) {
	o.t.Helper()
	for _, r := range o.idp.Requests(authtest.Authorize) {
		if r.Get("dpop_jkt") == "" {
			o.t.Errorf("asked without a key: %v", r.Query)
		}
	}
	for _, r := range o.idp.Requests(authtest.Token, authtest.UserInfo) {
		if r.Header.Get("DPoP") == "" {
			o.t.Errorf("asked without a proof: %v", r.Endpoint)
		}
	}
}

// Proofs of possession are dated by the provider's clock where it tells the time, and
// done without where it does not take them and nobody requires them.
func TestProofsAndClocks(t *testing.T) {
	stories := map[string]story{}
	for by, name := range map[time.Duration]string{-30 * time.Second: "ahead", 30 * time.Second: "behind"} {
		off := authtest.ClockSkew(by)
		signsInBound := signsIn.but(breaks(off))
		signsInBound.after = bound(true)
		for product, option := range map[string]authtest.Option{"Keycloak": authtest.KeycloakProofs(), "15 s": authtest.WithProofWindow(15*time.Second, 15*time.Second)} {
			stories[product+", half a minute "+name] = story{options: []authtest.Option{option}, after: renewed, steps: []step{
				signsInBound, renews, {args: "doctor", says: []string{"(DPoP): used"}},
			}}
			stories[product+", half a minute "+name+", required"] = story{
				options: []authtest.Option{option}, describe: map[string]any{"dpop": "required"}, after: renewed, steps: []step{signsInBound, renews, {args: "doctor", after: onlyProven}},
			}
		}
		stories["Keycloak, half a minute "+name+", without Date"] = story{options: []authtest.Option{authtest.KeycloakProofs()}, after: renewed, steps: []step{
			signsIn.but(breaks(off, authtest.NoDate())), renews,
		}}
		stories["Keycloak, half a minute "+name+", without Date, required"] = story{
			options: []authtest.Option{authtest.KeycloakProofs()}, describe: map[string]any{"dpop": "required"}, steps: []step{
				{before: breaks(off, authtest.NoDate()), args: "login", exit: localapi.ExitUntrusted, code: localapi.ClockWrong, after: onlyProven},
			},
		}
	}
	tell(t, stories)
}

// A proxy that does not say that it ends TLS spoils every proof.
func TestProofsAndProxies(t *testing.T) {
	behind := []authtest.Option{authtest.KeycloakBehindProxy()}
	refused := step{args: "login", exit: localapi.ExitConfig, code: localapi.RequestRejected, says: []string{"DPoP HTTP URL mismatch"}, after: onlyProven}
	plain := signsIn
	plain.after = func(o *odd) {
		bound(false)(o)
		if o.opened != 1 {
			o.t.Errorf("the browser was sent to %d addresses", o.opened)
		}
	}
	tell(t, map[string]story{
		"nobody requires them": {options: behind, after: renewed, steps: []step{
			plain, renews, {args: "doctor", says: []string{"DPoP: offered, and not used since "}}, leaves, signsIn,
		}},
		"the portal requires them": {options: behind, describe: map[string]any{"dpop": "required"}, steps: []step{refused, refused}},
		"IT requires them": {
			options: behind, describe: map[string]any{"dpop": "off"}, policies: map[policy.Name]any{policy.DPoP: "required"}, steps: []step{refused},
		},
		"IT switches them off": {
			options: behind, describe: map[string]any{"dpop": "required"}, policies: map[policy.Name]any{policy.DPoP: "off"}, after: renewed, steps: []step{plain, renews},
		},
		"they are required from the second sign-in on": {options: behind, steps: []step{
			plain, leaves,
			refused.but(func(o *odd) { o.policies = map[policy.Name]any{policy.DPoP: "required"}; o.idp.Forget() }),
		}},
		"they are required, and a bearer token comes": {
			options: []authtest.Option{authtest.WithDPoP(false)}, describe: map[string]any{"dpop": "required"}, steps: []step{
				{before: breaks(authtest.TokenAnswer(func(fields map[string]any) { fields["token_type"] = "Bearer" })), args: "login",
					exit: localapi.ExitUntrusted, code: localapi.Untrusted, says: []string{"token_type"}, after: onlyProven},
			},
		},
		"the proxy comes later": {options: []authtest.Option{authtest.WithDPoP(false)}, after: renewed, steps: []step{
			signsIn,
			{before: breaks(says(authtest.Token, 400, `{"error":"invalid_request","error_description":"DPoP HTTP URL mismatch"}`)), args: "status --refresh",
				exit: localapi.ExitSignInNeeded, code: localapi.SignInAgain},
		}},
		"the browser brings a refusal of proofs": {options: []authtest.Option{authtest.WithDPoP(false)}, steps: []step{
			{before: breaks(authtest.AuthorizationError("invalid_dpop_proof", "DPoP HTTP URL mismatch")), args: "login", exit: localapi.ExitConfig, code: localapi.RequestRejected, after: onlyProven},
		}},
		"another refusal is none of proofs": {options: []authtest.Option{authtest.WithDPoP(false)}, steps: []step{
			{before: breaks(says(authtest.Token, 400, `{"error":"invalid_request","error_description":"PKCE is missing"}`)), args: "login",
				exit: localapi.ExitConfig, code: localapi.RequestRejected, after: onlyProven},
		}},
	})
}
