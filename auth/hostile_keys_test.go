package auth_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"io"
	"math/big"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/portico-desktop/portico/auth/authtest"
)

// eachKey changes every published key.
func eachKey(change func(key map[string]any)) func(*hostile) []authtest.Fault {
	return faults(authtest.EachKey(change))
}

// recoded gives a member of every published key that has it another encoding of other bytes.
func recoded(name string, change func(value []byte) []byte, encoding *base64.Encoding) authtest.Fault {
	return authtest.EachKey(func(k map[string]any) {
		text, ok := k[name].(string)
		if !ok {
			return
		}
		value, err := base64.RawURLEncoding.DecodeString(text)
		if err != nil {
			panic(err)
		}
		k[name] = encoding.EncodeToString(change(value))
	})
}

func same(value []byte) []byte { return value }

func withSign(value []byte) []byte { return append([]byte{0}, value...) }

// signedBy adds faults to those of a provider that signs with an algorithm.
func signedBy(alg jose.SignatureAlgorithm, more ...authtest.Fault) func(*hostile) []authtest.Fault {
	return faults(append(authtest.SignedBy(alg), more...)...)
}

// announced changes the algorithms that the metadata announce.
func announced(algs ...string) authtest.Fault {
	return authtest.Metadata(func(m map[string]any) { m["id_token_signing_alg_values_supported"] = algs })
}

// beside publishes more keys beside the honest one.
func beside(keys ...map[string]any) authtest.Fault {
	return authtest.KeySet(func(set map[string]any) {
		for _, k := range keys {
			set["keys"] = append(set["keys"].([]any), k)
		}
	})
}

// another is a key of somebody's that has not signed anything here.
func another(members map[string]any) map[string]any {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	point, err := private.PublicKey.Bytes()
	if err != nil {
		panic(err)
	}
	key := map[string]any{
		"kty": "EC", "crv": "P-256", "use": "sig",
		"x": base64.RawURLEncoding.EncodeToString(point[1:33]), "y": base64.RawURLEncoding.EncodeToString(point[33:]),
	}
	for name, value := range members {
		key[name] = value
	}
	return key
}

// negative is a certificate whose serial number is negative, which crypto/x509 does not read.
func negative(t *testing.T) string {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{SerialNumber: big.NewInt(0x55)}, &x509.Certificate{}, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	der = bytes.Replace(der, []byte{2, 1, 0x55}, []byte{2, 1, 0xd5}, 1)
	if _, err := x509.ParseCertificate(der); err == nil || !strings.Contains(err.Error(), "negative serial") {
		t.Fatalf("the certificate is not the one that is meant: %v", err)
	}
	return base64.StdEncoding.EncodeToString(der)
}

// oddKeys are honest key sets that no standard describes. All of them have to serve.
func oddKeys() []hostileCase {
	withoutKid := func(k map[string]any) { delete(k, "kid") }
	encryption := map[string]any{"kty": "RSA", "use": "enc", "kid": "enc-1", "n": "AQAB", "e": "AQAB"}
	cases := []hostileCase{
		{name: "x5c with a negative serial number", attack: func(h *hostile) []authtest.Fault {
			return eachKey(func(k map[string]any) { k["x5c"] = []string{negative(h.t.(*testing.T))} })(h)
		}},
		{name: "x5c of another type", attack: eachKey(func(k map[string]any) { k["x5c"] = "MIIB" })},
		{name: "x5c and x5t that are no base64", attack: eachKey(func(k map[string]any) {
			k["x5c"], k["x5t"], k["x5t#S256"] = []string{"-----BEGIN CERTIFICATE-----"}, "%%", 7
		})},
		{name: "x5u that is no address", attack: eachKey(func(k map[string]any) { k["x5u"] = "::" })},
		{name: "thumbprints of nothing", attack: eachKey(func(k map[string]any) { k["x5t"], k["x5t#S256"] = "", []any{} })},
		{name: "members that nobody knows", attack: eachKey(func(k map[string]any) { k["crv"], k["x"], k["exp"], k["revoked"] = 1, 2, "never", map[string]any{} })},
		{name: "members that are null", attack: eachKey(func(k map[string]any) { k["d"], k["k"], k["x5c"], k["key_ops"] = nil, nil, nil, nil })},
		{name: "n in lines, with padding", attack: eachKey(func(k map[string]any) {
			n := k["n"].(string)
			k["n"] = " " + n[:64] + "\r\n" + n[64:] + "==\n"
		})},
		{name: "n with padding", attack: faults(recoded("n", same, base64.URLEncoding))},
		{name: "n in plain base64", attack: faults(recoded("n", same, base64.StdEncoding))},
		{name: "n with a sign in front", attack: faults(recoded("n", withSign, base64.RawURLEncoding))},
		{name: "e with zeros in front", attack: faults(recoded("e", withSign, base64.URLEncoding))},
		{name: "x and y with a sign in front, padded", attack: signedBy(jose.ES384, recoded("x", withSign, base64.URLEncoding), recoded("y", withSign, base64.StdEncoding))},
		{name: "Ed25519 with padding", attack: signedBy(jose.EdDSA, recoded("x", same, base64.URLEncoding))},
		{name: "one key, without kid", attack: eachKey(withoutKid)},
		{name: "one key, with an empty kid", attack: eachKey(func(k map[string]any) { k["kid"] = "" })},
		{name: "one key, whose kid is a number", attack: eachKey(func(k map[string]any) { k["kid"] = 1 })},
		{name: "one key without kid, beside one for encryption", attack: faults(authtest.EachKey(withoutKid), beside(encryption))},
		{name: "one key without kid, beside one of another kind with its own", attack: faults(authtest.EachKey(withoutKid), beside(another(map[string]any{"kid": "ec-1"})))},
		{name: "key without alg and use", attack: eachKey(func(k map[string]any) { delete(k, "alg"); delete(k, "use") })},
		{name: "key for signing and checking", attack: eachKey(func(k map[string]any) { k["key_ops"] = []string{"sign", "verify"} })},
		{name: "two keys under one kid", attack: faults(beside(another(map[string]any{"kid": "key-1"})))},
		{name: "keys after a byte order mark", attack: func(h *hostile) []authtest.Fault {
			return []authtest.Fault{authtest.Body(authtest.Keys, "application/json", "\ufeff"+h.published(authtest.Keys))}
		}},
		{name: "EdDSA is announced, and Ed25519 is in the token", attack: signedBy(authtest.Ed25519, announced("RS256", "EdDSA"))},
		{name: "Ed25519 is announced, and EdDSA is in the token", attack: signedBy(jose.EdDSA, announced("Ed25519"))},
		{name: "Ed25519 in the token, and the key is for EdDSA", attack: signedBy(authtest.Ed25519, authtest.EachKey(func(k map[string]any) {
			if k["kty"] == "OKP" {
				k["alg"] = "EdDSA"
			}
		}))},
		{name: "HS256 is announced beside RS256", attack: faults(announced("HS256", "RS256", "none"))},
	}
	for i := range cases {
		cases[i].name = "odd keys: " + cases[i].name
	}
	return cases
}

