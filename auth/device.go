package auth

import (
	"context"
	"errors"
	"time"

	"golang.org/x/oauth2"

	"github.com/portico-desktop/portico/auth/fetch"
)

// DeviceSignIn is a sign-in with a code that the person enters on any device
// (RFC 8628). Call Wait exactly once.
type DeviceSignIn struct {
	client  *Client
	meta    *Metadata
	grant   *oauth2.DeviceAuthResponse
	started time.Time

	ctx    context.Context
	cancel context.CancelCauseFunc
	stop   context.CancelFunc
}

// BeginDevice asks the provider for a code. Of the options only Timeout counts.
//
// Errors: those of [Client.Metadata], *[ConfigError] when the provider offers no
// codes, *[ProviderError].
func (c *Client) BeginDevice(ctx context.Context, o BeginOptions) (*DeviceSignIn, error) {
	m, err := c.Metadata(ctx)
	if err != nil {
		return nil, err
	}
	if m.DeviceEndpoint == "" {
		return nil, &ConfigError{Provider: c.provider.Name(), Key: "device_authorization_endpoint", Reason: "is not offered: this provider gives no codes, sign in with the browser"}
	}
	s := &DeviceSignIn{client: c, meta: m, started: c.now()}
	_, err = c.ask(ctx, "device", m.DeviceEndpoint, func(ctx context.Context) (err error) {
		s.grant, err = c.oauthConfig(m, "").DeviceAuth(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	if _, err := fetch.CheckURL(s.grant.VerificationURI); err != nil || s.grant.UserCode == "" || s.grant.DeviceCode == "" {
		return nil, &UnavailableError{Host: hostOf(m.DeviceEndpoint), Step: "device", Err: errors.New("the answer is not what the standard describes")}
	}
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

// UserCode is what the person enters at VerificationURL.
func (s *DeviceSignIn) UserCode() string { return s.grant.UserCode }

// VerificationURL is the address that people can type.
func (s *DeviceSignIn) VerificationURL() string { return s.grant.VerificationURI }

// URL is the address with the code in it, for opening directly, or
// VerificationURL where the provider gives none.
func (s *DeviceSignIn) URL() string {
	if _, err := fetch.CheckURL(s.grant.VerificationURIComplete); err == nil {
		return s.grant.VerificationURIComplete
	}
	return s.grant.VerificationURI
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
// of the network in between does not end it (RFC 8628, section 3.5).
//
// Errors: as [SignIn.Wait].
func (s *DeviceSignIn) Wait() (*Tokens, error) {
	defer s.stop()
	defer s.cancel(nil)
	c := s.client
	for {
		var token *oauth2.Token
		answer, err := c.ask(s.ctx, "device", s.meta.TokenEndpoint, func(ctx context.Context) (err error) {
			token, err = c.oauthConfig(s.meta, "").DeviceAccessToken(ctx, s.grant)
			return err
		})
		var passing *UnavailableError
		var refused *ProviderError
		switch {
		case err == nil:
			tokens, err := c.completeSignIn(s.ctx, s.meta, token, expected{serverTime: answer.serverTime()})
			if err != nil && s.ctx.Err() != nil {
				err = context.Cause(s.ctx)
			}
			return tokens, err
		case s.ctx.Err() != nil:
			return nil, context.Cause(s.ctx)
		case errors.As(err, &refused) && refused.Code == "expired_token":
			return nil, ErrTimedOut
		case errors.As(err, &passing):
			// The library waits the provider's interval before it asks again.
			continue
		}
		return nil, err
	}
}
