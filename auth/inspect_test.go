package auth_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
)

// misset is the name of the provider's own setting that an error is about, "" for others.
func misset(err error) string {
	var config *auth.ConfigError
	if errors.As(err, &config) && config.AtProvider {
		return config.Key
	}
	return ""
}

func TestInspectionSaysWhatStandsInTheWay(t *testing.T) {
	const algorithms, keys, pushing = "id_token_signing_alg_values_supported", "jwks_uri", "pushed_authorization_request_endpoint"
	member := func(name string, value any) authtest.Fault {
		return authtest.Metadata(func(m map[string]any) { m[name] = value })
	}
	tests := map[string]struct {
		faults []authtest.Fault
		want   string // "" is nothing
		about  string
		keys   string // what KeysErr is about
	}{
		"nothing":                         {},
		"HS256 only":                      {faults: []authtest.Fault{announced("HS256")}, want: algorithms, about: "RS256 or ES256"},
		"none only":                       {faults: []authtest.Fault{announced("none")}, want: algorithms},
		"HS256 beside RS256":              {faults: []authtest.Fault{announced("HS256", "RS256")}},
		"no keys":                         {faults: []authtest.Fault{authtest.KeySet(func(s map[string]any) { s["keys"] = []any{} })}, want: keys, about: "it is empty"},
		"no key of use":                   {faults: forEncryption(), want: keys, about: `"key-1": it is for encryption (use=enc)`},
		"no key for what is announced":    {faults: []authtest.Fault{announced("ES256")}, want: keys, about: "none of the algorithms that are announced"},
		"keys that are a web page":        {faults: []authtest.Fault{authtest.HTML(authtest.Keys)}, keys: "no set of keys"},
		"keys that are a list":            {faults: []authtest.Fault{authtest.Body(authtest.Keys, "application/json", "[]")}, keys: "no set of keys"},
		"keys that are not there":         {faults: []authtest.Fault{authtest.Status(authtest.Keys, 404)}, keys: "status 404"},
		"pushing required, and not where": {faults: []authtest.Fault{member("require_pushed_authorization_requests", true)}, want: pushing},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.provider.Fault(test.faults...)
			i, err := d.client().Inspect(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if (i.KeysErr != nil) != (test.keys != "") || i.KeysErr != nil && (misset(i.KeysErr) != keys || !strings.Contains(i.KeysErr.Error(), test.keys)) {
				t.Errorf("the keys: %v, want %q", i.KeysErr, test.keys)
			}
			if test.want == "" {
				if len(i.Problems) > 0 {
					t.Errorf("problems: %v", i.Problems)
				}
				return
			}
			if len(i.Problems) != 1 || misset(i.Problems[0]) != test.want || !strings.Contains(i.Problems[0].Error(), test.about) {
				t.Errorf("problems: %v, want one of %s about %q", i.Problems, test.want, test.about)
			}
		})
	}
}

func forEncryption() []authtest.Fault {
	return []authtest.Fault{authtest.EachKey(func(k map[string]any) { k["use"] = "enc" })}
}

func TestInspectionOfAProviderThatIsNone(t *testing.T) {
	d := newDesk(t)
	d.provider.Fault(authtest.HTML(authtest.Discovery))
	if i, err := d.client().Inspect(t.Context()); auth.ReasonOf(err) != auth.ReasonNotProvider || i != nil {
		t.Errorf("%+v, %v", i, err)
	}
	d = newDesk(t)
	d.provider.Fault(authtest.Status(authtest.Keys, 503))
	i, err := d.client().Inspect(t.Context())
	if err != nil || auth.ReasonOf(i.KeysErr) != auth.ReasonFailing || len(i.Problems) > 0 {
		t.Errorf("keys that cannot be had: %+v, %v", i, err)
	}
}

// What stands in the way of the client's own credentials is told by an inspection as by
// a sign-in.
func TestInspectionLooksForCredentials(t *testing.T) {
	d := newDesk(t)
	d.describe = func(p *auth.Provider) { p.ClientAuth.Method = auth.AuthPrivateKey }
	i, err := d.client().Inspect(t.Context())
	if err != nil || len(i.Problems) != 1 {
		t.Fatalf("%+v, %v", i, err)
	}
	_, err = d.client().Begin(t.Context(), auth.BeginOptions{})
	if diff := cmp.Diff(err.Error(), i.Problems[0].Error()); diff != "" {
		t.Error(diff)
	}
}

