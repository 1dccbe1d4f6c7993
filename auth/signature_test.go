package auth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/asn1"
	"encoding/base64"
	"math/big"
	"slices"
	"testing"
)

// Each algorithm takes the one signature that its standard describes.
func TestSignatureHasToBeInTheFormOfItsAlgorithm(t *testing.T) {
	t.Parallel()
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	curves := map[string]*ecdsa.PrivateKey{}
	for alg, curve := range map[string]elliptic.Curve{"ES256": elliptic.P256(), "ES384": elliptic.P384(), "ES512": elliptic.P521()} {
		if curves[alg], err = ecdsa.GenerateKey(curve, rand.Reader); err != nil {
			t.Fatal(err)
		}
	}
	edPublic, edPrivate, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	digest := func(hash crypto.Hash, input []byte) []byte {
		h := hash.New()
		h.Write(input)
		return h.Sum(nil)
	}
	pkcs1 := func(hash crypto.Hash) func([]byte) []byte {
		return func(input []byte) []byte {
			s, err := rsa.SignPKCS1v15(rand.Reader, rsaKey, hash, digest(hash, input))
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
	}
	pss := func(hash crypto.Hash, salt int) func([]byte) []byte {
		return func(input []byte) []byte {
			s, err := rsa.SignPSS(rand.Reader, rsaKey, hash, digest(hash, input), &rsa.PSSOptions{SaltLength: salt})
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
	}
	// ec signs with the key of an algorithm, over a hash, in a form.
	ec := func(alg string, hash crypto.Hash, form func(r, s *big.Int, size int) []byte) func([]byte) []byte {
		return func(input []byte) []byte {
			key := curves[alg]
			r, s, err := ecdsa.Sign(rand.Reader, key, digest(hash, input))
			if err != nil {
				t.Fatal(err)
			}
			return form(r, s, (key.Params().BitSize+7)/8)
		}
	}
	plain := func(r, s *big.Int, size int) []byte {
		return slices.Concat(r.FillBytes(make([]byte, size)), s.FillBytes(make([]byte, size)))
	}
	der := func(r, s *big.Int, _ int) []byte {
		text, err := asn1.Marshal(struct{ R, S *big.Int }{r, s})
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	padded := func(by int) func(r, s *big.Int, size int) []byte {
		return func(r, s *big.Int, size int) []byte { return plain(r, s, size+by) }
	}
	cut := func(sign func([]byte) []byte) func([]byte) []byte {
		return func(input []byte) []byte { s := sign(input); return s[:len(s)-1] }
	}
	longer := func(sign func([]byte) []byte) func([]byte) []byte {
		return func(input []byte) []byte { return append(sign(input), 0) }
	}
	nothing := func([]byte) []byte { return nil }
	edwards := func(input []byte) []byte { return ed25519.Sign(edPrivate, input) }
	rsaPublic, p256, p384, p521 := &rsaKey.PublicKey, &curves["ES256"].PublicKey, &curves["ES384"].PublicKey, &curves["ES512"].PublicKey

	for _, test := range []struct {
		name, alg string
		key       crypto.PublicKey
		sign      func([]byte) []byte
		good      bool
	}{
		{"RS256", "RS256", rsaPublic, pkcs1(crypto.SHA256), true},
		{"RS384", "RS384", rsaPublic, pkcs1(crypto.SHA384), true},
		{"RS512", "RS512", rsaPublic, pkcs1(crypto.SHA512), true},
		{"PS256", "PS256", rsaPublic, pss(crypto.SHA256, rsa.PSSSaltLengthEqualsHash), true},
		{"PS384", "PS384", rsaPublic, pss(crypto.SHA384, rsa.PSSSaltLengthEqualsHash), true},
		{"PS512", "PS512", rsaPublic, pss(crypto.SHA512, rsa.PSSSaltLengthEqualsHash), true},
		{"PS256 with as much salt as there is room for", "PS256", rsaPublic, pss(crypto.SHA256, rsa.PSSSaltLengthAuto), true},
		{"ES256", "ES256", p256, ec("ES256", crypto.SHA256, plain), true},
		{"ES384", "ES384", p384, ec("ES384", crypto.SHA384, plain), true},
		{"ES512", "ES512", p521, ec("ES512", crypto.SHA512, plain), true},
		{"EdDSA", "EdDSA", edPublic, edwards, true},
		{"Ed25519", "Ed25519", edPublic, edwards, true},

		{"RS256 over another hash", "RS256", rsaPublic, pkcs1(crypto.SHA512), false},
		{"RS512 over another hash", "RS512", rsaPublic, pkcs1(crypto.SHA256), false},
		{"PSS under RS256", "RS256", rsaPublic, pss(crypto.SHA256, 32), false},
		{"PKCS #1 under PS256", "PS256", rsaPublic, pkcs1(crypto.SHA256), false},
		{"PS256 over another hash", "PS256", rsaPublic, pss(crypto.SHA512, 32), false},
		{"PS512 over another hash", "PS512", rsaPublic, pss(crypto.SHA256, 64), false},
		{"RS256 cut off", "RS256", rsaPublic, cut(pkcs1(crypto.SHA256)), false},
		{"RS256 with more behind", "RS256", rsaPublic, longer(pkcs1(crypto.SHA256)), false},
		{"RS256 without a signature", "RS256", rsaPublic, nothing, false},
		{"PS256 without a signature", "PS256", rsaPublic, nothing, false},
		{"RS256 by a key of ES256", "RS256", p256, pkcs1(crypto.SHA256), false},
		{"ES256 by a key of RS256", "ES256", rsaPublic, pkcs1(crypto.SHA256), false},
		{"ES256 in DER", "ES256", p256, ec("ES256", crypto.SHA256, der), false},
		{"ES256, r and s too long", "ES256", p256, ec("ES256", crypto.SHA256, padded(1)), false},
		{"ES256 in the length of ES512", "ES256", p256, ec("ES256", crypto.SHA256, padded(34)), false},
		{"ES256 cut off", "ES256", p256, cut(ec("ES256", crypto.SHA256, plain)), false},
		{"ES256 with more behind", "ES256", p256, longer(ec("ES256", crypto.SHA256, plain)), false},
		{"ES256 of zeros", "ES256", p256, func([]byte) []byte { return make([]byte, 64) }, false},
		{"ES256 without a signature", "ES256", p256, nothing, false},
		{"ES256 over another hash", "ES256", p256, ec("ES256", crypto.SHA512, plain), false},
		{"ES256 by a key of ES384", "ES256", p384, ec("ES384", crypto.SHA256, plain), false},
		{"ES384 by a key of ES256", "ES384", p256, ec("ES256", crypto.SHA384, plain), false},
		{"ES512 by a key of ES384", "ES512", p384, ec("ES384", crypto.SHA512, plain), false},
		{"EdDSA cut off", "EdDSA", edPublic, cut(edwards), false},
		{"EdDSA without a signature", "EdDSA", edPublic, nothing, false},
		{"EdDSA under RS256", "RS256", edPublic, edwards, false},
		{"ES256 by a key of EdDSA", "ES256", edPublic, edwards, false},
		{"none", "none", rsaPublic, nothing, false},
		{"HS256", "HS256", rsaPublic, pkcs1(crypto.SHA256), false},
		{"an unknown algorithm of a known kind", "RS1", rsaPublic, pkcs1(crypto.SHA1), false},
		{"no algorithm", "", rsaPublic, pkcs1(crypto.SHA256), false},
	} {
		header := base64URL([]byte(`{"alg":"` + test.alg + `"}`))
		input := header + "." + base64URL([]byte(`{}`))
		token, err := parseSigned(input + "." + base64.RawURLEncoding.EncodeToString(test.sign([]byte(input))))
		if err != nil {
			t.Fatal(err)
		}
		if got := token.isSignedBy(PublishedKey{public: test.key}); got != test.good {
			t.Errorf("%s: good = %v", test.name, got)
		}
		token.input += "A"
		if token.isSignedBy(PublishedKey{public: test.key}) {
			t.Errorf("%s: good for another payload", test.name)
		}
	}
}
