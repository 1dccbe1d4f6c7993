package auth

import (
	"context"
	"time"

	"github.com/portico-desktop/portico/auth/vault"
)

// setUpLimit is how long a key store may wait for the person who is to set it up. The
// browser waits meanwhile, because what its page says depends on it.
const setUpLimit = 2 * time.Minute

// rememberNew keeps a new sign-in. Somebody has just signed in, and is there to answer
// a key store that was never set up and asks for a password: this is the one moment at
// which it may.
func (c *Client) rememberNew(ctx context.Context, r remembered) error {
	err := c.remember(ctx, r)
	store, ok := c.store.(interface{ SetUp(context.Context) error })
	if !ok || vault.KindOf(err) != vault.NotSetUp {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, setUpLimit)
	defer cancel()
	if err := store.SetUp(limited); err != nil {
		c.log.Warn("the key store was not set up", "error", err)
		return err
	}
	return c.remember(ctx, r)
}
