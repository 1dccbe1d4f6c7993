package auth

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
)

// testRSA is made once: it takes long enough to be felt.
var testRSA = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, minRSABits)
	if err != nil {
		panic(err)
	}
	return key
})

// Whoever set the provider up reads why a key of theirs is not used.
func TestKeysSayWhyTheyAreNotUsed(t *testing.T) {
	n := base64URL(testRSA().N.Bytes())
	rsaKey := map[string]any{"kty": "RSA", "kid": "a", "n": n, "e": "AQAB"}
	public, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	edKey := map[string]any{"kty": "OKP", "crv": "Ed25519", "x": base64URL(public)}
	ecKey := ecMembers(t, func([]byte) bool { return true })
	tests := map[string]struct {
		of       map[string]any
		change   map[string]any
		kind     string
		unusable string // "" is used
	}{
		"RSA":                   {rsaKey, nil, "RSA of 2048 bits", ""},
		"Ed25519":               {edKey, map[string]any{"alg": "Ed25519"}, "Ed25519", ""},
		"EC":                    {ecKey, map[string]any{"alg": "ES256"}, "EC P-256", ""},
		"for encryption":        {rsaKey, map[string]any{"use": "enc"}, "RSA", "it is for encryption (use=enc)"},
		"for something else":    {rsaKey, map[string]any{"use": "tls"}, "RSA", "use=tls"},
		"use is no text":        {rsaKey, map[string]any{"use": 1}, "RSA", "use) is no text"},
		"other operations":      {rsaKey, map[string]any{"key_ops": []string{"encrypt"}}, "RSA", "key_ops=encrypt"},
		"key_ops is a text":     {rsaKey, map[string]any{"key_ops": "verify"}, "RSA", "no list"},
		"alg is no text":        {rsaKey, map[string]any{"alg": 1}, "RSA", "alg) is no text"},
		"another algorithm":     {rsaKey, map[string]any{"alg": "RSA-OAEP"}, "RSA of 2048 bits", `"RSA-OAEP" alone`},
		"of another kind":       {rsaKey, map[string]any{"alg": "ES256"}, "RSA of 2048 bits", `"ES256" alone`},
		"secret half":           {rsaKey, map[string]any{"d": "AQAB"}, "RSA", "secret half"},
		"shared secret":         {map[string]any{"kty": "oct", "k": "AQAB"}, nil, "oct", "secret half"},
		"weak":                  {rsaKey, map[string]any{"n": n[:len(n)/2]}, "RSA of 1024 bits", "it has 1024 bits"},
		"too large":             {rsaKey, map[string]any{"n": strings.Repeat(n[:len(n)/4*4], 5) + "AAAB"}, "RSA of ", "more than 8192"},
		"n is missing":          {rsaKey, map[string]any{"n": nil}, "RSA", "its n is missing"},
		"n is no base64":        {rsaKey, map[string]any{"n": "%"}, "RSA", "its n is not base64url"},
		"e is a number":         {rsaKey, map[string]any{"e": 65537}, "RSA", "its e is no text"},
		"e is even":             {rsaKey, map[string]any{"e": "AQAA"}, "RSA of 2048 bits", "exponent"},
		"n is even":             {rsaKey, map[string]any{"n": base64URL(append(testRSA().N.Bytes(), 0))}, "RSA of 2056 bits", "modulus (n) is even"},
		"e is 1":                {rsaKey, map[string]any{"e": "AQ"}, "RSA of 2048 bits", "exponent"},
		"not on the curve":      {ecKey, map[string]any{"x": base64URL([]byte{1})}, "EC P-256", "not on the curve"},
		"no y":                  {ecKey, map[string]any{"y": nil}, "EC P-256", "its y is missing"},
		"unknown curve":         {ecKey, map[string]any{"crv": "secp256k1"}, "EC secp256k1", "crv=secp256k1"},
		"Ed448":                 {edKey, map[string]any{"crv": "Ed448"}, "OKP Ed448", "crv=Ed448"},
		"Ed25519 without x":     {edKey, map[string]any{"x": nil}, "Ed25519", "its x is missing"},
		"Ed25519, low order":    {edKey, map[string]any{"x": base64URL(make([]byte, 32))}, "Ed25519", "many signatures fit"},
		"unknown kind":          {rsaKey, map[string]any{"kty": "AKP"}, "AKP", "kty=AKP"},
		"no kind":               {rsaKey, map[string]any{"kty": nil}, "", "kty="},
		"a kind that is a list": {rsaKey, map[string]any{"kty": []int{1}}, "", "kty="},
		"text of an attacker's": {rsaKey, map[string]any{"use": "a\u202eb\x1b[2J"}, "RSA", "use=a b [2J"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			members := maps.Clone(test.of)
			maps.Copy(members, test.change)
			raw, err := json.Marshal(members)
			if err != nil {
				t.Fatal(err)
			}
			k := parseKey(raw)
			if !strings.HasPrefix(k.Kind, test.kind) || test.kind == "" && k.Kind != "" {
				t.Errorf("it is called %q, want %q", k.Kind, test.kind)
			}
			if (k.Unusable == "") != (test.unusable == "") || !strings.Contains(k.Unusable, test.unusable) {
				t.Errorf("unusable: %q, want %q", k.Unusable, test.unusable)
			}
			mustBePlain(t, k.Unusable)
		})
	}
}

