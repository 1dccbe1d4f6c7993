package authtest

import (
	"net/http"
	"time"
)

// An Option changes how a [Provider] is set up.
type Option func(*config)

type config struct {
	host           string
	path           string
	clientID       string
	secondClient   string
	secret         string
	redirects      []string
	person         Person
	now            func() time.Time
	maxAge         time.Duration
	lifetime       time.Duration
	noIss          bool
	formPost       bool
	keepRefresh    bool
	lax            bool
	deviceInterval time.Duration
	pendingPolls   int
	polls          []string
	devicePKCE     bool
	authMethod     string
	assertions     Assertions
	certificates   bool
	par            bool
	parRequired    bool
	dpop           bool
	dpopNonce      bool
	provenEnd      bool
	proofs         proofRules
	parAnswer      func(http.ResponseWriter) // nil for the provider's own
	without        []Endpoint
	entra          *EntraOptions
}

func defaults() config {
	return config{
		clientID:       ClientID,
		redirects:      []string{"http://127.0.0.1/", "http://localhost/"},
		person:         Ada(),
		now:            time.Now,
		maxAge:         time.Hour,
		lifetime:       time.Hour,
		deviceInterval: 5 * time.Second,
		proofs:         proofRules{past: proofSkew, future: proofSkew},
	}
}

// WithPath puts a path into the issuer, such as "/realms/staff", as many providers have.
func WithPath(path string) Option { return func(c *config) { c.path = path } }

// WithHost gives the provider a name instead of an address on loopback, for tests in which that
// makes a difference: of proxies, above all. The name has to be below example.com, as the
// certificate is, and has port 443. [Provider.Client] finds it; others need a [Proxy] that knows
// [Provider.Address].
func WithHost(name string) Option { return func(c *config) { c.host = name } }

// WithClient registers another client than [ClientID]. A client with a secret has to show it, by
// HTTP Basic or in the form; the default has none.
func WithClient(id, secret string) Option {
	return func(c *config) { c.clientID, c.secret = id, secret }
}

// WithSecondClient registers one more client, a public one: as two programs, or two entries of a
// portal, have at one provider. Neither may use the other one's codes or tokens.
func WithSecondClient(id string) Option { return func(c *config) { c.secondClient = id } }

// knows is true for a registered client.
func (c *config) knows(id string) bool {
	return id == c.clientID || c.secondClient != "" && id == c.secondClient
}

// WithRedirects registers other redirect URIs than http://127.0.0.1/ and http://localhost/. They
// have to match exactly, but for the port of an http address on loopback (RFC 8252, section 7.3).
// They hold for the address after an end of session too.
func WithRedirects(uris ...string) Option { return func(c *config) { c.redirects = uris } }

// WithPerson chooses the person to sign in; the default is [Ada].
func WithPerson(person Person) Option { return func(c *config) { c.person = person } }

// WithClock gives the provider another clock than time.Now.
func WithClock(now func() time.Time) Option { return func(c *config) { c.now = now } }

// WithMaxAge says how long metadata and keys may be cached; the default is an hour. 0 sends
// no-cache.
func WithMaxAge(d time.Duration) Option { return func(c *config) { c.maxAge = d } }

// WithLifetime says how long access tokens and ID tokens are valid; the default is an hour.
func WithLifetime(d time.Duration) Option { return func(c *config) { c.lifetime = d } }

// WithoutIssuerParameter leaves iss out of the authorization response and says so in the metadata
// (RFC 9207). It is there by default.
func WithoutIssuerParameter() Option { return func(c *config) { c.noIss = true } }

// WithFormPost announces response_mode=form_post and answers in it when asked to. By default it is
// neither announced nor accepted.
func WithFormPost() Option { return func(c *config) { c.formPost = true } }

// WithoutRotation lets a refresh token stay good when it is used, and gives out no other.
func WithoutRotation() Option { return func(c *config) { c.keepRefresh = true } }

// WithoutPKCE lets codes be exchanged with any verifier, like a provider that ignores PKCE. Then only
// the nonce still protects a sign-in.
func WithoutPKCE() Option { return func(c *config) { c.lax = true } }

// WithDevice says how often a device may poll and how many polls are answered with
// authorization_pending before the person's manner decides; the defaults are 5 s and none.
func WithDevice(interval time.Duration, pending int) Option {
	return func(c *config) { c.deviceInterval, c.pendingPolls = interval, pending }
}

// WithDevicePKCE refuses device authorization requests without a code_challenge, as Keycloak does
// for a client with mandatory PKCE.
func WithDevicePKCE() Option { return func(c *config) { c.devicePKCE = true } }

// WithPolls has the errors for the polls of a device, in order, such as "authorization_pending",
// "slow_down" or "expired_token" (RFC 8628, section 3.5). After them the person's manner decides.
func WithPolls(errors ...string) Option { return func(c *config) { c.polls = errors } }

// WithProvenEndOfSession makes the end of a session take a posted id_token_hint, expired or not, and
// refuses one in the address. It is a stand-in for Spring Authorization Server: that shows a page
// with an error if there is none. By default anybody may end the browser's session.
func WithProvenEndOfSession() Option { return func(c *config) { c.provenEnd = true } }

// Without leaves endpoints out, of the metadata as well: [UserInfo], [Revocation], [EndSession],
// [DeviceAuthorization].
func Without(endpoints ...Endpoint) Option {
	return func(c *config) { c.without = append(c.without, endpoints...) }
}
