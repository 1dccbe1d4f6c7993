package auth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
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

// DeviceSignIn is a sign-in with a code for the person to enter on any device (RFC 8628).
// Call Wait exactly once; the other methods may be called from any goroutine.
type DeviceSignIn struct {
	client  *Client
	options BeginOptions
	how     granted
	// unbound: the provider refuses proofs, and the sign-in has gone on without; late: it
	// refuses them for their time, and does not tell its time.
	unbound, late bool

	ctx    context.Context
	cancel context.CancelCauseFunc
	stop   context.CancelFunc

	mu   sync.Mutex
	code *deviceCode // Wait alone changes it
}

// BeginDevice asks the provider for a code. Of the options only Timeout, MemoryOnly
// and OnNewCode count.
//
// Errors: those of [Client.Metadata], *[ConfigError] when the provider offers no
// codes, *[CredentialError], *[ProviderError], *[UnavailableError].
func (c *Client) BeginDevice(ctx context.Context, o BeginOptions) (*DeviceSignIn, error) {
	m, err := c.metadataForCodes(ctx)
	if err != nil {
		return nil, err
	}
	s := &DeviceSignIn{client: c, options: o, how: granted{proof: c.newProofKey(m), memoryOnly: o.MemoryOnly}}
	if s.code, err = c.newDeviceCode(ctx, m); err != nil {
		return nil, err
	}
	timeout := o.Timeout
	if timeout <= 0 {
		timeout = DefaultTimeout
	}
	cancelled, cancel := context.WithCancelCause(ctx)
	s.cancel = cancel
	s.ctx, s.stop = context.WithTimeoutCause(cancelled, timeout, ErrTimedOut)
	return s, nil
}

// present is the code in force.
func (s *DeviceSignIn) present() *deviceCode {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.code
}

// UserCode is for the person to enter at VerificationURL. It is another one once
// [BeginOptions.OnNewCode] has been called.
func (s *DeviceSignIn) UserCode() string { return s.present().grant.UserCode }

// VerificationURL is the address for people to type.
func (s *DeviceSignIn) VerificationURL() string { return s.present().grant.VerificationURI }

// URL is the address with the code in it, for opening directly, or VerificationURL if the
// provider gives none.
func (s *DeviceSignIn) URL() string {
	grant := s.present().grant
	return cmp.Or(grant.VerificationURIComplete, grant.VerificationURI)
}

// Started is when the code was given.
func (s *DeviceSignIn) Started() time.Time { return s.present().given }

// Deadline is when the wait ends with [ErrTimedOut]: at the limit asked for, or when the
// code expires, whichever is first.
func (s *DeviceSignIn) Deadline() time.Time {
	limit, _ := s.ctx.Deadline()
	if expiry := s.present().grant.Expiry; !expiry.IsZero() && expiry.Before(limit) {
		return expiry
	}
	return limit
}

// Cancel ends the sign-in; Wait returns [ErrCancelled].
func (s *DeviceSignIn) Cancel() { s.cancel(ErrCancelled) }

// Wait asks the provider at the pace it wants until the person is done. A fault of the
// network in between does not end it, but makes it ask less often (RFC 8628, section
// 3.5). Once the provider has said yes it is never asked again with the same code, even
// if its answer was lost: the code is spent, and asking twice can end the grant. After a
// lost answer Wait gets another code, once, within the limit asked for, calls
// [BeginOptions.OnNewCode], and goes on with it.
//
// Errors: as [SignIn.Wait].
func (s *DeviceSignIn) Wait() (*Tokens, error) {
	defer s.stop()
	defer s.cancel(nil)
	tokens, err := s.waitForCode()
	if errors.Is(err, ErrInterrupted) && s.ctx.Err() == nil {
		s.client.log.Warn("once more: "+answerLost, "provider", s.client.provider.ID, "error", err)
		if err := s.beginAnew(); err != nil {
			return nil, err
		}
		tokens, err = s.waitForCode()
	}
	if err == nil && s.unbound && !s.late {
		s.client.learn(Learnt{WithoutDPoP: s.client.now()})
	}
	return tokens, err
}

