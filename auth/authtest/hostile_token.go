package authtest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"maps"
	"strings"
	"sync"

	"github.com/go-jose/go-jose/v4"
)

// weakKey has 1024 bits. RFC 7518, section 3.3 forbids that.
var weakKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 1024) //nolint:gosec // it is weak so that somebody refuses it
	if err != nil {
		panic(err)
	}
	return key
})

// signature makes the third part of a token from the first two.
type signature func(input []byte) []byte

func rs256(key *rsa.PrivateKey) signature {
	return func(input []byte) []byte {
		sum := sha256.Sum256(input)
		s, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
		if err != nil {
			panic(err) // a key of ours always signs
		}
		return s
	}
}

func hs256(secret []byte) signature {
	return func(input []byte) []byte {
		m := hmac.New(sha256.New, secret)
		m.Write(input)
		return m.Sum(nil)
	}
}

func unsigned([]byte) []byte { return nil }

// forge makes a compact token of any header and payload. No library would.
func forge(header map[string]any, payload []byte, sign signature) string {
	h, err := json.Marshal(header)
	if err != nil {
		panic(err)
	}
	return forgeRaw(h, payload, sign)
}

func forgeRaw(header, payload []byte, sign signature) string {
	input := base64.RawURLEncoding.EncodeToString(header) + "." + base64.RawURLEncoding.EncodeToString(payload)
	return input + "." + base64.RawURLEncoding.EncodeToString(sign([]byte(input)))
}

// forged is a fault with ID tokens made by hand: make gets an honest token's header, its payload
// and the published key.
func forged(make func(header map[string]any, payload []byte, key *rsa.PrivateKey) string) Fault {
	return signedBy(func(p *Provider, claims map[string]any) (string, error) {
		payload, err := json.Marshal(claims)
		if err != nil {
			return "", err
		}
		key := p.signer()
		return make(map[string]any{"alg": "RS256", "typ": "JWT", "kid": key.id}, payload, key.private), nil
	})
}

// HMACWithJWK signs ID tokens as HS256, with the published JWK's own text for a secret.
func HMACWithJWK() Fault {
	return hmacWith(func(key *rsa.PrivateKey) []byte {
		text, err := jose.JSONWebKey{Key: key.Public(), KeyID: "key-1", Use: "sig", Algorithm: string(jose.RS256)}.MarshalJSON()
		if err != nil {
			panic(err)
		}
		return text
	})
}

// HMACWithModulus signs ID tokens as HS256, with the public key's modulus for a secret.
func HMACWithModulus() Fault {
	return hmacWith(func(key *rsa.PrivateKey) []byte { return key.N.Bytes() })
}

// HMACWithDER signs ID tokens as HS256, with the public key's DER form for a secret.
func HMACWithDER() Fault {
	return hmacWith(func(key *rsa.PrivateKey) []byte {
		der, err := x509.MarshalPKIXPublicKey(key.Public())
		if err != nil {
			panic(err)
		}
		return der
	})
}

// HMACWithSecret signs ID tokens as HS256 with a client secret, as OpenID Connect Core 1.0, section
// 10.1 describes for clients with one.
func HMACWithSecret(secret string) Fault {
	return hmacWith(func(*rsa.PrivateKey) []byte { return []byte(secret) })
}

func hmacWith(secret func(*rsa.PrivateKey) []byte) Fault {
	return forged(func(header map[string]any, payload []byte, key *rsa.PrivateKey) string {
		header["alg"] = "HS256"
		return forge(header, payload, hs256(secret(key)))
	})
}

// Unsigned sends ID tokens without a signature, under any name of an algorithm.
func Unsigned(alg string) Fault {
	return forged(func(header map[string]any, payload []byte, _ *rsa.PrivateKey) string {
		header["alg"] = alg
		return forge(header, payload, unsigned)
	})
}

// SignedAs signs ID tokens with the published key and another algorithm, such as PS256.
func SignedAs(alg jose.SignatureAlgorithm) Fault {
	return signedBy(func(p *Provider, claims map[string]any) (string, error) {
		return sign(alg, p.signer().id, p.signer().private, claims)
	})
}

