package auth

import (
	"context"
	"fmt"
)

// SignIn signs a person in from beginning to end: [Client.Begin], Params.Open
// with the sign-in's address, [SignIn.Wait]. Programs that show a link, a
// countdown or a button to cancel call these themselves. It may be called once at
// a time where the redirect has a fixed port.
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
	if err := c.open(ctx, s.URL()); err != nil {
		s.Cancel()
		_, _ = s.Wait() // lets go of the port
		return nil, fmt.Errorf("open the browser: %w", err)
	}
	return s.Wait()
}
