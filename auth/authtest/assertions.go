package authtest

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Assertions is a provider's own way with the assertions of private_key_jwt: a stand-in for what its
// software does with them, and for nothing else of it.
type Assertions string

// The ways with assertions. Without one, the provider wants the issuer as audience, any type, and the
// key's own id; see [WithAssertions].
const (
	// KeycloakAssertions stands in for Keycloak 26.7: the issuer as audience, any type. A key registered
	// with [Provider.RegisterUploadedCertificate] is known by the hash of its SubjectPublicKeyInfo alone,
	// one from a key set by its id there. A client refused at pushing a request gets invalid_request, in
	// the status 401.
	KeycloakAssertions Assertions = "keycloak"
	// HydraAssertions stands in for Ory Hydra 2: the token endpoint as audience, at every endpoint. An
	// unknown key is an invalid_request.
	HydraAssertions Assertions = "hydra"
	// OpenIddictAssertions stands in for OpenIddict 7: the issuer as audience, or else invalid_grant, also
	// at a refresh; and the type client-authentication+jwt.
	OpenIddictAssertions Assertions = "openiddict"
	// SpringAssertions stands in for Spring Authorization Server 1.5: the issuer or the token endpoint as
	// audience, and the type JWT or none.
	SpringAssertions Assertions = "spring"
	// MuteAssertions is nobody's way: as HydraAssertions, with every refusal of a client an
	// invalid_grant.
	MuteAssertions Assertions = "mute"
	// OpenIddictMuteAssertions stands in for OpenIddict 7 as well, with invalid_grant for an assertion
	// without its type, too (ID2173).
	OpenIddictMuteAssertions Assertions = "openiddict-mute"
)

// WithAssertions registers the client for private_key_jwt with a provider of that way.
func WithAssertions(way Assertions) Option {
	return func(c *config) { c.authMethod, c.assertions = "private_key_jwt", way }
}

// SetAssertions changes the provider's way, as an update of its software may.
func (p *Provider) SetAssertions(way Assertions) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.config.assertions = way
}

// RefuseClients lets the provider refuse an unauthenticated client with a status and a body of its own,
// at every endpoint.
func (p *Provider) RefuseClients(status int, body string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.client.refusal = ownRefusal{status, body}
}

// ownRefusal is the refusal of clients; without a status it is the standard's.
type ownRefusal struct {
	status int
	body   string
}

// RegisterUploadedCertificate adds the key of a certificate in PEM as Keycloak does when it is uploaded
// in its console. It panics when it is none.
func (p *Provider) RegisterUploadedCertificate(certificate string) {
	parsed := parseCertificate(certificate)
	sum := sha256.Sum256(parsed.RawSubjectPublicKeyInfo)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.client.keys[base64.RawURLEncoding.EncodeToString(sum[:])] = parsed.PublicKey
}

// refusedAssertion is a refusal with the status and the code of a provider's own.
type refusedAssertion struct {
	status int
	code   string
	err    error
}

func (e *refusedAssertion) Error() string { return e.err.Error() }

// refuseClient answers a request of an unauthenticated client.
func (p *Provider) refuseClient(w http.ResponseWriter, r *http.Request, err error) {
	p.mu.Lock()
	way, words := p.config.assertions, p.client.refusal
	p.mu.Unlock()
	var own *refusedAssertion
	switch {
	case words.status != 0:
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(words.status)
		_, _ = w.Write([]byte(words.body))
	case way == MuteAssertions, way == OpenIddictMuteAssertions:
		writeError(w, "invalid_grant", err.Error(), nil)
	case errors.As(err, &own):
		writeJSON(w, own.status, map[string]any{"error": own.code, "error_description": own.Error()})
	case way == KeycloakAssertions && strings.HasSuffix(r.URL.Path, "/"+string(PushedAuthorization)):
		writeJSON(w, http.StatusUnauthorized, map[string]any{"error": "invalid_request", "error_description": "Authentication failed."})
	case way == KeycloakAssertions:
		writeJSON(w, http.StatusBadRequest, map[string]any{"error": "invalid_client", "error_description": err.Error()})
	default:
		writeError(w, "invalid_client", err.Error(), nil)
	}
}

// unknownKey is the refusal of an assertion whose kid is nobody's.
func (way Assertions) unknownKey() error {
	err := errors.New("the assertion names no registered key")
	if way == HydraAssertions {
		return &refusedAssertion{http.StatusBadRequest, "invalid_request", err}
	}
	return err
}

// checkType looks at typ (RFC 8725, section 3.11).
func (way Assertions) checkType(typ string) error {
	switch {
	case (way == OpenIddictAssertions || way == OpenIddictMuteAssertions) && typ != "client-authentication+jwt",
		way == SpringAssertions && typ != "" && !strings.EqualFold(typ, "JWT"):
		return fmt.Errorf("assertions of the type %q are not taken", typ)
	}
	return nil
}

// checkAudience looks at aud.
func (way Assertions) checkAudience(aud, issuer, tokenEndpoint string) error {
	taken := []string{issuer}
	switch way {
	case HydraAssertions, MuteAssertions:
		taken = []string{tokenEndpoint}
	case SpringAssertions:
		taken = append(taken, tokenEndpoint)
	}
	if slices.Contains(taken, aud) {
		return nil
	}
	err := fmt.Errorf("the assertion is made out to %s, not to %s", aud, strings.Join(taken, " or "))
	if way == OpenIddictAssertions {
		return &refusedAssertion{http.StatusBadRequest, "invalid_grant", err}
	}
	return err
}

func parseCertificate(certificate string) *x509.Certificate {
	block, _ := pem.Decode([]byte(certificate))
	if block == nil {
		panic("authtest: not a certificate in PEM")
	}
	parsed, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		panic(fmt.Sprintf("authtest: %v", err))
	}
	return parsed
}
