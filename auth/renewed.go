package auth

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/portico-desktop/portico/auth/vault"
)

// Renewal is a sign-in confirmed by the provider.
type Renewal struct {
	// Account is as the provider, or the record of another process, has it.
	Account Account
	// Tokens are this process's, nil if another one has renewed the sign-in: tokens are
	// never kept, so there are none to hand over.
	Tokens *Tokens
}

// Renewed is [Client.Refresh] for programs with only one question: is somebody signed in?
// Many of them may ask at once. Another process's renewal since then is as good as their
// own, as long as it was made for the same registration and by the same description, with
// the same people allowed in. It has to have been made at since or later, by this
// computer's clock, and not in the future. since is the time of the question; zero counts
// as now.
//
// The errors are those of Refresh.
func (c *Client) Renewed(ctx context.Context, accountID string, since time.Time) (*Renewal, error) {
	if since.IsZero() {
		since = c.now()
	}
	c.refreshing.Lock()
	defer c.refreshing.Unlock()
	m, err := c.metadata(ctx, true)
	if err != nil {
		return nil, err
	}
	if h := c.accounts.memory.heldOf(accountID); h != nil && !h.wanted() {
		return c.renewedAlone(ctx, accountID) // no other process has it
	}
	unlock, kept, err := c.lockOrRenewed(ctx, m, accountID, since)
	if err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, err
	}
	defer func() { unlock() }()
	if kept != nil {
		return c.renewedBefore(*kept), nil
	}
	locked := vault.Held(ctx) // one for all of it: what was read under the lock is not read again
	own, err := c.kept(locked, accountID)
	if err != nil {
		return nil, err
	}
	if own.memoryOnly() { // since it was asked for
		unlock()
		unlock = func() {}
		return c.renewedAlone(ctx, accountID)
	}
	ctx = locked
	if c.isRenewed(ctx, m, own, since) {
		return c.renewedBefore(own), nil
	}
	tokens, err := c.renewKept(ctx, m, own, API{})
	if err != nil {
		return nil, err
	}
	return &Renewal{Account: tokens.Account, Tokens: tokens}, nil
}

// renewedAlone is Renewed without a look at other processes.
func (c *Client) renewedAlone(ctx context.Context, accountID string) (*Renewal, error) {
	tokens, err := c.refresh(ctx, accountID, API{})
	if err != nil {
		return nil, err
	}
	return &Renewal{Account: tokens.Account, Tokens: tokens}, nil
}

func (c *Client) renewedBefore(kept remembered) *Renewal {
	c.log.Info("signed in by a renewal of another process", "provider", c.provider.ID, "account", kept.Account.ID, "at", kept.Renewed.At)
	return &Renewal{Account: kept.Account}
}

// lockOrRenewed waits for the account's lock. While others hold it, it first waits to
// read, as all others waiting may at once. If the sign-in was renewed, kept is its
// record; otherwise kept is nil and unlock ends a lock against everybody else.
func (c *Client) lockOrRenewed(ctx context.Context, m *Metadata, accountID string, since time.Time) (unlock func(), kept *remembered, err error) {
	if unlock, err = c.locks.try(accountID, false); unlock != nil || err != nil {
		return unlock, nil, err
	}
	if c.accounts.memory.heldOf(accountID) != nil { // the record is not the last word
		unlock, err = c.locks.take(ctx, accountID, false)
		return unlock, nil, err
	}
	if unlock, err = c.locks.try(accountID, true); err != nil {
		return nil, nil, err
	}
	if unlock == nil {
		_ = touch(c.accounts.wishOf(accountID)) // without it everybody asks
		if unlock, err = c.locks.take(ctx, accountID, true); err != nil {
			return nil, nil, err
		}
	}
	r, err := read(ctx, c.store, accountID)
	if err == nil && c.isRenewed(ctx, m, r, since) {
		return unlock, &r, nil
	}
	unlock()
	if err != nil && !errors.Is(err, vault.ErrNotFound) {
		return nil, nil, err // to ask again may open a second dialog
	}
	_ = touch(c.accounts.wishOf(accountID)) // without it everybody asks
	unlock, err = c.locks.take(ctx, accountID, false)
	return unlock, nil, err
}

// renewal is the record of a renewal, for other processes without a need for tokens.
type renewal struct {
	At time.Time `json:"at"`
	// As is a digest of the description it was renewed by; see Client.description.
	As string `json:"as"`
}

// isRenewed reports if a record tells of a renewal as good as our own.
func (c *Client) isRenewed(ctx context.Context, m *Metadata, kept remembered, since time.Time) bool {
	r := kept.Renewed
	switch {
	case r == nil, kept.held != nil, kept.RefreshToken == "", !c.Owns(kept.Account), r.As != c.description():
		return false
	case r.At.Before(since.Round(0)), r.At.After(c.now()):
		return false // after a change of the clock it says nothing
	}
	return c.mayRenew(ctx, m, kept) == nil
}

// noteRenewal has a record tell others of a renewal, and reports if anybody waits for it:
// with nobody waiting the key store would be written to in vain.
func (c *Client) noteRenewal(r *remembered) (wanted bool) {
	if os.Remove(c.accounts.wishOf(r.Account.ID)) != nil {
		return false
	}
	r.Renewed = &renewal{At: c.now().UTC(), As: c.description()}
	return true
}

// description is a digest of the provider's description and the limits on people, without
// the fields for display and for choosing.
func (c *Client) description() string {
	p := c.provider
	p.Title, p.Description, p.Domains, p.Accounts = "", "", nil, nil
	raw, _ := json.Marshal(p) // texts, numbers and lists never fail
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:8])
}

// wishOf is an empty file, for asking the holder of an account's lock to note the renewal.
func (a *Accounts) wishOf(accountID string) string {
	return filepath.Join(a.lockDir, accountID+".wanted")
}