// beginAnew gets another code, for as long as the sign-in may last: a network may be gone
// for a while after it has lost an answer.
func (s *DeviceSignIn) beginAnew() error {
	pace := defaultPoll
	for {
		code, err := s.anotherCode()
		var passing *UnavailableError
		switch {
		case err == nil:
			s.mu.Lock()
			s.code = code
			s.mu.Unlock()
			if s.options.OnNewCode != nil {
				s.options.OnNewCode()
			}
			return nil
		case s.ctx.Err() != nil:
			return context.Cause(s.ctx)
		case !errors.As(err, &passing):
			return err
		}
		if err := pause(s.ctx, max(pace, passing.RetryAfter)); err != nil {
			return err
		}
		pace = min(2*pace, maxPoll)
	}
}

func (s *DeviceSignIn) anotherCode() (*deviceCode, error) {
	m, err := s.client.metadataForCodes(s.ctx)
	if err != nil {
		return nil, err
	}
	return s.client.newDeviceCode(s.ctx, m)
}

// waitForCode polls with one code. [ErrInterrupted] means the provider has said yes to
// it, and its answer was lost.
func (s *DeviceSignIn) waitForCode() (*Tokens, error) {
	code := s.present()
	ctx, stop := s.ctx, context.CancelFunc(func() {})
	if !code.grant.Expiry.IsZero() {
		ctx, stop = context.WithDeadlineCause(s.ctx, code.grant.Expiry, ErrTimedOut)
	}
	defer stop()
	pace, next := code.interval, code.interval
	lost := false // an answer, perhaps the one with the tokens
	for {
		if err := pause(ctx, next); err != nil {
			return nil, err
		}
		token, answer, err := s.poll(ctx, code)
		var passing *UnavailableError
		switch {
		case err == nil:
			tokens, err := s.client.completeSignIn(ctx, code.meta, token, expected{serverTime: answer.serverTime()}, s.how)
			if err != nil && ctx.Err() != nil {
				err = context.Cause(ctx)
			}
			return tokens, append(tokensIn(token), answer.carried...).maskError(err)
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case isCode(err, "authorization_pending"):
			next, lost = pace, false
		case isCode(err, "slow_down"):
			pace += slowDown
			next, lost = pace, false
		case lost && (isCode(err, "invalid_grant") || isCode(err, "expired_token")):
			return nil, fmt.Errorf("%w: %w", ErrInterrupted, err) // spent by the poll before
		case isCode(err, "expired_token"):
			return nil, ErrTimedOut
		case errors.As(err, &passing) && passing.Status >= 200 && passing.Status <= 299:
			return nil, fmt.Errorf("%w: %w", ErrInterrupted, err)
		case s.client.mayGoUnbound(s.how.proof, err):
			// The code is bound to no key, and the proof is looked at before it.
			s.how.proof, s.unbound, s.late, next = nil, true, isTimeless(err), pace
		case errors.As(err, &passing):
			lost = lost || isLost(err)
			pace = min(2*pace, max(pace, maxPoll))
			next = max(pace, passing.RetryAfter)
		default:
			return nil, err
		}
	}
}

// poll asks once. It uses the oauth2 package's function for client credentials, because
// this makes a token request with parameters of one's own; the function for devices
// forgets the provider's pace whenever the network fails.
func (s *DeviceSignIn) poll(ctx context.Context, code *deviceCode) (token *oauth2.Token, a *answer, err error) {
	c := s.client
	form := url.Values{"grant_type": {deviceGrant}, "device_code": {code.grant.DeviceCode}}
	if code.verifier != "" {
		form.Set("code_verifier", code.verifier)
	}
	code.meta, a, err = c.atEndpoint(ctx, code.meta, tokenEndpoint, func(m *Metadata) (*answer, error) {
		config := clientcredentials.Config{
			ClientID: c.provider.ClientID, TokenURL: m.TokenEndpoint, AuthStyle: oauth2.AuthStyleInParams, EndpointParams: form,
		}
		return c.ask(ctx, question{
			meta: m, step: "device", endpoint: m.TokenEndpoint, more: c.tokenParameters(""), proof: s.how.proof,
			send: func(ctx context.Context) (err error) {
				token, err = config.Token(ctx)
				return err
			},
		})
	})
	return token, a, err
}

// pause waits, and says why it did not to the end.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
