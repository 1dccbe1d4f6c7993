package auth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/portico-desktop/portico/auth/fetch"
	"github.com/portico-desktop/portico/auth/plain"
)

// deviceGrant is the grant type of RFC 8628, section 3.4.
const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code"

// How often the provider is asked (RFC 8628, sections 3.2 and 3.5).
const (
	defaultPoll = 5 * time.Second
	slowDown    = 5 * time.Second
	minPoll     = time.Second
	maxPoll     = 5 * time.Minute
)

// maxUserCode is many times what a person would type.
const maxUserCode = 64

// DeviceSignIn is a sign-in with a code that the person enters on any device
// (RFC 8628). Call Wait exactly once.
type DeviceSignIn struct {
	client   *Client
	meta     *Metadata
	grant    *oauth2.DeviceAuthResponse
	interval time.Duration
	started  time.Time
	how      granted
	verifier string // of PKCE (RFC 7636), "" where it is not announced
	// unbound: the provider refuses proofs, and the sign-in has gone on without; late:
	// it refuses them for their time, and does not say what time it is.
	unbound, late bool

	ctx    context.Context
	cancel context.CancelCauseFunc
	stop   context.CancelFunc
}

// BeginDevice asks the provider for a code. Of the options only Timeout and
// MemoryOnly count.
//
// Errors: those of [Client.Metadata], *[ConfigError] when the provider offers no
// codes, *[CredentialError], *[ProviderError], *[UnavailableError].
func (c *Client) BeginDevice(ctx context.Context, o BeginOptions) (*DeviceSignIn, error) {
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
	if err := c.checkAlgorithms(m); err != nil {
		return nil, err
	}
	s := &DeviceSignIn{client: c, meta: m, started: c.now(), how: granted{proof: c.newProofKey(m), memoryOnly: o.MemoryOnly}}
	var options []oauth2.AuthCodeOption
	if m.challenges() {
		// Nothing demands it of a device (RFC 8628), and registrations that demand it
		// of every request do.
		s.verifier = oauth2.GenerateVerifier()
		options = append(options, oauth2.S256ChallengeOption(s.verifier))
	}
	answer, err := c.ask(ctx, question{
		meta: m, step: "device", endpoint: m.DeviceEndpoint,
		send: func(ctx context.Context) (err error) {
			s.grant, err = c.oauthConfig(m, "").DeviceAuth(ctx, options...)
			return err
		},
	})
	var unsaid *UnavailableError
	if errors.As(err, &unsaid) && unsaid.Status == http.StatusUnauthorized {
		// Spring, of clients that cannot authenticate themselves.
		return nil, &ProviderError{Step: "device", Code: "unauthorized_client", Status: unsaid.Status, Description: "it names no error"}
	}
	if err != nil {
		return nil, err
	}
	if err := takeDeviceGrant(s.grant); err != nil {
		return nil, &UnavailableError{Host: hostOf(m.DeviceEndpoint), Step: "device", Status: answer.status, Err: err}
	}
	s.interval = pollInterval(s.grant.Interval)
	timeout := o.Timeout
	if timeout <= 0 {
		timeout = DefaultTimeout
	}
	if left := time.Until(s.grant.Expiry); !s.grant.Expiry.IsZero() && left < timeout {
		timeout = left
	}
	cancelled, cancel := context.WithCancelCause(ctx)
	s.cancel = cancel
	s.ctx, s.stop = context.WithTimeoutCause(cancelled, timeout, ErrTimedOut)
	return s, nil
}

// takeDeviceGrant holds an answer against RFC 8628, section 3.2. A person has to
// read the code and the address and type them, so that the address becomes what a
// browser makes of it. A bad address with the code in it is left out.
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

// pollInterval bounds what the provider wants, in seconds; 0 is the standard's
// default.
func pollInterval(seconds int64) time.Duration {
	if seconds == 0 {
		return defaultPoll
	}
	seconds = min(max(seconds, int64(minPoll/time.Second)), int64(maxPoll/time.Second))
	return time.Duration(seconds) * time.Second
}

// UserCode is what the person enters at VerificationURL.
func (s *DeviceSignIn) UserCode() string { return s.grant.UserCode }

