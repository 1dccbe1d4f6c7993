package auth

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

// The sizes of an RSA key for signing. RFC 7518, section 3.3 demands the least; the most
// is what crypto/tls allows, too: larger ones would only cost time.
const (
	minRSABits = 2048
	maxRSABits = 8192
)

// PublishedKey is a key of a provider's set (RFC 7517), with its fitness for ID tokens.
// It is made of kty, n, e, crv, x, y, kid, alg, use, key_ops and Entra's issuer;
// certificates beside them (x5c, x5t, x5u) are never read.
type PublishedKey struct {
	// ID is kid, "" for a key without one or with anything but a text.
	ID string
	// Kind describes it, as in "RSA of 2048 bits", "EC P-256" or "Ed25519", as far as it
	// could be told.
	Kind string
	// Algorithm is the key's only one (alg), "" for any that fits it.
	Algorithm string
	// Unusable says why the key is passed over, as in "it is for encryption (use=enc)".
	// "" means it is used.
	Unusable string

	public crypto.PublicKey
	issuer string // Entra's
}

// signs reports if the key makes signatures with an algorithm.
func (k PublishedKey) signs(alg string) bool {
	if k.Algorithm != "" && !sameAlgorithm(k.Algorithm, alg) {
		return false
	}
	switch public := k.public.(type) {
	case *rsa.PublicKey:
		return strings.HasPrefix(alg, "RS") || strings.HasPrefix(alg, "PS")
	case *ecdsa.PublicKey:
		return alg == map[elliptic.Curve]string{elliptic.P256(): "ES256", elliptic.P384(): "ES384", elliptic.P521(): "ES512"}[public.Curve]
	case ed25519.PublicKey:
		return sameAlgorithm(alg, string(algEd25519))
	}
	return false
}

// parseKeySet reads a key set. One odd key spoils no other (RFC 7517, section 5).
func parseKeySet(body []byte) ([]PublishedKey, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(withoutBOM(body), &set); err != nil {
		return nil, errors.New("it is no set of keys")
	}
	keys := make([]PublishedKey, 0, len(set.Keys))
	for _, raw := range set.Keys {
		keys = append(keys, parseKey(raw))
	}
	return keys, nil
}

func parseKey(raw []byte) PublishedKey {
	var k PublishedKey
	var members jwk
	err := decodeStrict(raw, &members)
	switch {
	case !bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")):
		k.Unusable = "it is no JSON object"
		return k
	case err != nil:
		k.Unusable = "it cannot be read: " + err.Error()
		return k
	}
	k.ID, _ = members.text("kid")
	k.Algorithm, _ = members.text("alg")
	kty, _ := members.text("kty")
	k.Kind, k.issuer = clean(kty), members.issuer()
	err = members.maySign()
	if err == nil {
		k.public, k.Kind, err = members.publicKey()
	}
	if err == nil && !slices.ContainsFunc(signatureAlgorithms(), func(a jose.SignatureAlgorithm) bool { return k.signs(string(a)) }) {
		err = fmt.Errorf("it is for %q alone (alg), with which no ID token may be signed by such a key", clean(k.Algorithm))
	}
	if err != nil {
		k.Unusable = err.Error()
	}
	return k
}

// jwk are the members of a JSON Web Key. Members nothing asks for are never looked at,
// whatever they hold.
type jwk map[string]json.RawMessage

// has reports if a member is there; null is none.
func (j jwk) has(name string) bool { return len(j[name]) > 0 && string(j[name]) != "null" }

// text is a member's, "" if there is none. ok is false for anything but a text.
func (j jwk) text(name string) (value string, ok bool) {
	if !j.has(name) {
		return "", true
	}
	if json.Unmarshal(j[name], &value) != nil {
		return "", false
	}
	return value, true
}

// maySign says why a key may not sign ID tokens by its own word (RFC 7517, sections 4.2
// to 4.4). An unknown word forbids it, too.
func (j jwk) maySign() error {
	for _, private := range []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"} {
		if j.has(private) {
			return errors.New("its secret half is published, so that anybody can sign with it")
		}
	}
	use, ok := j.text("use")
	switch {
	case !ok:
		return errors.New("what it is for (use) is no text")
	case use == "enc":
		return errors.New("it is for encryption (use=enc)")
	case use != "" && use != "sig":
		return fmt.Errorf("it is for something else than signatures (use=%s)", clean(use))
	}
	if _, ok := j.text("alg"); !ok {
		return errors.New("its algorithm (alg) is no text")
	}
	var operations []string
	if j.has("key_ops") && json.Unmarshal(j["key_ops"], &operations) != nil {
		return errors.New("what it is for (key_ops) is no list of texts")
	}
	if j.has("key_ops") && !slices.Contains(operations, "verify") {
		return fmt.Errorf("it is not for checking signatures (key_ops=%s)", cleanList(operations))
	}
	return nil
}

