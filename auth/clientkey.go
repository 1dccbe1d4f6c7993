package auth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // a name for a certificate, as Entra shows it, and no protection
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// The algorithms of assertions (RFC 7518, section 3.1).
const (
	algES256 = "ES256"
	algRS256 = "RS256"
)

const (
	rsaBits = 2048
	// certificateYears is the longest proposal of Entra's portal.
	certificateYears = 2
	// maxKeyFile is many times a key with its chain of certificates.
	maxKeyFile = 64 << 10
)

// signingKey is a key for private_key_jwt.
type signingKey struct {
	private crypto.Signer
	// certificate is the DER form of the key's certificate, nil without one.
	certificate []byte
	created     time.Time
	file        string
}

// newSigningKey makes a key, and a certificate of its own signature for providers with
// registered certificates. The name is for people finding the certificate in a list.
func newSigningKey(algorithm, name string, now time.Time) (*signingKey, error) {
	var private crypto.Signer
	var err error
	if algorithm == algRS256 {
		private, err = rsa.GenerateKey(rand.Reader, rsaBits)
	} else {
		private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	if err != nil {
		return nil, err
	}
	template := x509.Certificate{
		Subject:   pkix.Name{CommonName: commonName(name)},
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(certificateYears, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature,
	}
	certificate, err := x509.CreateCertificate(rand.Reader, &template, &template, private.Public(), private)
	if err != nil {
		return nil, err
	}
	return &signingKey{private: private, certificate: certificate, created: now.UTC().Truncate(time.Second)}, nil
}

// commonName bounds a name to the length for a certificate (X.520, ub-common-name).
func commonName(name string) string {
	runes := []rune(clean(name))
	return string(runes[:min(len(runes), 64)])
}

func (k *signingKey) algorithm() string {
	if _, ok := k.private.(*rsa.PrivateKey); ok {
		return algRS256
	}
	return algES256
}

func (k *signingKey) publicJWK() jose.JSONWebKey {
	return jose.JSONWebKey{Key: k.private.Public(), KeyID: k.id(), Algorithm: k.algorithm(), Use: "sig"}
}

// id is the JWK thumbprint (RFC 7638): it names a key the same everywhere.
func (k *signingKey) id() string { return thumbprint(k.private.Public()) }

func thumbprint(public crypto.PublicKey) string {
	sum, err := (&jose.JSONWebKey{Key: public}).Thumbprint(crypto.SHA256)
	if err != nil {
		return "" // only for kinds of keys that never get here
	}
	return base64URL(sum)
}

// certifiedID is Keycloak's id for a key with an uploaded certificate, or bare public
// key: the hash of its SubjectPublicKeyInfo.
func (k *signingKey) certifiedID() string {
	der, err := x509.MarshalPKIXPublicKey(k.private.Public())
	if err != nil {
		return "" // only for kinds of keys that never get here
	}
	sum := sha256.Sum256(der)
	return base64URL(sum[:])
}

// sign makes a compact JWS in a form.
func (k *signingKey) sign(f assertionForm, claims map[string]any) (string, error) {
	options := (&jose.SignerOptions{}).WithType(f.typ).WithHeader("kid", f.kid(k))
	if f.byCertificate {
		short, long := sha1.Sum(k.certificate), sha256.Sum256(k.certificate) //nolint:gosec // see the import
		options.WithHeader("x5t", base64URL(short[:])).WithHeader("x5t#S256", base64URL(long[:]))
	}
	return signJWT(jose.SigningKey{Algorithm: jose.SignatureAlgorithm(k.algorithm()), Key: k.private}, options, claims)
}

func signJWT(key jose.SigningKey, options *jose.SignerOptions, claims map[string]any) (string, error) {
	signer, err := jose.NewSigner(key, options)
	if err != nil {
		return "", err
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", err
	}
	return signed.CompactSerialize()
}

// describe is the public side of a key.
func (k *signingKey) describe(current bool) ClientKey {
	d := ClientKey{ID: k.id(), Algorithm: k.algorithm(), Created: k.created, File: k.file, Current: current}
	if jwk, err := json.Marshal(k.publicJWK()); err == nil {
		d.JWK = string(jwk)
	}
	if k.certificate == nil {
		return d
	}
	d.Certificate = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: k.certificate}))
	d.ThumbprintSHA1 = fmt.Sprintf("%X", sha1.Sum(k.certificate)) //nolint:gosec // see the import
	d.ThumbprintSHA256 = fmt.Sprintf("%X", sha256.Sum256(k.certificate))
	if certificate, err := x509.ParseCertificate(k.certificate); err == nil {
		d.Expires = certificate.NotAfter
	}
	return d
}

// keyRecord is a key as the store keeps it.
type keyRecord struct {
	Private     []byte    `json:"private"` // PKCS #8
	Certificate []byte    `json:"certificate,omitempty"`
	Created     time.Time `json:"created"`
}