// TokenHeader changes the JOSE header of ID tokens before they are signed with the published key.
func TokenHeader(change func(header map[string]any)) Fault {
	return forged(func(header map[string]any, payload []byte, key *rsa.PrivateKey) string {
		change(header)
		return forge(header, payload, rs256(key))
	})
}

// RawTokenHeader gives ID tokens exactly this text for a header, signed with the published key.
func RawTokenHeader(header string) Fault {
	return forged(func(_ map[string]any, payload []byte, key *rsa.PrivateKey) string {
		return forgeRaw([]byte(header), payload, rs256(key))
	})
}

// TokenPayload changes the text of the claims before it is signed with the published key.
func TokenPayload(change func(payload string) string) Fault {
	return forged(func(header map[string]any, payload []byte, key *rsa.PrivateKey) string {
		return forge(header, []byte(change(string(payload))), rs256(key))
	})
}

// DuplicateClaim adds a claim once more, in front and with another value. A reader that takes the
// last of them does not notice, one that takes the first is deceived, or the other way round.
func DuplicateClaim(name, value string, first bool) Fault {
	return TokenPayload(func(payload string) string {
		n, _ := json.Marshal(name)
		v, _ := json.Marshal(value)
		member := string(n) + ":" + string(v)
		if first {
			return "{" + member + "," + payload[1:]
		}
		return strings.TrimSuffix(payload, "}") + "," + member + "}"
	})
}

// AttackerToken signs ID tokens with a key of the attacker's, and names its place in the header:
// jku, x5u, or with [EmbeddedKey] the key itself (RFC 8725, section 3.10).
func AttackerToken(further map[string]any) Fault {
	return forged(func(header map[string]any, payload []byte, _ *rsa.PrivateKey) string {
		maps.Copy(header, further)
		return forge(header, payload, rs256(foreignKey()))
	})
}

// EmbeddedKey is a header with the attacker's public key in it, for [AttackerToken].
func EmbeddedKey() map[string]any {
	return map[string]any{"jwk": jose.JSONWebKey{Key: foreignKey().Public(), KeyID: "key-1", Algorithm: string(jose.RS256)}}
}

// EncryptedIDToken sends ID tokens as JWEs of five parts.
func EncryptedIDToken() Fault {
	return signedBy(func(p *Provider, claims map[string]any) (string, error) {
		encrypter, err := jose.NewEncrypter(jose.A256GCM, jose.Recipient{Algorithm: jose.RSA_OAEP_256, Key: foreignKey().Public()}, nil)
		if err != nil {
			return "", err
		}
		payload, err := json.Marshal(claims)
		if err != nil {
			return "", err
		}
		jwe, err := encrypter.Encrypt(payload)
		if err != nil {
			return "", err
		}
		return jwe.CompactSerialize()
	})
}

// NestedIDToken signs ID tokens twice, one within the other (RFC 7519, section 5.2).
func NestedIDToken() Fault {
	return forged(func(header map[string]any, payload []byte, key *rsa.PrivateKey) string {
		inner := forge(header, payload, rs256(key))
		header["cty"] = "JWT"
		return forge(header, []byte(inner), rs256(key))
	})
}

// ForeignSignature leaves ID tokens with the signature of another one of the same provider.
func ForeignSignature() Fault {
	return forged(func(header map[string]any, payload []byte, key *rsa.PrivateKey) string {
		return forge(header, payload, func([]byte) []byte { return rs256(key)([]byte("another token")) })
	})
}

// WeakKey publishes a key of 1024 bits beside the others and signs ID tokens with it.
func WeakKey() []Fault {
	return []Fault{
		KeySet(func(set map[string]any) {
			set["keys"] = append(set["keys"].([]any), members(jose.JSONWebKey{Key: weakKey().Public(), KeyID: "key-weak", Use: "sig"}))
		}),
		forged(func(header map[string]any, payload []byte, _ *rsa.PrivateKey) string {
			header["kid"] = "key-weak"
			return forge(header, payload, rs256(weakKey()))
		}),
	}
}

