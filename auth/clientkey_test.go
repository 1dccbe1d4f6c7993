package auth_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
)

func newECKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func newRSAKey(t testing.TB, bits int) *rsa.PrivateKey {
	t.Helper()
	if bits < 1024 {
		t.Setenv("GODEBUG", "rsa1024min=0")
	}
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// pemOf writes a private key in one of the forms that tools write.
func pemOf(t testing.TB, form string, key crypto.Signer) []byte {
	t.Helper()
	var der []byte
	var err error
	switch form {
	case "RSA PRIVATE KEY":
		der = x509.MarshalPKCS1PrivateKey(key.(*rsa.PrivateKey))
	case "EC PRIVATE KEY":
		der, err = x509.MarshalECPrivateKey(key.(*ecdsa.PrivateKey))
	default:
		der, err = x509.MarshalPKCS8PrivateKey(key)
	}
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: form, Bytes: der})
}

func certificateFor(t testing.TB, key crypto.Signer) []byte {
	t.Helper()
	template := x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now(), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func writeKey(t testing.TB, form string, key crypto.Signer) string {
	t.Helper()
	return writeFile(t, pemOf(t, form, key))
}

func writeFile(t testing.TB, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key.pem")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// assertionKey is the key id in the assertion of a request.
func assertionKey(t testing.TB, r authtest.Request) string {
	t.Helper()
	jws, err := jose.ParseSignedCompact(r.Get("client_assertion"), []jose.SignatureAlgorithm{jose.ES256, jose.RS256})
	if err != nil {
		t.Fatal(err)
	}
	return jws.Signatures[0].Protected.KeyID
}

func TestKeyThatIsMadeCanBeRegisteredInEveryForm(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []string{"", "ES256", "RS256"} {
		d := newDesk(t)
		d.describe = func(p *auth.Provider) {
			p.Title = strings.Repeat("Ä very long name ", 9)
			p.ClientAuth = auth.ClientAuth{Method: auth.AuthPrivateKey, Algorithm: algorithm}
		}
		key, err := d.client().NewKey(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		block, _ := pem.Decode([]byte(key.Certificate))
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		var jwk jose.JSONWebKey
		if err := json.Unmarshal([]byte(key.JWK), &jwk); err != nil {
			t.Fatal(err)
		}
		thumbprint, _ := jwk.Thumbprint(crypto.SHA256)
		short, long := sha1.Sum(certificate.Raw), sha256.Sum256(certificate.Raw)
		want := algorithm
		if want == "" {
			want = "ES256"
		}
		if public := certificate.PublicKey.(interface{ Equal(crypto.PublicKey) bool }); !public.Equal(jwk.Key) {
			t.Errorf("%s: certificate and JWK are of two keys", want)
		}
		if !jwk.IsPublic() || key.ID != base64.RawURLEncoding.EncodeToString(thumbprint) || jwk.KeyID != key.ID || jwk.Algorithm != want || jwk.Use != "sig" || key.Algorithm != want {
			t.Errorf("%s: JWK = %s, id = %s", want, key.JWK, key.ID)
		}
		if key.ThumbprintSHA1 != strings.ToUpper(hex.EncodeToString(short[:])) || key.ThumbprintSHA256 != strings.ToUpper(hex.EncodeToString(long[:])) {
			t.Errorf("%s: thumbprints %s, %s", want, key.ThumbprintSHA1, key.ThumbprintSHA256)
		}
		if len([]rune(certificate.Subject.CommonName)) > 64 || !strings.HasPrefix(certificate.Subject.CommonName, "Ä very long name") {
			t.Errorf("%s: common name %q", want, certificate.Subject.CommonName)
		}
		if left := time.Until(key.Expires); left < 2*365*24*time.Hour-time.Hour || left > 2*366*24*time.Hour || !key.Expires.Equal(certificate.NotAfter) {
			t.Errorf("%s: the certificate ends %v", want, key.Expires)
		}
		if k, ok := certificate.PublicKey.(*rsa.PublicKey); ok && k.N.BitLen() != 2048 {
			t.Errorf("an RSA key of %d bits", k.N.BitLen())
		}
	}
}

func TestThereAreNeverMoreThanTwoKeys(t *testing.T) {
	t.Parallel()
	d := newDesk(t).withAuth(auth.ClientAuth{Method: auth.AuthPrivateKey})
	c := d.client()
	first, err1 := c.NewKey(t.Context())
	second, err2 := c.NewKey(t.Context())
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	var config *auth.ConfigError
	if _, err := c.NewKey(t.Context()); !errors.As(err, &config) {
		t.Errorf("a third: %v", err)
	}
	if err := c.DropKey(t.Context(), first.ID); err != nil {
		t.Fatal(err)
	}
	if keys, _ := c.Keys(t.Context()); len(keys) != 1 || keys[0].ID != second.ID || !keys[0].Current {
		t.Errorf("after the current one was dropped: %+v", keys)
	}
	for _, id := range []string{"", "nobody's"} { // neither is there
		if err := c.DropKey(t.Context(), id); err != nil {
			t.Error(err)
		}
	}
	if err := c.DropKey(t.Context(), second.ID); err != nil {
		t.Fatal(err)
	}
	if keys, err := c.Keys(t.Context()); len(keys) != 0 || err != nil || len(d.keyStore.Entries("test")) != 0 {
		t.Errorf("after the last one was dropped: %+v, %v, %v", keys, err, entryNames(d))
	}
}

func TestKeysAndSecretsAreOnlyMadeForWhatUsesThem(t *testing.T) {
	t.Parallel()
	for _, a := range []auth.ClientAuth{
		{}, {Method: auth.AuthSecretBasic}, {Method: auth.AuthPrivateKey, KeyFile: "/key.pem"},
	} {
		d := newDesk(t).withAuth(a)
		var config *auth.ConfigError
		if _, err := d.client().NewKey(t.Context()); !errors.As(err, &config) {
			t.Errorf("a key for %+v: %v", a, err)
		}
	}
	for _, a := range []auth.ClientAuth{{}, {Method: auth.AuthNone}, {Method: auth.AuthPrivateKey}} {
		d := newDesk(t).withAuth(a)
		var config *auth.ConfigError
		if err := d.client().SetSecret(t.Context(), auth.Secret{Value: "secret"}); !errors.As(err, &config) {
			t.Errorf("a secret for %+v: %v", a, err)
		}
		if err := d.client().SetSecret(t.Context(), auth.Secret{}); err != nil {
			t.Errorf("taking it away from %+v: %v", a, err)
		}
	}
}

func TestKeyFilesInEveryForm(t *testing.T) {
	t.Parallel()
	ec, rsaKey := newECKey(t), newRSAKey(t, 2048)
	p384, _ := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	_, ed, _ := ed25519.GenerateKey(rand.Reader)
	other := newECKey(t)
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, []byte("# a comment\n")) }
	parameters := pem.EncodeToMemory(&pem.Block{Type: "EC PARAMETERS", Bytes: []byte{6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7}})
	legacy := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Headers: map[string]string{"Proc-Type": "4,ENCRYPTED", "DEK-Info": "AES-128-CBC,00"}, Bytes: []byte("x")})
	for name, test := range map[string]struct {
		content   []byte
		algorithm string // what the file turns out to be for
		asked     string
		problem   string // a word of what is wrong
	}{
		"PKCS #8, EC":           {content: pemOf(t, "PRIVATE KEY", ec), algorithm: "ES256"},
		"PKCS #8, RSA":          {content: pemOf(t, "PRIVATE KEY", rsaKey), algorithm: "RS256"},
		"PKCS #1":               {content: pemOf(t, "RSA PRIVATE KEY", rsaKey), algorithm: "RS256"},
		"SEC 1":                 {content: join(parameters, pemOf(t, "EC PRIVATE KEY", ec)), algorithm: "ES256"},
		"with its certificate":  {content: join(pemOf(t, "PRIVATE KEY", ec), certificateFor(t, ec)), algorithm: "ES256"},
		"with a chain":          {content: join(certificateFor(t, other), certificateFor(t, rsaKey), pemOf(t, "PRIVATE KEY", rsaKey)), algorithm: "RS256"},
		"the algorithm asked":   {content: pemOf(t, "PRIVATE KEY", rsaKey), algorithm: "RS256", asked: "RS256"},
		"another algorithm":     {content: pemOf(t, "PRIVATE KEY", ec), asked: "RS256", problem: "ES256"},
		"another's certificate": {content: join(pemOf(t, "PRIVATE KEY", ec), certificateFor(t, other)), problem: "certificates"},
		"two keys":              {content: join(pemOf(t, "PRIVATE KEY", ec), pemOf(t, "PRIVATE KEY", other)), problem: "more than one"},
		"encrypted, PKCS #8":    {content: pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: []byte("x")}), problem: "encrypted"},
		"encrypted, PKCS #1":    {content: legacy, problem: "encrypted"},
		"a short RSA key":       {content: pemOf(t, "RSA PRIVATE KEY", newRSAKey(t, 1024)), problem: "1024 bits"},
		"P-384":                 {content: pemOf(t, "PRIVATE KEY", p384), problem: "P-384"},
		"Ed25519":               {content: pemOf(t, "PRIVATE KEY", ed), problem: "RSA and P-256"},
		"a certificate alone":   {content: certificateFor(t, ec), problem: "no private key"},
		"no PEM at all":         {content: []byte("key"), problem: "no private key"},
		"damaged":               {content: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("x")}), problem: ""},
		"another form":          {content: pem.EncodeToMemory(&pem.Block{Type: "OPENSSH PRIVATE KEY", Bytes: []byte("x")}), problem: "OPENSSH"},
		"much too large":        {content: bytes.Repeat([]byte("x"), 100<<10), problem: "larger"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := writeFile(t, test.content)
			d := newDesk(t).withAuth(auth.ClientAuth{Method: auth.AuthPrivateKey, KeyFile: path, Algorithm: test.asked})
			keys, err := d.client().Keys(t.Context())
			if test.algorithm != "" {
				if err != nil || len(keys) != 1 || keys[0].Algorithm != test.algorithm || keys[0].File != path || !keys[0].Created.IsZero() {
					t.Fatalf("keys = %+v, %v", keys, err)
				}
				if named := bytes.Contains(test.content, []byte("CERTIFICATE")); named != (keys[0].Certificate != "") || named == keys[0].Expires.IsZero() {
					t.Errorf("certificate = %q until %v", keys[0].Certificate, keys[0].Expires)
				}
				return
			}
			var unusable *auth.CredentialError
			if !errors.As(err, &unusable) || unusable.Missing || !strings.Contains(err.Error(), test.problem) {
				t.Errorf("err = %v, want %q", err, test.problem)
			}
			if strings.Contains(fmt.Sprint(err), "BEGIN") && name != "a certificate alone" && name != "no PEM at all" {
				t.Errorf("the error repeats the file: %v", err)
			}
		})
	}
}

