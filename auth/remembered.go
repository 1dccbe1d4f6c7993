package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"slices"
	"time"

	"github.com/portico-desktop/portico/auth/vault"
)

// remembered is what the key store holds for one account: the refresh token, the
// key that it is bound to, and the account's identifiers, nothing else. Above all, no
// other token.
type remembered struct {
	Account Account `json:"account"`
	// RefreshToken is "" once the provider has ended the sign-in; the account is
	// kept so that it can be offered again.
	RefreshToken string `json:"refresh_token,omitempty"`
	// Proof is the key that the refresh token is bound to, nil where the provider
	// binds none, and in records from before it did.
	Proof    *proofKey `json:"dpop_key,omitempty"`
	ClientID string    `json:"client_id"`
	Saved    time.Time `json:"saved"`
	// Lost: there is no refresh token because one could not be saved; see LostError.
	Lost bool `json:"lost,omitempty"`
	// Renewed tells others who wait of the last renewal, nil where nobody did.
	Renewed *renewal `json:"renewed,omitempty"`

	// raw is the record as it lies in the key store, nil where it comes from memory.
	raw []byte
	// unsaved: it comes from memory, the key store may not even know the name.
	unsaved bool
	// usedUp is what lies in the key store until the next save; see Tokens.
	usedUp string
	// memoryOnly: it comes from memory, and nobody wants it kept.
	memoryOnly bool
}

// The names in the key store depend on nothing that changes with an update.
const indexName = "accounts"

func recordName(accountID string) string { return "account." + accountID }

// remember keeps a new sign-in: the index first, so that nothing in the key
// store is ever without a name that leads to it.
func (c *Client) remember(ctx context.Context, r remembered) error {
	// The browser's part is over and cannot be repeated: the save must not fail
	// because the person has just closed the window.
	ctx = context.WithoutCancel(ctx)
	unlock, err := lock(ctx, c.lockDir, r.Account.ID)
	if err != nil {
		return err
	}
	defer unlock()
	return c.rememberLocked(ctx, r)
}

// rememberLocked takes the place of what was kept for the same account before.
// The refresh token that is lost with it is not revoked: some providers let all
// sign-ins of one browser session share a grant, and revoking one ends them all,
// the new one included (RFC 7009, section 2.1).
func (c *Client) rememberLocked(ctx context.Context, r remembered) error {
	id := r.Account.ID
	if err := editIndex(ctx, c.store, c.lockDir, indexName, func(ids []string) []string {
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

// Known is an account that this device knows.
type Known struct {
	Account
	// Remembered says whether a refresh token is kept, so that signing in may be
	// silent.
	Remembered bool
	// Lost says that none is kept because it could not be saved, and not because the
	// provider has ended the sign-in; see [LostError].
	Lost bool
}

// Accounts lists the accounts in a key store, the last signed in first, whatever
// their provider. With an error, the accounts that could be read come all the same.
func Accounts(ctx context.Context, store Store) ([]Known, error) {
	var known []Known
	var damage error
	for k, err := range EachAccount(ctx, store) {
		switch {
		case err == nil:
			known = append(known, k)
		case vault.KindOf(err) == vault.Damaged:
			damage = err
		default:
			return known, err
		}
	}
	return known, damage
}

// EachAccount is [Accounts] for callers that may not want all: each is read when it is
// its turn. A damaged record comes as an error of the kind [vault.Damaged], and the
// others after it; any other error is the last.
func EachAccount(ctx context.Context, store Store) iter.Seq2[Known, error] {
	return func(yield func(Known, error) bool) {
		ids, err := readIndex(ctx, store, indexName)
		if err != nil {
			yield(Known{}, err)
			return
		}
		for _, id := range ids {
			r, err := read(ctx, store, id)
			switch {
			case errors.Is(err, vault.ErrNotFound):
				continue // the index is written first: this one was cut short
			case err == nil:
				if !yield(Known{Account: r.Account, Remembered: r.RefreshToken != "", Lost: r.Lost}, nil) {
					return
				}
			case !yield(Known{}, err) || vault.KindOf(err) != vault.Damaged:
				return // the others are none the worse for a damaged one
			}
		}
	}
}

// readIndex reads a list of names: of accounts, or of clients.
func readIndex(ctx context.Context, store Store, index string) ([]string, error) {
	raw, err := store.Get(ctx, index)
	if errors.Is(err, vault.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var ids []string
	if err := json.Unmarshal(raw, &ids); err != nil {
		return nil, &vault.Error{Op: "read", Kind: vault.Damaged, Err: fmt.Errorf("the list of %s cannot be read", index)}
	}
	return ids, nil
}

func editIndex(ctx context.Context, store Store, lockDir, index string, edit func([]string) []string) error {
	unlock, err := lock(ctx, lockDir, index)
	if err != nil {
		return err
	}
	defer unlock()
	ctx = vault.Held(ctx)
	ids, err := readIndex(ctx, store, index)
	// Whom a damaged index named cannot be told any more; whoever signs in now can.
	damaged := vault.KindOf(err) == vault.Damaged
	if err != nil && !damaged {
		return err
	}
	edited := edit(slices.Clone(ids))
	if slices.Equal(ids, edited) && !damaged {
		return nil
	}
	if len(edited) == 0 {
		return ignoreNotFound(store.Delete(ctx, index))
	}
	raw, err := json.Marshal(edited)
	if err != nil {
		return err
	}
	return store.Put(ctx, index, raw)
}

// Remove deletes an account from the key store. It needs no network and no
// provider, and removing what is not there is no error.
func Remove(ctx context.Context, store Store, lockDir, accountID string) error {
	_, err := take(ctx, store, lockDir, accountID, nil)
	return err
}

// Forget deletes every account from the key store, also those whose records
// cannot be read, and says how many. The secrets and keys of clients go as well.
// It goes on past errors, and joins them.
func Forget(ctx context.Context, store Store, lockDir string) (removed int, err error) {
	removed, err = forgetAccounts(ctx, store, lockDir)
	return removed, errors.Join(err, forgetCredentials(ctx, store, lockDir))
}

func forgetAccounts(ctx context.Context, store Store, lockDir string) (removed int, err error) {
	ids, err := readIndex(ctx, store, indexName)
	if vault.KindOf(err) == vault.Damaged {
		return 0, ignoreNotFound(store.Delete(ctx, indexName))
	}
	var problems []error
	for _, id := range ids {
		if err := Remove(ctx, store, lockDir, id); err != nil {
			problems = append(problems, err)
			continue
		}
		removed++
	}
	return removed, errors.Join(append(problems, err)...)
}

// take removes an account and returns what was kept of it, both under the lock, so
// that a token rotated by another process is not missed. A record that may not be
// removed stays, and counts as not there; nil lets every one be removed.
func take(ctx context.Context, store Store, lockDir, accountID string, may func(remembered) bool) (remembered, error) {
	unlock, err := lock(ctx, lockDir, accountID)
	if err != nil {
		return remembered{}, err
	}
	defer unlock()
	kept, err := read(ctx, store, accountID)
	if err == nil && may != nil && !may(kept) {
		return remembered{}, nil
	}
	if err := ignoreNotFound(store.Delete(ctx, recordName(accountID))); err != nil {
		return kept, err
	}
	_ = os.Remove(markOf(lockDir, accountID))
	_ = os.Remove(wishOf(lockDir, accountID))
	return kept, editIndex(ctx, store, lockDir, indexName, without(accountID))
}

func ignoreNotFound(err error) error {
	if errors.Is(err, vault.ErrNotFound) {
		return nil
	}
	return err
}
