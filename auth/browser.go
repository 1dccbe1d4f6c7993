package auth

import (
	"context"
	"fmt"
)

// SignIn signs a person in from beginning to end: [Client.Begin], Params.Open with the
// sign-in's address, [SignIn.Wait]. Programs with a link, a countdown or a button to
// cancel call these themselves. It may be called once at a time if the redirect has a
// fixed port.
//
// It never waits for Open: some systems run the browser itself there, in the
// foreground, until the person closes it. SignIn returns all the same, and Open goes on
// by itself with ctx. An error of Open ends the sign-in as long as no browser has come
// back.
//
// Errors: *[ConfigError] without Params.Open, whatever Open returns, those of
// Begin and Wait.
func (c *Client) SignIn(ctx context.Context, o BeginOptions) (*Tokens, error) {
	if c.open == nil {
		return nil, &ConfigError{Provider: c.provider.Name(), Key: "Params.Open", Reason: "is nil: there is nothing to open the browser with"}
	}
	s, err := c.Begin(ctx, o)
	if err != nil {
		return nil, err
	}
	go func() {
		if err := c.open(ctx, s.URL()); err != nil {
			s.unopened(err)
		}
	}()
	return s.Wait()
}

// unopened ends a sign-in without an opened browser. If a browser has come back, it was
// opened, in spite of any error of its command.
func (s *SignIn) unopened(err error) {
	select {
	case <-s.Returned():
		s.client.log.Info("the command that opened the browser failed after the browser had come back", "error", err)
	default:
		s.cancel(fmt.Errorf("open the browser: %w", err))
	}
}