func TestKeyFileThatIsNotThereIsSaidBeforeTheBrowserOpens(t *testing.T) {
	t.Parallel()
	for name, path := range map[string]string{"nothing": filepath.Join(t.TempDir(), "none.pem"), "a folder": t.TempDir()} {
		d := newDesk(t, authtest.WithClientAuth("private_key_jwt")).withAuth(auth.ClientAuth{Method: auth.AuthPrivateKey, KeyFile: path})
		_, err := d.client().Begin(t.Context(), auth.BeginOptions{})
		var unusable *auth.CredentialError
		if !errors.As(err, &unusable) || unusable.Missing || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: err = %v, want the file's name", name, err)
		}
	}
}

func TestKeyFileThatOthersCanReachIsSaid(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("files have no such modes here")
	}
	for mode, want := range map[os.FileMode]string{0o600: "", 0o400: "", 0o640: "warned", 0o644: "warned", 0o602: "refused", 0o666: "refused"} {
		var log bytes.Buffer
		path := writeKey(t, "PRIVATE KEY", newECKey(t))
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		d := newDesk(t).withAuth(auth.ClientAuth{Method: auth.AuthPrivateKey, KeyFile: path})
		d.log = slog.New(slog.NewTextHandler(&log, nil))
		_, err := d.client().Keys(t.Context())
		got := ""
		switch {
		case err != nil:
			got = "refused"
		case strings.Contains(log.String(), "read by others"):
			got = "warned"
		}
		if got != want {
			t.Errorf("%o: %q, want %q (%v)", mode, got, want, err)
		}
	}
}

