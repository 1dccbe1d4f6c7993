package main

import (
	"strings"
	"testing"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth/authtest"
)

// doctor holds what the provider announces against what is asked of it, and says which
// of its keys can be used.
func TestDoctorDescribesAnOddProvider(t *testing.T) {
	tell(t, map[string]story{
		"keys": {steps: []step{{
			before: breaks(authtest.KeySet(func(set map[string]any) {
				set["keys"] = append(set["keys"].([]any), map[string]any{"kty": "RSA", "kid": "enc\u202e-1", "use": "enc"}, map[string]any{"kty": "LATTICE"})
			})),
			args:  "doctor",
			says:  []string{"1 of 3 keys can be used", `key "key-1" is RSA of 2048 bits, for RS256`, "use=enc", "kty=LATTICE"},
			never: []string{"\u202e"},
		}}},
		"no key that can be used": {steps: []step{{
			before: breaks(authtest.EachKey(func(key map[string]any) { key["use"] = "enc" })),
			args:   "doctor", exit: localapi.ExitConfig, code: localapi.ProviderSetting,
			says: []string{"jwks_uri", "0 of 1 key can be used", "use=enc"},
		}}},
		"algorithms, scopes and prompts": {describe: map[string]any{"scopes": []any{"openid", "offline_access", "api"}}, steps: []step{{
			before: breaks(
				announces("id_token_signing_alg_values_supported", []string{"HS256", "RS256"}), announces("scopes_supported", []string{"openid", "email"}),
				announces("prompt_values_supported", []string{"login"}),
			),
			args: "doctor",
			says: []string{
				"signs ID tokens with HS256, RS256; Portico takes RS256", "asks for offline_access, api, which it does not announce", "it announces login",
				"pushed requests (PAR): not offered", "(DPoP): not offered", "nothing of it is noted on this computer yet",
			},
		}}},
		"the default scopes": {steps: []step{{
			before: breaks(announces("scopes_supported", []string{"openid", "email", "profile"})),
			args:   "doctor", says: []string{"does not ask for offline_access, which this provider does not have"},
		}}},
		"pushed requests and proofs": {options: []authtest.Option{authtest.WithPAR(true), authtest.WithDPoP(false)}, steps: []step{{
			args: "doctor", says: []string{"pushed requests (PAR): required", "(DPoP): used; offered with ES256"},
		}}},
		"pushed requests and proofs, switched off": {
			options: []authtest.Option{authtest.WithPAR(false), authtest.WithDPoP(false)}, describe: map[string]any{"par": "off", "dpop": "off"}, steps: []step{{
				args: "doctor", says: []string{"pushed requests (PAR): offered and not used", "(DPoP): not used; offered with ES256"},
			}},
		},
	})
}

// People read the same, and nothing that a provider hides in it.
func TestDoctorTellsPeopleOfKeys(t *testing.T) {
	o := story{}.scene(t)
	o.idp.Fault(authtest.KeySet(func(set map[string]any) {
		set["keys"] = append(set["keys"].([]any), map[string]any{"kty": "RSA", "kid": "enc\u202e\u009b-1", "use": "enc"})
	}))
	c := o.console(func() {})
	code := c.run(t.Context(), t, "doctor", "--verbose", "--data-dir", o.dir)
	told := c.out.String() + c.progress.String()
	if code != 0 || !strings.Contains(told, "1 of 2 keys can be used") || !strings.Contains(told, "it is for encryption (use=enc)") || strings.ContainsAny(told, "\u202e\u009b") {
		t.Errorf("exit %d\n%q", code, told)
	}
}
