package auth

import (
	"context"
	"time"

	"github.com/portico-desktop/portico/auth/vault"
)

// setUpLimit is how long a key store may wait for the person to set it up. The browser
// waits meanwhile, because the words of its page depend on it.
const setUpLimit = 2 * time.Minute

// rememberNew keeps a new sign-in. Somebody has just signed in, and is there to choose a
// password for a key store never set up before: this is the one moment for the store to
// ask.
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
