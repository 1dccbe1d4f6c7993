package auth_test

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
)

// sentAssertion is what a request says of its client.
type sentAssertion struct{ typ, kid, aud string }

func assertionIn(t testing.TB, r authtest.Request) sentAssertion {
	t.Helper()
	jws, err := jose.ParseSignedCompact(r.Get("client_assertion"), []jose.SignatureAlgorithm{jose.ES256, jose.RS256})
	if err != nil {
		t.Fatal(err)
	}
	header := jws.Signatures[0].Protected
	var claims struct{ Aud string }
	if err := json.Unmarshal(jws.UnsafePayloadWithoutVerification(), &claims); err != nil {
		t.Fatal(err)
	}
	typ, _ := header.ExtraHeaders[jose.HeaderType].(string)
	return sentAssertion{typ: typ, kid: header.KeyID, aud: claims.Aud}
}

// certifiedID is Keycloak's id of a certificate's key.
func certifiedID(t testing.TB, key auth.ClientKey) string {
	t.Helper()
	block, _ := pem.Decode([]byte(key.Certificate))
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(certificate.RawSubjectPublicKeyInfo)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// registerUploaded makes a key, and uploads its certificate.
func (d *desk) registerUploaded() auth.ClientKey {
	d.t.Helper()
	key, err := d.client().NewKey(d.t.Context())
	if err != nil {
		d.t.Fatal(err)
	}
	d.provider.RegisterUploadedCertificate(key.Certificate)
	return key
}

// loseForms deletes what is known of the forms of assertions, as a cleaned cache does.
func (d *desk) loseForms() {
	d.t.Helper()
	files, err := filepath.Glob(filepath.Join(d.dir, "provider", "client.*.json"))
	if err != nil || len(files) != 1 {
		d.t.Fatalf("files = %v, %v", files, err)
	}
	if err := os.Remove(files[0]); err != nil {
		d.t.Fatal(err)
	}
}

// way is a provider's way with assertions, and how its administrator registers a key.
type way struct {
	way     authtest.Assertions
	options []authtest.Option
	upload  bool
	// takes is what a good assertion of the key looks like.
	takes func(*desk, auth.ClientKey) sentAssertion
}

func ways(t testing.TB) map[string]way {
	issuer := func(d *desk, key auth.ClientKey) sentAssertion { return sentAssertion{"JWT", key.ID, d.provider.URL} }
	realm := []authtest.Option{authtest.WithPath("/realms/staff")}
	certified := func(d *desk, key auth.ClientKey) sentAssertion {
		return sentAssertion{"JWT", certifiedID(t, key), d.provider.URL}
	}
	return map[string]way{
		"Keycloak, a key set":                 {way: authtest.KeycloakAssertions, options: realm, takes: issuer},
		"Keycloak, a certificate":             {way: authtest.KeycloakAssertions, options: realm, upload: true, takes: certified},
		"Keycloak, a certificate, other path": {way: authtest.KeycloakAssertions, upload: true, takes: certified},
		"Spring":                              {way: authtest.SpringAssertions, takes: issuer},
		"OpenIddict": {way: authtest.OpenIddictAssertions, takes: func(d *desk, key auth.ClientKey) sentAssertion {
			return sentAssertion{"client-authentication+jwt", key.ID, d.provider.URL}
		}},
		"Hydra": {way: authtest.HydraAssertions, takes: func(d *desk, key auth.ClientKey) sentAssertion {
			return sentAssertion{"JWT", key.ID, d.provider.Endpoint(authtest.Token)}
		}},
		"invalid_grant for everything": {way: authtest.MuteAssertions, takes: func(d *desk, key auth.ClientKey) sentAssertion {
			return sentAssertion{"JWT", key.ID, d.provider.Endpoint(authtest.Token)}
		}},
	}
}

// desk sets up a computer and registers its key.
func (w way) desk(t testing.TB, options ...authtest.Option) (*desk, auth.ClientKey) {
	d := newDesk(t, slices.Concat(w.options, options, []authtest.Option{authtest.WithAssertions(w.way)})...).
		withAuth(auth.ClientAuth{Method: auth.AuthPrivateKey})
	if w.upload {
		return d, d.registerUploaded()
	}
	return d, d.register()
}

// Whichever endpoint is asked first, the form is found there, within four requests.
func TestEveryProvidersFormOfAssertionsIsFoundAtEveryEndpoint(t *testing.T) {
	t.Parallel()
	for name, w := range ways(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, key := w.desk(t, authtest.WithDevice(time.Second, 1))
			within := func(step string, endpoint authtest.Endpoint, more int, err error) {
				t.Helper()
				asked := d.provider.Requests(endpoint)
				if err != nil || len(asked) == 0 || len(asked) > 4+more {
					t.Fatalf("%s: %d requests, %v", step, len(asked), err)
				}
				if got, want := assertionIn(t, asked[len(asked)-1]), w.takes(d, key); got != want {
					t.Errorf("%s: taken was %+v, want %+v", step, got, want)
				}
				d.provider.Forget()
			}
			tokens, _, err := d.signIn(d.client(), auth.BeginOptions{})
			within("code", authtest.Token, 0, err)

			d.loseForms()
			tokens, err = d.client().Refresh(t.Context(), tokens.Account.ID)
			within("refresh", authtest.Token, 0, err)

			d.loseForms()
			report := d.client().SignOut(t.Context(), tokens.Account.ID)
			within("revocation", authtest.Revocation, 0, errors.Join(report.LocalErr, report.RevokeErr))
			if d.provider.Alive(tokens.RefreshToken) {
				t.Error("the refresh token lives on")
			}

			d.loseForms()
			device, err := d.client().BeginDevice(t.Context(), auth.BeginOptions{})
			within("device", authtest.DeviceAuthorization, 0, err)
			d.loseForms()
			_, err = device.Wait()
			within("poll", authtest.Token, 1, err)
		})
	}
}

func TestPushedRequestFindsTheFormOfAssertions(t *testing.T) {
	t.Parallel()
	for name, w := range ways(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, _ := w.desk(t, authtest.WithPAR(true))
			d.mustSignIn()
			if n := len(d.provider.Requests(authtest.PushedAuthorization)); n > 4 {
				t.Errorf("the push took %d requests", n)
			}
			if n := len(d.provider.Requests(authtest.Token)); n != 1 {
				t.Errorf("the code took %d requests, with the form known", n)
			}
		})
	}
}

func TestKnownFormCostsOneRequestAfterARestart(t *testing.T) {
	t.Parallel()
	for name, w := range ways(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, _ := w.desk(t)
			account := d.mustSignIn().Account
			for range 3 {
				d.provider.Forget()
				if _, err := d.client().Refresh(t.Context(), account.ID); err != nil {
					t.Fatal(err)
				}
				if n := len(d.provider.Requests()); n != 1 {
					t.Errorf("a start took %d requests", n)
				}
			}
		})
	}
}
