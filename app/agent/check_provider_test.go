package agent

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
)

func metadata(name string, value any) authtest.Fault {
	return authtest.Metadata(func(m map[string]any) { m[name] = value })
}

func TestAProviderThatNobodyCanSignInWithIsBad(t *testing.T) {
	each := func(change func(map[string]any)) authtest.Fault { return authtest.EachKey(change) }
	for name, test := range map[string]struct {
		fault authtest.Fault
		key   string
	}{
		"signed by what nobody can check": {metadata("id_token_signing_alg_values_supported", []string{"HS256"}), "id_token_signing_alg_values_supported"},
		"no key at all":                   {authtest.KeySet(func(s map[string]any) { s["keys"] = []any{} }), "jwks_uri"},
		"a key for encryption":            {each(func(k map[string]any) { k["use"] = "enc" }), "jwks_uri"},
		"a key with its secret half":      {authtest.PublishedPrivateKey(), "jwks_uri"},
		"keys that are no JSON":           {authtest.HTML(authtest.Keys), "jwks_uri"},
		"keys that are not there":         {authtest.Status(authtest.Keys, 404), "jwks_uri"},
		"requests to be pushed nowhere":   {metadata("require_pushed_authorization_requests", true), "pushed_authorization_request_endpoint"},
	} {
		b := broken{
			prepare: func(_ *testing.T, p *practice) { p.direct(); p.provider.Fault(test.fault) },
			want:    finding{cause: "provider", code: localapi.ProviderSetting},
		}
		b.run(t, name)
		t.Run(name+", and which setting", func(t *testing.T) {
			p := newPractice(t)
			p.direct()
			p.provider.Fault(test.fault)
			c := result(p.examine(), "provider")
			if c.Problem == nil || c.Problem.Params["key"] != test.key || c.Problem.Params["client_id"] != authtest.ClientID {
				t.Errorf("%+v", c.Problem)
			}
		})
	}
	b := broken{
		prepare: func(_ *testing.T, p *practice) { p.direct(); p.provider.Fault(authtest.Status(authtest.Keys, 503)) },
		want:    finding{cause: "provider", code: localapi.ProviderFailing},
	}
	b.run(t, "keys that cannot be had")
}

// signedInBefore leaves a copy of the metadata, as a sign-in does.
func (p *practice) signedInBefore() {
	p.t.Helper()
	a := p.agent()
	client, err := auth.New(auth.Params{
		Provider: auth.Provider{ID: "work", Authority: p.provider.URL, ClientID: authtest.ClientID}, Accounts: auth.NewAccounts(a.store, a.folders.locks()),
		CacheDir: a.folders.cache(), HTTP: a.way.client,
	})
	if err != nil {
		p.t.Fatal(err)
	}
	defer client.Close()
	if _, err := client.RenewMetadata(p.t.Context()); err != nil {
		p.t.Fatal(err)
	}
}

func TestAnOldCopyOfTheMetadataIsNamedAndLeftAlone(t *testing.T) {
	moved := metadata("token_endpoint", "https://127.0.0.1:1/token")
	broken{
		prepare: func(_ *testing.T, p *practice) {
			p.direct()
			p.provider.Fault(moved)
			p.signedInBefore()
			p.provider.Heal()
		},
		want: finding{cause: "provider", code: localapi.MetadataCopyOld, warned: true},
	}.run(t, "an endpoint has moved")

	p := newPractice(t)
	p.direct()
	lift := p.provider.Fault(moved)
	p.signedInBefore()
	lift()
	dir := filepath.Dir(p.params.Start.Paths.Data)
	before := tree(t, dir)
	facts := strings.Join(result(p.examine(), "provider").Facts, "\n")
	if want := "token_endpoint was https://127.0.0.1:1/token and is " + p.provider.Endpoint(authtest.Token) + " now; the next renewal notes it"; !strings.Contains(facts, want) {
		t.Errorf("%q is missing in\n%s", want, facts)
	}
	if diff := cmp.Diff(before, tree(t, dir)); diff != "" {
		t.Errorf("files have changed:\n%s", diff)
	}

	p = newPractice(t)
	p.direct()
	p.signedInBefore()
	p.provider.Fault(metadata("scopes_supported", []string{"openid", "offline_access"}))
	c := result(p.examine(), "provider")
	if c.Status != localapi.CheckGood || !strings.Contains(strings.Join(c.Facts, "\n"), "scopes_supported was ") {
		t.Errorf("another list of scopes is %s:\n%s", c.Status, strings.Join(c.Facts, "\n"))
	}
}

// What a provider announces is held against what is asked of it.
func TestFactsAboutAProvider(t *testing.T) {
	p := newPractice(t, authtest.WithPAR(true), authtest.WithDPoP(false))
	p.direct()
	p.with("scopes", []string{"openid", "offline_access", "api"})
	p.provider.Fault(
		metadata("id_token_signing_alg_values_supported", []string{"HS256", "RS256", "EdDSA"}),
		metadata("scopes_supported", []string{"openid", "email\u202e\u009b"}),
		metadata("prompt_values_supported", []string{"login"}),
		authtest.KeySet(func(set map[string]any) {
			set["keys"] = append(set["keys"].([]any), map[string]any{"kty": "RSA", "kid": "enc\u202e-1", "use": "enc"}, map[string]any{"kty": "LATTICE"})
		}),
	)
	c := result(p.examine(), "provider")
	facts := strings.Join(c.Facts, "\n")
	if c.Status != localapi.CheckGood {
		t.Errorf("%s: %+v", c.Status, c.Problem)
	}
	for _, want := range []string{
		"signs ID tokens with HS256, RS256, EdDSA; Portico takes RS256, EdDSA, Ed25519",
		"1 of 3 keys can be used, from " + p.provider.Endpoint(authtest.Keys),
		`key "key-1" is RSA of 2048 bits, for RS256`,
		`key "enc -1" is not used: it is for encryption (use=enc)`,
		"a key without an id is not used: its kind is not known here (kty=LATTICE)",
		"offline_access is not announced: unless this provider keeps sign-ins without it, people have to sign in at every start",
		"; it announces login",
		"pushed requests (PAR): required",
		"bound to this computer (DPoP): used; offered with ES256",
		"ways for clients to authenticate: none, client_secret_basic, client_secret_post",
		"names itself in its answers (iss): true",
		"nothing of it is noted on this computer yet",
	} {
		if !strings.Contains(facts, want) {
			t.Errorf("%q is missing in\n%s", want, facts)
		}
	}
	if strings.ContainsAny(facts, "\u202e\u009b") {
		t.Errorf("the facts write on a terminal: %q", facts)
	}
}