// VerificationURL is the address that people can type.
func (s *DeviceSignIn) VerificationURL() string { return s.grant.VerificationURI }

// URL is the address with the code in it, for opening directly, or
// VerificationURL where the provider gives none.
func (s *DeviceSignIn) URL() string {
	return cmp.Or(s.grant.VerificationURIComplete, s.grant.VerificationURI)
}

// Started is when the code was given.
func (s *DeviceSignIn) Started() time.Time { return s.started }

// Deadline is when the wait ends with [ErrTimedOut]: at the limit that was asked
// for, or when the code expires, whichever is first.
func (s *DeviceSignIn) Deadline() time.Time {
	d, _ := s.ctx.Deadline()
	return d
}

// Cancel ends the sign-in; Wait returns [ErrCancelled].
func (s *DeviceSignIn) Cancel() { s.cancel(ErrCancelled) }

// Wait asks the provider at the pace it wants until the person is done. A fault
// of the network in between does not end it, but makes it ask less often (RFC
// 8628, section 3.5). Once the provider has said yes it is never asked again, whatever
// became of its answer: the code is spent, and asking twice can end what was granted.
//
// Errors: as [SignIn.Wait].
func (s *DeviceSignIn) Wait() (*Tokens, error) {
	defer s.stop()
	defer s.cancel(nil)
	pace, pause := s.interval, s.interval
	for {
		if err := s.sleep(pause); err != nil {
			return nil, err
		}
		token, answer, err := s.poll()
		var passing *UnavailableError
		switch {
		case err == nil:
			tokens, err := s.client.completeSignIn(s.ctx, s.meta, token, expected{serverTime: answer.serverTime()}, s.how)
			if err != nil && s.ctx.Err() != nil {
				err = context.Cause(s.ctx)
			}
			if err == nil && s.unbound && !s.late {
				s.client.learn(Learnt{WithoutDPoP: s.client.now()})
			}
			return tokens, err
		case s.ctx.Err() != nil:
			return nil, context.Cause(s.ctx)
		case isCode(err, "authorization_pending"):
			pause = pace
		case isCode(err, "slow_down"):
			pace += slowDown
			pause = pace
		case isCode(err, "expired_token"):
			return nil, ErrTimedOut
		case errors.As(err, &passing) && passing.Status >= 200 && passing.Status <= 299:
			return nil, fmt.Errorf("%w: %w", ErrInterrupted, err)
		case s.client.mayGoUnbound(s.how.proof, err):
			// The code is bound to no key, and the proof is looked at before it.
			s.how.proof, s.unbound, s.late, pause = nil, true, isTimeless(err), pace
		case errors.As(err, &passing):
			pace = min(2*pace, max(pace, maxPoll))
			pause = max(pace, passing.RetryAfter)
		default:
			return nil, err
		}
	}
}

// poll asks once. Of the oauth2 package it is the function for client credentials
// that makes a token request with parameters of one's own; its function for
// devices forgets the pace that it was asked for whenever the network fails.
func (s *DeviceSignIn) poll() (token *oauth2.Token, a *answer, err error) {
	c := s.client
	form := url.Values{"grant_type": {deviceGrant}, "device_code": {s.grant.DeviceCode}}
	if s.verifier != "" {
		form.Set("code_verifier", s.verifier)
	}
	s.meta, a, err = c.atEndpoint(s.ctx, s.meta, tokenEndpoint, func(m *Metadata) (*answer, error) {
		config := clientcredentials.Config{
			ClientID: c.provider.ClientID, TokenURL: m.TokenEndpoint, AuthStyle: oauth2.AuthStyleInParams, EndpointParams: form,
		}
		return c.ask(s.ctx, question{
			meta: m, step: "device", endpoint: m.TokenEndpoint, more: c.tokenParameters(""), proof: s.how.proof,
			send: func(ctx context.Context) (err error) {
				token, err = config.Token(ctx)
				return err
			},
		})
	})
	return token, a, err
}

// sleep waits, and says why it did not to the end.
func (s *DeviceSignIn) sleep(d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-s.ctx.Done():
		return context.Cause(s.ctx)
	}
}
