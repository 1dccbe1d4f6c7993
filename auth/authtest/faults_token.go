package authtest

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// IDToken changes the claims of ID tokens before they are signed.
func IDToken(change func(claims map[string]any)) Fault {
	return Fault{point: pointIDToken, claims: change}
}

// Claim gives one claim of ID tokens another value; nil leaves it out.
func Claim(name string, value any) Fault {
	return IDToken(func(c map[string]any) {
		if value == nil {
			delete(c, name)
		} else {
			c[name] = value
		}
	})
}

// WrongIssuer lets ID tokens name another issuer.
func WrongIssuer() Fault { return Claim("iss", "https://other.example") }

// WrongAudience makes ID tokens out to another client.
func WrongAudience() Fault { return Claim("aud", "another-client") }

// PluralAudience makes ID tokens out to another client too, with azp as given; an empty one is left
// out.
func PluralAudience(azp string) Fault {
	return IDToken(func(c map[string]any) {
		c["aud"] = []any{c["aud"], "another-client"}
		if azp != "" {
			c["azp"] = azp
		}
	})
}

// WrongAZP lets ID tokens name another authorized party.
func WrongAZP() Fault { return Claim("azp", "another-client") }

// WrongNonce lets ID tokens carry another nonce.
func WrongNonce() Fault { return Claim("nonce", "another") }

// MissingNonce leaves the nonce out.
func MissingNonce() Fault { return Claim("nonce", nil) }

// MissingSubject leaves sub out.
func MissingSubject() Fault { return Claim("sub", nil) }

// OtherSubject lets the ID tokens of refreshes be about somebody else.
func OtherSubject() Fault { return Claim("sub", "sub-mallory").ForGrant("refresh_token") }

// Expired lets ID tokens have expired the given time ago.
func Expired(ago time.Duration) Fault { return shifted(-ago, "exp") }

// NotYetValid lets ID tokens become valid (nbf) after the given time.
func NotYetValid(in time.Duration) Fault { return shifted(in, "nbf") }

// IssuedIn lets ID tokens be issued after the given time.
func IssuedIn(in time.Duration) Fault { return shifted(in, "iat") }

// shifted sets a claim to a time relative to the time of issue.
func shifted(by time.Duration, name string) Fault {
	return IDToken(func(c map[string]any) {
		c[name] = c["iat"].(int64) + int64(by/time.Second)
	})
}

// WrongAccessTokenHash lets at_hash belong to another access token.
func WrongAccessTokenHash() Fault { return Claim("at_hash", accessTokenHash("another")) }

// signedBy is a fault that signs ID tokens in another way.
func signedBy(sign func(*Provider, map[string]any) (string, error)) Fault {
	return Fault{point: pointIDToken, sign: sign}
}

// AlgNone sends ID tokens without a signature, as alg "none" (RFC 7518, section 3.6).
func AlgNone() Fault {
	return signedBy(func(_ *Provider, claims map[string]any) (string, error) {
		return compact(map[string]any{"alg": "none", "typ": "JWT"}, claims), nil
	})
}

// HMACWithPublicKey signs ID tokens as HS256, with the text of the public key for a secret: a
// verifier that lets the token choose the algorithm takes it (RFC 8725, section 2.1).
func HMACWithPublicKey() Fault {
	return signedBy(func(p *Provider, claims map[string]any) (string, error) {
		key := p.signer()
		der, err := x509.MarshalPKIXPublicKey(key.private.Public())
		if err != nil {
			return "", err
		}
		secret := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
		return sign(jose.HS256, key.id, secret, claims)
	})
}

// UnknownKey signs ID tokens with a key that is never published.
func UnknownKey() Fault {
	return signedBy(func(_ *Provider, claims map[string]any) (string, error) {
		return sign(jose.RS256, "key-unknown", foreignKey(), claims)
	})
}

// ForgedKey signs ID tokens with a key of somebody else's, under the name of a published one.
func ForgedKey() Fault {
	return signedBy(func(p *Provider, claims map[string]any) (string, error) {
		return sign(jose.RS256, p.signer().id, foreignKey(), claims)
	})
}

// NoIDToken leaves the ID token out of the answer.
func NoIDToken() Fault { return Fault{point: pointIDToken, omit: true} }

// TokenAnswer changes the fields of a successful token answer before it is sent.
func TokenAnswer(change func(fields map[string]any)) Fault {
	return Fault{point: pointTokens, tokens: change}
}

// compact is a JWT without a signature.
func compact(header, claims map[string]any) string {
	h, _ := json.Marshal(header)
	c, _ := json.Marshal(claims)
	return base64.RawURLEncoding.EncodeToString(h) + "." + base64.RawURLEncoding.EncodeToString(c) + "."
}