// PublishedSecret publishes a symmetric key and signs ID tokens with it as HS256. The
// provider announces that this is how it is done.
func PublishedSecret() []Fault {
	secret := []byte("a secret that everybody can read")
	return []Fault{
		Metadata(func(m map[string]any) { m["id_token_signing_alg_values_supported"] = []string{"HS256", "RS256"} }),
		KeySet(func(set map[string]any) {
			set["keys"] = []any{map[string]any{"kty": "oct", "kid": "key-1", "use": "sig", "alg": "HS256", "k": base64.RawURLEncoding.EncodeToString(secret)}}
		}),
		HMACWithSecret(string(secret)),
	}
}

// PublishedPrivateKey lets the key set give away the private half of the signing key.
func PublishedPrivateKey() Fault {
	return Fault{point: pointKeys, fields: func(set map[string]any) {
		set["keys"] = []any{members(jose.JSONWebKey{Key: firstKey(), KeyID: "key-1", Use: "sig", Algorithm: string(jose.RS256)})}
	}}
}

// SignedBy lets the provider announce an algorithm, publish a key for it and sign ID tokens with it,
// at_hash included. Nothing is wrong with them.
func SignedBy(alg jose.SignatureAlgorithm) []Fault {
	private, public := keyFor(alg)
	return []Fault{
		Metadata(func(m map[string]any) { m["id_token_signing_alg_values_supported"] = []string{"RS256", string(alg)} }),
		KeySet(func(set map[string]any) {
			set["keys"] = append(set["keys"].([]any), members(jose.JSONWebKey{Key: public, KeyID: "key-" + string(alg), Use: "sig", Algorithm: string(alg)}))
		}),
		TokenAnswer(func(fields map[string]any) {
			claims := map[string]any{}
			payload := strings.Split(fields["id_token"].(string), ".")[1]
			raw, err := base64.RawURLEncoding.DecodeString(payload)
			if err != nil || json.Unmarshal(raw, &claims) != nil {
				panic("authtest: an ID token of our own cannot be read")
			}
			claims["at_hash"] = leftHalf(alg, fields["access_token"].(string))
			if fields["id_token"], err = sign(alg, "key-"+string(alg), private, claims); err != nil {
				panic(err) // the key is made for the algorithm
			}
		}),
	}
}

// members are a key's, for further faults to change.
func members(key jose.JSONWebKey) map[string]any {
	text, err := key.MarshalJSON()
	if err != nil {
		panic(err) // a key of ours always has a JSON form
	}
	var m map[string]any
	if err := json.Unmarshal(text, &m); err != nil {
		panic(err)
	}
	return m
}

func keyFor(alg jose.SignatureAlgorithm) (private, public any) {
	curve := map[jose.SignatureAlgorithm]elliptic.Curve{jose.ES256: elliptic.P256(), jose.ES384: elliptic.P384(), jose.ES512: elliptic.P521()}[alg]
	switch {
	case curve != nil:
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			panic(err)
		}
		return key, key.Public()
	case alg == jose.EdDSA, alg == Ed25519:
		public, private, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			panic(err)
		}
		return private, public
	}
	return foreignKey(), foreignKey().Public()
}

// leftHalf is at_hash for any algorithm (OpenID Connect Core 1.0, section 3.1.3.6; for EdDSA with
// Ed25519 it is SHA-512).
func leftHalf(alg jose.SignatureAlgorithm, token string) string {
	var sum []byte
	switch {
	case strings.HasSuffix(string(alg), "384"):
		s := sha512.Sum384([]byte(token))
		sum = s[:]
	case strings.HasSuffix(string(alg), "512"), alg == jose.EdDSA, alg == Ed25519:
		s := sha512.Sum512([]byte(token))
		sum = s[:]
	default:
		return accessTokenHash(token)
	}
	return base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2])
}
