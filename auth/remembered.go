package auth

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/portico-desktop/portico/auth/vault"
)

// remembered is the key store's record of one account: the refresh token, the key it is
// bound to, and the account's identifiers, nothing else. Above all, no other token.
type remembered struct {
	Account Account `json:"account"`
	// RefreshToken is "" once the provider has ended the sign-in; the account is kept so
	// it can be offered again.
	RefreshToken string `json:"refresh_token,omitempty"`
	// Proof is the key of a bound refresh token, nil if the provider binds none, and in
	// records from before it did.
	Proof    *proofKey `json:"dpop_key,omitempty"`
	ClientID string    `json:"client_id"`
	Saved    time.Time `json:"saved"`
	// Lost: there is no refresh token because one could not be saved; see LostError.
	Lost bool `json:"lost,omitempty"`
	// Renewed tells others waiting of the last renewal, nil if nobody waited.
	Renewed *renewal `json:"renewed,omitempty"`

	// raw is the record as it lies in the key store, nil if it comes from memory.
	raw []byte
	// held is its sign-in in memory if it comes from there, nil otherwise; the key store
	// may not even know the name.
	held *heldSignIn
	// usedUp is the token in the key store until the next save: this one's forerunner, or
	// an earlier one when several saves failed. It is "" after a sign-in with the
	// browser.
	usedUp string
}

// memoryOnly reports if it comes from memory, and nobody wants it kept.
func (r remembered) memoryOnly() bool { return r.held != nil && !r.held.wanted() }

// The names in the key store depend on nothing an update could change.
const indexName = "accounts"

func recordName(accountID string) string { return "account." + accountID }

// remember keeps a new sign-in: the index first, so nothing in the key store is ever
// without a name leading to it.
func (c *Client) remember(ctx context.Context, r remembered) error {
	// The browser's part is over and cannot be repeated: the save must not fail
	// because the person has just closed the window.
	ctx = context.WithoutCancel(ctx)
	unlock, err := c.accounts.lock(ctx, r.Account.ID)
	if err != nil {
		return err
	}
	defer unlock()
	return c.rememberLocked(ctx, r)
}

// rememberLocked puts a record in the place of the account's former one. The refresh
// token lost with the former is not revoked: some providers let all sign-ins of one
// browser session share a grant, and revoking one ends them all, the new one included
// (RFC 7009, section 2.1).
func (c *Client) rememberLocked(ctx context.Context, r remembered) error {
	id := r.Account.ID
	if err := c.accounts.editIndex(ctx, indexName, func(ids []string) []string {
		ids = slices.DeleteFunc(ids, func(known string) bool { return known == id })
		return append([]string{id}, ids...)
	}); err != nil {
		return err
	}
	return c.write(ctx, r)
}

func (c *Client) write(ctx context.Context, r remembered) error {
	r.ClientID, r.Saved = c.provider.ClientID, c.now().UTC().Truncate(time.Second)
	raw, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if err := c.store.Put(ctx, recordName(r.Account.ID), raw); err != nil {
		return err
	}
	c.settled(r.Account.ID)
	return nil
}

func read(ctx context.Context, store Store, accountID string) (remembered, error) {
	raw, err := store.Get(ctx, recordName(accountID))
	if err != nil {
		return remembered{}, err
	}
	var r remembered
	if err := json.Unmarshal(raw, &r); err != nil || r.Account.ID != accountID {
		return remembered{}, &vault.Error{Op: "read", Kind: vault.Damaged, Err: errors.New("the account's record cannot be read")}
	}
	r.raw, r.Account.ClientID = raw, r.ClientID
	return r, nil
}

func ignoreNotFound(err error) error {
	if errors.Is(err, vault.ErrNotFound) {
		return nil
	}
	return err
}