// issuer is Entra's addition, "" if there is none.
func (j jwk) issuer() string {
	issuer, ok := j.text("issuer")
	if !ok {
		return "not a string" // it fits nobody
	}
	return issuer
}

// publicKey makes the key (RFC 7518, section 6; RFC 8037, section 2), and names its
// kind as far as it is known.
func (j jwk) publicKey() (key crypto.PublicKey, kind string, err error) {
	kty, _ := j.text("kty")
	crv, _ := j.text("crv")
	curves := map[string]elliptic.Curve{"P-256": elliptic.P256(), "P-384": elliptic.P384(), "P-521": elliptic.P521()}
	switch {
	case kty == "RSA":
		return j.rsaKey()
	case kty == "EC" && curves[crv] != nil:
		key, err = j.ecKey(curves[crv])
		return key, "EC " + crv, err
	case kty == "OKP" && crv == "Ed25519":
		key, err = j.edKey()
		return key, crv, err
	case kty == "EC" || kty == "OKP":
		return nil, clean(kty + " " + crv), fmt.Errorf("its curve is not known here (crv=%s)", clean(crv))
	}
	return nil, clean(kty), fmt.Errorf("its kind is not known here (kty=%s)", clean(kty))
}

func (j jwk) rsaKey() (crypto.PublicKey, string, error) {
	n, err := j.bytes("n")
	if err != nil {
		return nil, "RSA", err
	}
	e, err := j.bytes("e")
	if err != nil {
		return nil, "RSA", err
	}
	// Some publish the sign of a number as a byte in front; it changes nothing.
	modulus, exponent := new(big.Int).SetBytes(n), new(big.Int).SetBytes(e)
	kind := fmt.Sprintf("RSA of %d bits", modulus.BitLen())
	switch {
	case modulus.BitLen() < minRSABits:
		return nil, kind, fmt.Errorf("it has %d bits, and less than %d are not safe", modulus.BitLen(), minRSABits)
	case modulus.BitLen() > maxRSABits:
		return nil, kind, fmt.Errorf("it has %d bits, and more than %d are not taken", modulus.BitLen(), maxRSABits)
	case modulus.Bit(0) == 0:
		return nil, kind, errors.New("its modulus (n) is even")
	case exponent.BitLen() < 2 || exponent.BitLen() > 31 || exponent.Bit(0) == 0:
		return nil, kind, errors.New("its exponent (e) is even, 1 or too large")
	}
	return &rsa.PublicKey{N: modulus, E: int(exponent.Int64())}, kind, nil
}

func (j jwk) ecKey(curve elliptic.Curve) (crypto.PublicKey, error) {
	size := (curve.Params().BitSize + 7) / 8
	point := []byte{4} // uncompressed (SEC 1, section 2.3.3)
	for _, name := range []string{"x", "y"} {
		coordinate, err := j.bytes(name)
		if err != nil {
			return nil, err
		}
		// Without the zeros in front wanted by RFC 7518, section 6.2.1.2, or with one
		// more for the sign, numbers are still the same.
		number := new(big.Int).SetBytes(coordinate)
		if number.BitLen() > 8*size {
			return nil, fmt.Errorf("its %s is too long for the curve", name)
		}
		point = append(point, number.FillBytes(make([]byte, size))...)
	}
	key, err := ecdsa.ParseUncompressedPublicKey(curve, point)
	if err != nil {
		return nil, errors.New("its point (x, y) is not on the curve")
	}
	return key, nil
}

func (j jwk) edKey() (crypto.PublicKey, error) {
	x, err := j.bytes("x")
	if err != nil {
		return nil, err
	}
	key := ed25519.PublicKey(x)
	// go-jose finds a wrong length, and the few points fit by many signatures.
	if _, err := (&jose.JSONWebKey{Key: key}).MarshalJSON(); err != nil {
		return nil, errors.New("its point (x) has a wrong length, or is one that many signatures fit")
	}
	return key, nil
}

// bytes is a member in base64url. Padding, blanks and line breaks (RFC 2045, section
// 6.8), and the two letters of plain base64, leave no doubt about the value (RFC 4648,
// sections 4 and 5).
func (j jwk) bytes(name string) ([]byte, error) {
	text, ok := j.text(name)
	if !ok {
		return nil, fmt.Errorf("its %s is no text", name)
	}
	text = strings.NewReplacer("+", "-", "/", "_").Replace(strings.TrimRight(strings.Join(strings.Fields(text), ""), "="))
	value, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("its %s is not base64url", name)
	}
	if len(value) == 0 {
		return nil, fmt.Errorf("its %s is missing", name)
	}
	return value, nil
}