func (k *signingKey) record() (keyRecord, error) {
	private, err := x509.MarshalPKCS8PrivateKey(k.private)
	return keyRecord{Private: private, Certificate: k.certificate, Created: k.created}, err
}

func (r keyRecord) key() (*signingKey, error) {
	private, err := x509.ParsePKCS8PrivateKey(r.Private)
	if err != nil {
		return nil, err
	}
	signer, err := usableKey(private)
	if err != nil {
		return nil, err
	}
	return &signingKey{private: signer, certificate: r.Certificate, created: r.Created}, nil
}

// usableKey takes the keys for the two algorithms.
func usableKey(private any) (crypto.Signer, error) {
	switch k := private.(type) {
	case *rsa.PrivateKey:
		if bits := k.N.BitLen(); bits < rsaBits {
			// RFC 7518, section 3.3.
			return nil, fmt.Errorf("the RSA key has %d bits; it needs %d or more", bits, rsaBits)
		}
		return k, nil
	case *ecdsa.PrivateKey:
		if k.Curve != elliptic.P256() {
			return nil, fmt.Errorf("the key lies on the curve %s; only P-256 is taken", k.Curve.Params().Name)
		}
		return k, nil
	}
	return nil, fmt.Errorf("the key is a %T; only RSA and P-256 keys are taken", private)
}

// readKeyFile reads a private key, and its certificate if there is one, from a
// PEM file: PKCS #8, PKCS #1 or SEC 1.
func readKeyFile(path string, log *slog.Logger) (*signingKey, error) {
	if err := checkKeyPath(path); err != nil {
		return nil, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: is not a file", path)
	}
	if err := checkKeyFile(info, path, log); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxKeyFile+1))
	if err != nil {
		return nil, err
	}
	if len(content) > maxKeyFile {
		return nil, fmt.Errorf("%s: is larger than %d bytes, which no key is", path, maxKeyFile)
	}
	k, err := parseKeyFile(content)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	k.file = path
	return k, nil
}

// checkKeyPath keeps a description, perhaps from elsewhere, from having a file looked for
// on a server: Windows signs in there as the person, and the server's owner learns enough
// to guess their password by.
func checkKeyPath(path string) error {
	volume := filepath.ToSlash(filepath.VolumeName(path))
	switch {
	case strings.HasPrefix(volume, "/"), strings.HasPrefix(strings.ReplaceAll(path, `\`, "/"), "//"):
		return fmt.Errorf("%s: lies on a server, or is no file; a private key has to lie on this computer", path)
	case !filepath.IsAbs(path):
		return fmt.Errorf("%s: is not the whole path of a file on this computer", path)
	}
	return nil
}

func parseKeyFile(content []byte) (*signingKey, error) {
	k := &signingKey{}
	var certificates [][]byte
	for block, rest := pem.Decode(content); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			certificates = append(certificates, block.Bytes)
			continue
		}
		if !strings.HasSuffix(block.Type, "PRIVATE KEY") {
			continue // "EC PARAMETERS", and the rest tools write beside a key
		}
		if k.private != nil {
			return nil, errors.New("it has more than one private key")
		}
		private, err := parsePrivateKey(block)
		if err != nil {
			return nil, err
		}
		if k.private, err = usableKey(private); err != nil {
			return nil, err
		}
	}
	if k.private == nil {
		return nil, errors.New("it has no private key in PEM form (-----BEGIN PRIVATE KEY-----)")
	}
	k.certificate = certificateOf(k.private, certificates)
	if k.certificate == nil && len(certificates) > 0 {
		return nil, errors.New("none of its certificates belongs to its private key")
	}
	return k, nil
}

func parsePrivateKey(block *pem.Block) (any, error) {
	switch {
	case block.Type == "ENCRYPTED PRIVATE KEY", strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED"):
		return nil, errors.New("its private key is encrypted; nobody could enter the passphrase at every start: " +
			"give one without, readable by this user only, or let a key be made and kept in the key store")
	case block.Type == "PRIVATE KEY":
		return x509.ParsePKCS8PrivateKey(block.Bytes)
	case block.Type == "RSA PRIVATE KEY":
		return x509.ParsePKCS1PrivateKey(block.Bytes)
	case block.Type == "EC PRIVATE KEY":
		return x509.ParseECPrivateKey(block.Bytes)
	}
	return nil, fmt.Errorf("its private key has the form %q, which is not known", clean(block.Type))
}

// certificateOf finds the key's own certificate among those of a chain.
func certificateOf(private crypto.Signer, certificates [][]byte) []byte {
	public, comparable := private.Public().(interface{ Equal(crypto.PublicKey) bool })
	for _, der := range certificates {
		if certificate, err := x509.ParseCertificate(der); comparable && err == nil && public.Equal(certificate.PublicKey) {
			return der
		}
	}
	return nil
}
