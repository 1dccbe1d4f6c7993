package auth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	_ "crypto/sha256" // for crypto.SHA256.New
	_ "crypto/sha512" // for crypto.SHA384.New and crypto.SHA512.New
	"encoding/base64"
	"math/big"
	"strings"
)

// signedToken is a token in the compact form (RFC 7515, section 7.1), taken apart, with
// the values for choosing its key.
type signedToken struct {
	input          string // the signed part: the header and the payload as they were sent
	signature      []byte
	kid, alg       string
	issuer, tenant string
}

func parseSigned(raw string) (signedToken, error) {
	parts := strings.Split(raw, ".")
	if len(parts) != 3 {
		return signedToken{}, untrusted("id_token", "it is not a signed token")
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return signedToken{}, untrusted("id_token", "its signature is not base64url")
	}
	header := readHeader(parts[0])
	return signedToken{input: parts[0] + "." + parts[1], signature: signature, kid: string(header.KeyID), alg: header.Algorithm}, nil
}

// isSignedBy checks the signature with a key; the key has to be one for the token's
// algorithm (RFC 7518, sections 3.3 to 3.5; RFC 8037, section 3.1).
func (t signedToken) isSignedBy(k PublishedKey) bool {
	if !k.signs(t.alg) {
		return false
	}
	if public, ok := k.public.(ed25519.PublicKey); ok {
		return ed25519.Verify(public, []byte(t.input), t.signature)
	}
	hash, ok := hashOf(t.alg)
	if !ok {
		return false
	}
	h := hash.New()
	h.Write([]byte(t.input))
	digest := h.Sum(nil)
	switch public := k.public.(type) {
	case *rsa.PublicKey:
		if strings.HasPrefix(t.alg, "PS") {
			// Any length of the salt: it makes a signature neither better nor worse.
			return rsa.VerifyPSS(public, hash, digest, t.signature, nil) == nil
		}
		return rsa.VerifyPKCS1v15(public, hash, digest, t.signature) == nil
	case *ecdsa.PublicKey:
		size := (public.Curve.Params().BitSize + 7) / 8
		if len(t.signature) != 2*size {
			return false
		}
		r, s := new(big.Int).SetBytes(t.signature[:size]), new(big.Int).SetBytes(t.signature[size:])
		return ecdsa.Verify(public, digest, r, s)
	}
	return false
}

// hashOf is the hash of an RSA or ECDSA algorithm.
func hashOf(alg string) (crypto.Hash, bool) {
	switch {
	case strings.HasSuffix(alg, "256"):
		return crypto.SHA256, true
	case strings.HasSuffix(alg, "384"):
		return crypto.SHA384, true
	case strings.HasSuffix(alg, "512"):
		return crypto.SHA512, true
	}
	return 0, false
}
