package auth

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/oauth2"

	"github.com/portico-desktop/portico/auth/fetch"
	"github.com/portico-desktop/portico/auth/plain"
)

// maxUserCode is many times more than a person would type.
const maxUserCode = 64

// deviceCode is a code from the provider, with its belongings.
type deviceCode struct {
	meta     *Metadata
	grant    *oauth2.DeviceAuthResponse
	interval time.Duration
	given    time.Time
	verifier string // of PKCE (RFC 7636), "" if it is not announced
}

// metadataForCodes are the provider's metadata, confirmed, if they offer everything for a
// sign-in with a code.
func (c *Client) metadataForCodes(ctx context.Context) (*Metadata, error) {
	m, err := c.confirmedMetadata(ctx)
	if err != nil {
		return nil, err
	}
	if err := c.provider.CheckOffer(m); err != nil {
		return nil, err
	}
	if m.DeviceEndpoint == "" {
		return nil, &ConfigError{Provider: c.provider.Name(), Key: "device_authorization_endpoint", Reason: "is not offered: this provider gives no codes, sign in with the browser"}
	}
	return m, c.checkAlgorithms(m)
}

// newDeviceCode asks for a code (RFC 8628, section 3.1).
func (c *Client) newDeviceCode(ctx context.Context, m *Metadata) (*deviceCode, error) {
	code := &deviceCode{meta: m, given: c.now()}
	var options []oauth2.AuthCodeOption
	if m.challenges() {
		// No standard demands it of a device (RFC 8628), but a registration may demand it
		// of every request.
		code.verifier = oauth2.GenerateVerifier()
		options = append(options, oauth2.S256ChallengeOption(code.verifier))
	}
	answer, err := c.ask(ctx, question{
		meta: m, step: "device", endpoint: m.DeviceEndpoint, more: url.Values{"resource": c.provider.Resources},
		send: func(ctx context.Context) (err error) {
			code.grant, err = c.oauthConfig(m, "").DeviceAuth(ctx, options...)
			return err
		},
	})
	var unsaid *UnavailableError
	if errors.As(err, &unsaid) && unsaid.Status == http.StatusUnauthorized {
		// Spring, of clients unable to authenticate themselves.
		return nil, &ProviderError{Step: "device", Code: "unauthorized_client", Status: unsaid.Status, Description: "it names no error"}
	}
	if err != nil {
		return nil, err
	}
	if err := takeDeviceGrant(code.grant); err != nil {
		return nil, &UnavailableError{Host: hostOf(m.DeviceEndpoint), Step: "device", Status: answer.status, Err: err}
	}
	code.interval = pollInterval(code.grant.Interval)
	return code, nil
}

// takeDeviceGrant holds an answer against RFC 8628, section 3.2. A person has to read the
// code and the address and type them, so the address is written as a browser would write
// it. A bad address with the code in it is left out.
func takeDeviceGrant(g *oauth2.DeviceAuthResponse) error {
	page, err := fetch.ASCII(g.VerificationURI)
	if err != nil {
		return errors.New("the answer names no page to enter the code on, or one that is not https")
	}
	g.VerificationURI, g.VerificationURIComplete = page, shownAddress(g.VerificationURIComplete)
	readable := utf8.ValidString(g.UserCode) && utf8.RuneCountInString(g.UserCode) <= maxUserCode && !strings.ContainsFunc(g.UserCode, func(r rune) bool { return !unicode.IsPrint(r) || plain.Hidden(r) })
	switch {
	case g.UserCode == "" || !readable || g.DeviceCode == "":
		return errors.New("the answer has no code, or one that nobody can type")
	case !g.Expiry.IsZero() && !g.Expiry.After(time.Now()):
		return errors.New("the answer has a code that has expired already")
	}
	return nil
}

// pollInterval bounds the provider's wish, in seconds; 0 is the standard's default.
func pollInterval(seconds int64) time.Duration {
	if seconds == 0 {
		return defaultPoll
	}
	seconds = min(max(seconds, int64(minPoll/time.Second)), int64(maxPoll/time.Second))
	return time.Duration(seconds) * time.Second
}
