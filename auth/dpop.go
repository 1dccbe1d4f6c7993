package auth

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/go-jose/go-jose/v4"

	"github.com/portico-desktop/portico/auth/fetch"
)

// The headers of RFC 9449, sections 4.1 and 8.1.
const (
	proofHeader = "DPoP"
	nonceHeader = "DPoP-Nonce"
)

// maxNonce bounds a nonce: it is repeated in every proof.
const maxNonce = 2048

// proofKey is the key of the tokens of one sign-in: a token stolen without its key is of
// no use (RFC 9449). It lives as long as the sign-in does, beside its refresh token.
type proofKey struct{ private *ecdsa.PrivateKey }

// thumbprint is dpop_jkt (RFC 9449, section 10).
func (k *proofKey) thumbprint() string { return thumbprint(k.private.Public()) }

// MarshalJSON writes the private key, for the key store.
func (k *proofKey) MarshalJSON() ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(k.private)
	if err != nil {
		return nil, err
	}
	return json.Marshal(der)
}

func (k *proofKey) UnmarshalJSON(raw []byte) error {
	var der []byte
	if err := json.Unmarshal(raw, &der); err != nil {
		return err
	}
	private, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return err
	}
	signer, ok := private.(*ecdsa.PrivateKey)
	if !ok || signer.Curve != elliptic.P256() {
		return errors.New("not a P-256 key")
	}
	k.private = signer
	return nil
}

// prove adds a proof to a request (RFC 9449, section 4.2), and does nothing without a
// key. accessToken is the request's, "" without. The proof is dated by the clock of its
// server, as far as it is known.
func (c *Client) prove(req *http.Request, k *proofKey, accessToken string) error {
	if k == nil {
		return nil
	}
	address := *req.URL
	address.RawQuery, address.Fragment, address.ForceQuery = "", "", false
	claims := map[string]any{"jti": rand.Text(), "htm": req.Method, "htu": address.String(),
		"iat": c.now().Add(c.clocks.ahead(req.URL.Host)).Unix()}
	if nonce := c.nonces.newest(req.URL.String()); nonce != "" {
		claims["nonce"] = nonce
	}
	if accessToken != "" {
		sum := sha256.Sum256([]byte(accessToken))
		claims["ath"] = base64URL(sum[:])
	}
	proof, err := signJWT(jose.SigningKey{Algorithm: jose.ES256, Key: k.private},
		(&jose.SignerOptions{EmbedJWK: true}).WithType("dpop+jwt"), claims)
	if err != nil {
		return err
	}
	req.Header.Set(proofHeader, proof)
	return nil
}

// nonces remembers the newest nonce of each server (RFC 9449, section 8.2). They
// live for minutes: only memory is worth it.
type nonces struct {
	mu     sync.Mutex
	byHost map[string]string
}

func (n *nonces) newest(address string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.byHost[hostOf(address)]
}

func (n *nonces) keep(address string, h http.Header) {
	nonce := h.Get(nonceHeader)
	if nonce == "" || len(nonce) > maxNonce {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.byHost == nil {
		n.byHost = make(map[string]string)
	}
	n.byHost[hostOf(address)] = nonce
}

// Authorize adds the access token to a request to an API, and a proof if the token is
// bound to this sign-in's key (RFC 9449, section 7.1). A proof is good for one request: a
// repeated request needs another. [Client.Do] does it all.
//
// Errors: one for addresses neither https nor loopback, and for tokens of an unknown
// type.
func (c *Client) Authorize(req *http.Request, t *Tokens) error {
	if _, err := fetch.CheckURL(withoutFragment(req.URL)); err != nil {
		return fmt.Errorf("no access token is sent to %s: %w", req.URL.Host, fetch.ErrInsecure)
	}
	switch {
	case strings.EqualFold(t.TokenType, "DPoP") && t.proof != nil:
		req.Header.Set("Authorization", "DPoP "+t.AccessToken)
		return c.prove(req, t.proof, t.AccessToken)
	case t.TokenType == "", strings.EqualFold(t.TokenType, "Bearer"):
		req.Header.Set("Authorization", "Bearer "+t.AccessToken)
		return nil
	}
	return fmt.Errorf("an access token of the type %q cannot be used here", clean(t.TokenType))
}

func withoutFragment(u *url.URL) string {
	plain := *u
	plain.Fragment, plain.RawFragment = "", ""
	return plain.String()
}

// Do sends a request to an API with [Client.Authorize], over the client's own
// connections; they are kept for 90 s if Params.HTTP is over a network.Transport. If the
// API wants a nonce in the proof, or finds fault with the proof's time, the request is
// repeated once with the nonce or another time, provided its body can be read again (see
// [http.Request.GetBody]). Redirects are not followed. req itself is not changed.
func (c *Client) Do(req *http.Request, t *Tokens) (*http.Response, error) {
	return c.doBy(c.apis, req, t)
}

// doBy is Do by one of the clients.
func (c *Client) doBy(h *http.Client, req *http.Request, t *Tokens) (*http.Response, error) {
	ahead := c.clocks.ahead(req.URL.Host)
	resp, err := c.doOnce(h, req, t)
	if err != nil || req.Body != nil && req.GetBody == nil {
		return resp, err
	}
	if !wantsNonce(resp) && (!challenged(resp, "invalid_dpop_proof") || !c.clocks.correct(req.URL.Host, ahead)) {
		return resp, nil
	}
	_, _ = io.CopyN(io.Discard, resp.Body, maxNonce)
	resp.Body.Close()
	again := req.Clone(req.Context())
	if req.GetBody != nil {
		if again.Body, err = req.GetBody(); err != nil {
			return nil, err
		}
	}
	return c.doOnce(h, again, t)
}

func (c *Client) doOnce(h *http.Client, req *http.Request, t *Tokens) (*http.Response, error) {
	req = req.Clone(req.Context())
	if err := c.Authorize(req, t); err != nil {
		return nil, err
	}
	resp, err := h.Do(req)
	if err == nil {
		c.nonces.keep(req.URL.String(), resp.Header)
		c.keepClock(req.URL.Host, resp.Header)
	}
	return resp, err
}

// wantsNonce reads RFC 9449, section 9.
func wantsNonce(resp *http.Response) bool {
	return resp.Header.Get(nonceHeader) != "" && challenged(resp, "use_dpop_nonce")
}

// challenged reports if an API refuses an access token with an error (RFC 6750, section
// 3; RFC 9449, section 7.1).
func challenged(resp *http.Response, code string) bool {
	return resp.StatusCode == http.StatusUnauthorized &&
		slices.ContainsFunc(resp.Header.Values("WWW-Authenticate"), func(challenge string) bool {
			return strings.Contains(challenge, `"`+code+`"`)
		})
}