// hostileOddKeys are the neighbours of what oddKeys lets pass.
func hostileOddKeys() []hostileCase {
	set := func(name string, value any) func(*hostile) []authtest.Fault {
		return eachKey(func(k map[string]any) { k[name] = value })
	}
	of := func(alg jose.SignatureAlgorithm, name string, value any) func(*hostile) []authtest.Fault {
		return signedBy(alg, authtest.EachKey(func(k map[string]any) {
			if k["kid"] == "key-"+string(alg) {
				k[name] = value
			}
		}))
	}
	withoutKid := authtest.EachKey(func(k map[string]any) { delete(k, "kid") })
	zeros := base64.RawURLEncoding.EncodeToString(make([]byte, 32))
	header := func(alg string) authtest.Fault {
		return authtest.TokenHeader(func(h map[string]any) { h["alg"] = alg })
	}
	tests := []struct {
		name   string
		attack func(*hostile) []authtest.Fault
		want   verdict
	}{
		{"two keys without kid", func(h *hostile) []authtest.Fault {
			h.provider.Rotate()
			return []authtest.Fault{withoutKid}
		}, nil},
		{"two keys without kid, of two kinds", faults(withoutKid, beside(another(nil))), nil},
		{"two keys whose kids are numbers", func(h *hostile) []authtest.Fault {
			h.provider.Rotate()
			return set("kid", 1)(h)
		}, nil},
		{"one key without kid, and another with one", func(h *hostile) []authtest.Fault {
			h.provider.Rotate()
			return []authtest.Fault{
				authtest.EachKey(func(k map[string]any) {
					if k["kid"] == "key-2" {
						delete(k, "kid")
					}
				}),
			}
		}, nil},
		{"the key has another kid, beside one without, of another kind", faults(beside(another(nil)), authtest.TokenHeader(func(h map[string]any) { h["kid"] = "key-9" })), nil},
		{"one key without kid, beside the one that is named and may not sign", faults(withoutKid, beside(another(map[string]any{"kid": "key-1", "use": "enc"}))), nil},
		{"one key without kid, which has not signed", faults(withoutKid, authtest.ForgedKey()), nil},
		{"the key is in x5c alone", eachKey(func(k map[string]any) {
			delete(k, "n")
			k["x5c"] = []string{"MIIB"}
		}), nil},
		{"kid in other letters", set("kid", "KEY-1"), nil},
		{"kty in other letters", set("kty", "rsa"), nil},
		{"no kty", eachKey(func(k map[string]any) { delete(k, "kty") }), nil},
		{"n is a number", set("n", 3), nil},
		{"n is even", faults(recoded("n", func(n []byte) []byte { return append(n, 0) }, base64.RawURLEncoding)), nil},
		{"n of 16,384 bits", faults(recoded("n", func(n []byte) []byte { return append(bytes.Repeat([]byte{1}, 2048-len(n)), n...) }, base64.RawURLEncoding)), nil},
		{"n in two letters that are in no base64", eachKey(func(k map[string]any) { k["n"] = "!" + k["n"].(string)[1:] }), nil},
		{"padding within n", eachKey(func(k map[string]any) { k["n"] = "A=" + k["n"].(string) }), nil},
		{"e is 1", set("e", "AQ"), nil},
		{"e is even", set("e", "AQAA"), nil},
		{"e beyond all numbers", set("e", strings.Repeat("AQAB", 10)), nil},
		{"e is nothing", set("e", ""), nil},
		{"use is a list", set("use", []string{"sig"}), nil},
		{"use is a number", set("use", 1), nil},
		{"use in other letters", set("use", "SIG"), nil},
		{"key_ops is a text", set("key_ops", "verify"), nil},
		{"key_ops holds something else than texts", set("key_ops", []any{"verify", 1}), nil},
		{"key_ops is empty", set("key_ops", []string{}), nil},
		{"key_ops for signing alone", set("key_ops", []string{"sign"}), nil},
		{"alg is a list", set("alg", []string{"RS256"}), nil},
		{"alg for encryption", set("alg", "RSA-OAEP"), nil},
		{"its secret half beside it", set("d", "AQAB"), nil},
		{"a secret prime beside it", set("p", 7), nil},
		{"a shared secret beside it", set("k", "AQAB"), nil},
		{"n twice", func(h *hostile) []authtest.Fault {
			text := strings.Replace(h.published(authtest.Keys), `"n":`, `"n":"AQAB","n":`, 1)
			return []authtest.Fault{authtest.Body(authtest.Keys, "application/json", text)}
		}, nil},
		{"point beside the curve", of(jose.ES256, "x", zeros), nil},
		{"no point", eachKeyOf("EC", func(k map[string]any) { k["x"], k["y"] = zeros, zeros }, jose.ES256), nil},
		{"point of another curve", of(jose.ES256, "crv", "P-384"), nil},
		{"curve that nobody knows", of(jose.ES256, "crv", "secp256k1"), nil},
		{"x too long for the curve", eachKeyOf("EC", func(k map[string]any) { k["x"] = "AQAB" + k["x"].(string) }, jose.ES256), nil},
		{"Ed25519 of 31 bytes", of(jose.EdDSA, "x", base64.RawURLEncoding.EncodeToString(make([]byte, 31))), nil},
		{"Ed25519 that many signatures fit", of(jose.EdDSA, "x", zeros), nil},
		{"Ed448", of(jose.EdDSA, "crv", "Ed448"), nil},
		{"the key is for Ed448", of(authtest.Ed25519, "alg", "Ed448"), nil},
		{"the key is for another algorithm of its kind", of(jose.PS256, "alg", "RS256"), nil},
		{"Ed25519 by an RSA key", faults(announced("RS256", "Ed25519"), header("Ed25519"), authtest.Claim("at_hash", nil)), nil},
		{"ES256 by an RSA key", faults(announced("RS256", "ES256"), header("ES256")), nil},
		{"Ed25519, which is not announced", signedBy(authtest.Ed25519, announced("RS256")), trust("alg")},
		{"Ed25519 in other letters", faults(announced("RS256", "Ed25519"), header("ed25519")), trust("alg")},
		{"none, and it is announced", faults(announced("RS256", "none"), authtest.AlgNone()), trust("alg")},
		{"None, and it is announced", faults(announced("RS256", "None"), authtest.Unsigned("None")), trust("alg")},
		{"an empty alg, and it is announced", faults(announced("RS256", ""), header("")), trust("alg")},
		{"HS256 with the public key, and it is announced", faults(announced("RS256", "HS256"), authtest.HMACWithPublicKey()), misconfigured("id_token_signing_alg_values_supported")},
		{"HS512, and it is announced with something that nobody knows", faults(announced("HS512", "ES256K")), misconfigured("id_token_signing_alg_values_supported")},
	}
	var cases []hostileCase
	for _, test := range tests {
		if test.want == nil {
			test.want = trust("signature")
		}
		cases = append(cases, hostileCase{name: "odd keys: " + test.name, attack: test.attack, want: test.want})
	}
	return cases
}

// eachKeyOf changes the published keys of a kind, at a provider that signs with an algorithm.
func eachKeyOf(kty string, change func(key map[string]any), alg jose.SignatureAlgorithm) func(*hostile) []authtest.Fault {
	return signedBy(alg, authtest.EachKey(func(k map[string]any) {
		if k["kty"] == kty {
			change(k)
		}
	}))
}

// published is a document as the provider publishes it.
func (h *hostile) published(e authtest.Endpoint) string {
	h.t.Helper()
	resp, err := h.provider.Client().Get(h.provider.Endpoint(e))
	if err != nil {
		h.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return string(text)
}