// A description may come from elsewhere. To look for a file on a server, Windows
// signs in there as the person.
func TestKeyFileLiesOnThisComputer(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		`\\files.example\share\key.pem`: "server", "//files.example/share/key.pem": "server", `\\?\UNC\files.example\key.pem`: "server",
		"key.pem": "whole path", "../key.pem": "whole path",
	} {
		d := newDesk(t).withAuth(auth.ClientAuth{Method: auth.AuthPrivateKey, KeyFile: path})
		_, err := d.client().Keys(t.Context())
		var unusable *auth.CredentialError
		if !errors.As(err, &unusable) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want an error about the %s", path, err, want)
		}
	}
}

func TestKeyFileIsReadAnewEachTime(t *testing.T) {
	t.Parallel()
	first, second := newECKey(t), newECKey(t)
	path := writeKey(t, "PRIVATE KEY", first)
	d := newDesk(t, authtest.WithClientAuth("private_key_jwt")).withAuth(auth.ClientAuth{Method: auth.AuthPrivateKey, KeyFile: path})
	registerFile(t, d)
	c := d.client()
	account := d.mustSignIn().Account
	if err := os.WriteFile(path, pemOf(t, "EC PRIVATE KEY", second), 0o600); err != nil {
		t.Fatal(err)
	}
	d.provider.ForgetKeys()
	registerFile(t, d)
	if _, err := c.Refresh(t.Context(), account.ID); err != nil {
		t.Errorf("after another key was put into the file: %v", err)
	}
}

