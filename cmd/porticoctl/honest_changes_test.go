package main

import (
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth/authtest"
)

// signs lets the provider sign with another algorithm from now on, and announce
// nothing else.
func signs(alg jose.SignatureAlgorithm) func(*odd) {
	return breaks(append(authtest.SignedBy(alg), announces("id_token_signing_alg_values_supported", []string{string(alg)}))...)
}

// A provider that signs in another way than yesterday signs nobody out, and lets
// everybody in.
func TestTheProviderChangesItsAlgorithm(t *testing.T) {
	stories := map[string]story{
		"to one that anybody could forge": {after: renewed, steps: []step{
			signsIn,
			{before: breaks(announces("id_token_signing_alg_values_supported", []string{"HS256"}), authtest.HMACWithPublicKey()), args: "status --refresh",
				exit: localapi.ExitUntrusted, code: localapi.Untrusted, says: []string{"alg"}},
		}},
		"to none": {after: renewed, steps: []step{
			signsIn,
			{before: breaks(announces("id_token_signing_alg_values_supported", []string{"none"}), authtest.AlgNone()), args: "status --refresh",
				exit: localapi.ExitUntrusted, code: localapi.Untrusted, says: []string{"alg"}},
		}},
		"without announcing it": {after: renewed, steps: []step{
			signsIn,
			{before: breaks(authtest.SignedAs(jose.PS256)), args: "status --refresh", exit: localapi.ExitUntrusted, code: localapi.Untrusted, says: []string{"alg"}},
		}},
	}
	for _, alg := range []jose.SignatureAlgorithm{jose.ES256, jose.PS512, jose.EdDSA, authtest.Ed25519} {
		stories["to "+string(alg)] = story{after: renewed, steps: []step{signsIn, renews.but(signs(alg)), renews, leaves, signsIn}}
		stories["to "+string(alg)+", while nobody is signed in"] = story{after: renewed, steps: []step{signsIn, leaves, signsIn.but(signs(alg)), renews}}
	}
	tell(t, stories)
}

// An endpoint that has moved is found where the metadata say by now, whatever is left
// at its former address.
func TestAnEndpointMoves(t *testing.T) {
	moves := func(status int, endpoints ...authtest.Endpoint) func(*odd) {
		return func(o *odd) {
			for _, e := range endpoints {
				o.idp.Move(e, status)
			}
		}
	}
	stories := map[string]story{
		"nowhere": {after: renewed, steps: []step{
			signsIn,
			{before: breaks(authtest.Status(authtest.Token, 404)), args: "status --refresh", exit: localapi.ExitUnreachable, code: localapi.ProviderFailing,
				says: []string{string(localapi.Offline)}},
		}},
		"to http": {after: renewed, steps: []step{
			signsIn,
			{before: breaks(authtest.Status(authtest.Token, 404), announces("token_endpoint", "http://login.example/token")), args: "status --refresh",
				exit: localapi.ExitUnreachable, code: localapi.ProviderFailing},
		}},
		"all of them": {after: renewed, steps: []step{
			signsIn, leaves, signsIn.but(moves(404, authtest.Authorize, authtest.Token, authtest.Keys, authtest.UserInfo)), renews,
		}},
		"and a framework answers": {after: renewed, steps: []step{
			signsIn,
			renews.but(func(o *odd) {
				o.idp.Move(authtest.Token, 404)
				o.idp.Leave(authtest.Token, `{"error":"Unable to find matching target resource method"}`)
			}),
		}},
	}
	for _, status := range []int{301, 302, 303, 307, 308, 404, 405, 410} {
		moved := moves(status, authtest.Token)
		stories["renewal, "+http.StatusText(status)] = story{after: renewed, steps: []step{signsIn, renews.but(moved), leaves, signsIn}}
		stories["sign-in, "+http.StatusText(status)] = story{after: renewed, steps: []step{signsIn, leaves, signsIn.but(moved)}}
	}
	tell(t, stories)
}

// Whoever only looks is told that the copy of the metadata is old, and changes nothing.
func TestDoctorSaysThatAnEndpointHasMoved(t *testing.T) {
	var files map[string]string
	story{after: renewed, steps: []step{
		signsIn,
		{
			before: func(o *odd) { o.idp.Move(authtest.Token, 404); files = content(o.t, o.dir) },
			args:   "doctor",
			says:   []string{string(localapi.MetadataCopyOld), "token_endpoint was ", " now; the next renewal notes it"},
			after: func(o *odd) {
				if diff := cmp.Diff(files, content(o.t, o.dir)); diff != "" {
					o.t.Errorf("files have changed (-before +after):\n%s", diff)
				}
			},
		},
		renews,
		{args: "doctor", never: []string{string(localapi.MetadataCopyOld), "token_endpoint was "}},
	}}.tell(t)
}

// content is that of all files below a folder.
func content(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		files[path] = string(text)
		return err
	})
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	return files
}