// A coordinate that begins with zeros is often published without them.
func TestShortCoordinatesAreTheSameKey(t *testing.T) {
	members := ecMembers(t, func(point []byte) bool { return point[1] == 0 || point[33] == 0 })
	whole, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	shortened := maps.Clone(members)
	for _, name := range []string{"x", "y"} {
		value, err := jwk{name: json.RawMessage(`"` + members[name].(string) + `"`)}.bytes(name)
		if err != nil {
			t.Fatal(err)
		}
		shortened[name] = base64URL(bytes.TrimLeft(value, "\x00"))
	}
	short, err := json.Marshal(shortened)
	if err != nil || bytes.Equal(short, whole) {
		t.Fatalf("nothing was shortened: %v", err)
	}
	a, b := parseKey(whole), parseKey(short)
	if a.Unusable != "" || b.Unusable != "" || !a.public.(*ecdsa.PublicKey).Equal(b.public) {
		t.Errorf("whole: %q, short: %q", a.Unusable, b.Unusable)
	}
}

// ecMembers is a key whose point fits.
func ecMembers(t *testing.T, fits func(point []byte) bool) map[string]any {
	t.Helper()
	for {
		private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		point, err := private.PublicKey.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		if fits(point) {
			return map[string]any{"kty": "EC", "crv": "P-256", "x": base64URL(point[1:33]), "y": base64URL(point[33:])}
		}
	}
}

func TestOddSetsAreReadKeyByKey(t *testing.T) {
	key := fmt.Sprintf(`{"kty":"RSA","kid":"a","n":%q,"e":"AQAB"}`, base64URL(testRSA().N.Bytes()))
	for body, want := range map[string]int{
		`{"keys":[` + key + `]}`:                               1,
		"\ufeff" + `{"keys":[null,7,"key",[],{},` + key + `]}`: 6,
		`{"keys":[` + key + `,` + key + `],"next":1}`:          2,
		`{}`:            0,
		`null`:          0,
		`{"keys":{}}`:   -1,
		`[` + key + `]`: -1,
		`{"keys":[{"kty":"RSA","kty":"RSA","x":"` + "\xff" + `"}]}`: 1,
		`{"keys":[` + strings.Replace(key, `"n"`, `"N"`, 1) + `]}`:  1,
	} {
		keys, err := parseKeySet([]byte(body))
		if (err != nil) != (want < 0) || err == nil && len(keys) != want {
			t.Errorf("%s: %d keys, %v", body, len(keys), err)
			continue
		}
		for _, k := range keys {
			if used := k.Unusable == ""; used != (k.ID == "a" && !strings.Contains(body, `"N"`)) {
				t.Errorf("%s: the key %q: %q", body, k.ID, k.Unusable)
			}
		}
	}
}

// What parses key sets reads what others wrote.
func FuzzKeySet(f *testing.F) {
	f.Add([]byte(`{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"},{"kty":"EC","crv":"P-521","x":"AA","y":"AA"},{"kty":"OKP","crv":"Ed25519","x":"AA=="}]}`))
	f.Add([]byte("\ufeff{\"keys\":[null]}"))
	f.Fuzz(func(t *testing.T, body []byte) {
		keys, err := parseKeySet(body)
		if err != nil && keys != nil {
			t.Error("keys of a set that is none")
		}
		for _, k := range keys {
			mustBePlain(t, k.Unusable)
			mustBePlain(t, k.Kind)
			if k.Unusable == "" && k.public == nil {
				t.Error("a key is used that there is none of")
			}
		}
	})
}