func TestEntraTakesOnlyKeysThatItCanKnow(t *testing.T) {
	t.Parallel()
	rsaKey, ec := newRSAKey(t, 2048), newECKey(t)
	for name, test := range map[string]struct {
		content []byte
		problem string
	}{
		"RSA with its certificate": {append(pemOf(t, "PRIVATE KEY", rsaKey), certificateFor(t, rsaKey)...), ""},
		"no certificate":           {pemOf(t, "PRIVATE KEY", rsaKey), "certificate"},
		"no RSA key":               {append(pemOf(t, "PRIVATE KEY", ec), certificateFor(t, ec)...), "RSA"},
	} {
		d := newDesk(t, authtest.WithEntra(authtest.EntraOptions{}))
		path := writeFile(t, test.content)
		d.describe = func(p *auth.Provider) {
			p.Dialect, p.ClientAuth = auth.Entra, auth.ClientAuth{Method: auth.AuthPrivateKey, KeyFile: path}
		}
		_, err := d.client().Keys(t.Context())
		if test.problem == "" && err != nil || test.problem != "" && (err == nil || !strings.Contains(err.Error(), test.problem)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDescriptionsOfClientAuthenticationAreChecked(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		auth    auth.ClientAuth
		dialect auth.Dialect
		key     string
	}{
		"nothing":                        {},
		"none":                           {auth: auth.ClientAuth{Method: auth.AuthNone}},
		"a key made here":                {auth: auth.ClientAuth{Method: auth.AuthPrivateKey, Algorithm: "RS256"}},
		"a key from a file":              {auth: auth.ClientAuth{Method: auth.AuthPrivateKey, KeyFile: "/key.pem"}},
		"unknown method":                 {auth: auth.ClientAuth{Method: "client_secret_jwt"}, key: "client_auth.method"},
		"unknown algorithm":              {auth: auth.ClientAuth{Method: auth.AuthPrivateKey, Algorithm: "HS256"}, key: "client_auth.algorithm"},
		"a file that nothing uses":       {auth: auth.ClientAuth{Method: auth.AuthSecretPost, KeyFile: "/key.pem"}, key: "client_auth.key_file"},
		"a file without a method":        {auth: auth.ClientAuth{KeyFile: "/key.pem"}, key: "client_auth.key_file"},
		"an algorithm that nothing uses": {auth: auth.ClientAuth{Method: auth.AuthSecretPost, Algorithm: "ES256"}, key: "client_auth.algorithm"},
		"an EC key for Entra":            {auth: auth.ClientAuth{Method: auth.AuthPrivateKey, Algorithm: "ES256"}, dialect: auth.Entra, key: "client_auth.algorithm"},
	} {
		err := auth.Provider{ID: "p", Authority: "https://login.example/organizations/v2.0", ClientID: "c", ClientAuth: test.auth, Dialect: test.dialect}.Check()
		var config *auth.ConfigError
		if test.key == "" && err != nil || test.key != "" && (!errors.As(err, &config) || config.Key != test.key) {
			t.Errorf("%s: %v, want %q", name, err, test.key)
		}
	}
}