func TestInspectionComparesWhatIsAskedWithWhatIsAnnounced(t *testing.T) {
	d := newDesk(t, authtest.WithPAR(false), authtest.WithDPoP(false))
	d.provider.Fault(authtest.Metadata(func(m map[string]any) {
		m["scopes_supported"], m["prompt_values_supported"] = []string{"openid", "email", "profile"}, []string{"none", "login"}
	}))
	d.provider.Fault(authtest.SignedBy(jose.ES256)...)
	d.provider.Fault(beside(map[string]any{"kty": "RSA", "kid": "enc-1", "use": "enc"}))
	d.describe = func(p *auth.Provider) { p.Scopes = []string{"openid", "email", "api", "offline_access"} }
	i, err := d.client().Inspect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(i.Scopes, "api") || !slices.Contains(i.Unannounced, "api") || slices.Contains(i.Unannounced, "email") || !i.NotLasting {
		t.Errorf("scopes %v, left out %v, unannounced %v, not lasting %v", i.Scopes, i.LeftOut, i.Unannounced, i.NotLasting)
	}
	if len(i.LeftOut)+len(i.Scopes) != 4 {
		t.Errorf("a scope is lost: %v and %v", i.LeftOut, i.Scopes)
	}
	if !i.DPoP || !i.Pushed || i.Prompt != "" {
		t.Errorf("DPoP %v, PAR %v, prompt %q", i.DPoP, i.Pushed, i.Prompt)
	}
	if diff := cmp.Diff([]string{"RS256", "ES256"}, i.Algorithms); diff != "" {
		t.Error(diff)
	}
	var used, unused []string
	for _, k := range i.Keys {
		if k.Unusable == "" {
			used = append(used, k.ID+" "+k.Kind+" "+k.Algorithm)
		} else {
			unused = append(unused, k.ID)
		}
	}
	if diff := cmp.Diff([]string{"key-1 RSA of 2048 bits RS256", "key-ES256 EC P-256 ES256"}, used); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"enc-1"}, unused); diff != "" {
		t.Error(diff)
	}
}

// Whoever looks finds out that a copy is old, and leaves it as it is.
func TestInspectionKeepsNothing(t *testing.T) {
	d := newDesk(t)
	i, err := d.client().Inspect(t.Context())
	if err != nil || i.Copy != nil {
		t.Fatalf("a copy of what was never read: %+v, %v", i, err)
	}
	if left := contents(t, d.dir); len(left) > 0 {
		t.Errorf("files were left: %v", left)
	}
	d.mustSignIn()
	if i, err = d.client().Inspect(t.Context()); err != nil || i.Copy == nil || !i.Copy.Fresh || len(i.Copy.Differences) > 0 {
		t.Fatalf("a copy of a moment ago: %+v, %v", i.Copy, err)
	}
	before := contents(t, d.dir)
	elsewhere := d.provider.URL + "/elsewhere?a=1&b=2"
	d.provider.Fault(authtest.Metadata(func(m map[string]any) {
		m["token_endpoint"], m["scopes_supported"] = elsewhere, []string{"openid"}
		delete(m, "userinfo_endpoint")
	}))
	d.now = func() time.Time { return time.Now().Add(2 * time.Hour) }
	d.provider.Forget()
	if i, err = d.client().Inspect(t.Context()); err != nil || i.Copy == nil || i.Copy.Fresh {
		t.Fatalf("a copy of two hours ago: %+v, %v", i.Copy, err)
	}
	want := []auth.Difference{
		{Name: "scopes_supported", Before: `["openid","email","profile","offline_access"]`, Now: `["openid"]`},
		{Name: "token_endpoint", Before: d.provider.Endpoint(authtest.Token), Now: elsewhere},
		{Name: "userinfo_endpoint", Before: d.provider.Endpoint(authtest.UserInfo)},
	}
	if diff := cmp.Diff(want, i.Copy.Differences); diff != "" {
		t.Error(diff)
	}
	if want[0].IsAddress() || !want[1].IsAddress() || !want[2].IsAddress() || !(auth.Difference{Name: "jwks_uri"}).IsAddress() {
		t.Error("addresses are not told from the rest")
	}
	if diff := cmp.Diff(before, contents(t, d.dir)); diff != "" {
		t.Errorf("the copies have changed: %s", diff)
	}
	for _, r := range d.provider.Requests() {
		if r.Endpoint != authtest.Discovery && r.Endpoint != authtest.Keys || r.Header.Get("If-None-Match") != "" {
			t.Errorf("%s was asked, with %q", r.Endpoint, r.Header.Get("If-None-Match"))
		}
	}
}

// contents are the files below a folder, without the locks.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(path, ".json") {
			return err
		}
		text, err := os.ReadFile(path)
		files[path] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// Nobody should sign in for nothing: what the metadata tell is said before the browser
// opens, and a code is not asked for.
func TestSignInThatNobodyCanCheckDoesNotBegin(t *testing.T) {
	d := newDesk(t)
	d.provider.Fault(announced("HS256", "HS512", "none"))
	if _, err := d.client().Begin(t.Context(), auth.BeginOptions{}); misset(err) != "id_token_signing_alg_values_supported" {
		t.Errorf("a sign-in begins: %v", err)
	}
	if _, err := d.client().BeginDevice(t.Context(), auth.BeginOptions{}); misset(err) != "id_token_signing_alg_values_supported" {
		t.Errorf("a code is asked for: %v", err)
	}
	for _, r := range d.provider.Requests() {
		if r.Endpoint != authtest.Discovery {
			t.Errorf("%s was asked", r.Endpoint)
		}
	}
}

// Support reads why the key that a token names is not used.
func TestRefusalNamesTheKeyThatIsNotUsed(t *testing.T) {
	d := newDesk(t)
	d.provider.Fault(forEncryption()...)
	_, _, err := d.signIn(d.client(), auth.BeginOptions{})
	if auth.ReasonOf(err) != auth.ReasonUntrusted || !strings.Contains(err.Error(), `"key-1" of this provider, which is not used: it is for encryption`) {
		t.Error(err)
	}
}
