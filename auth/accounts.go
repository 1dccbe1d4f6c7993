package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"slices"

	"github.com/portico-desktop/portico/auth/vault"
)

// Accounts are the accounts of this user. Their sign-ins lie in a key store, under locks for
// all processes, or in this program's memory: nobody wants them kept, or the key store has
// not taken them. Clients over the same Accounts share this memory. Its methods are safe for
// concurrent use.
type Accounts struct {
	store   Store
	lockDir string
	memory  memory
}

// NewAccounts returns the accounts in a key store. It holds the refresh tokens, and the
// secrets and keys of clients. lockDir holds the lock files, so two processes never spend
// one refresh token; it must be the same for all of them. Nothing is touched before it is
// used.
func NewAccounts(store Store, lockDir string) *Accounts {
	return &Accounts{store: store, lockDir: lockDir}
}

// lock keeps other processes away from a record.
func (a *Accounts) lock(ctx context.Context, name string) (unlock func(), err error) {
	return lock(ctx, a.lockDir, name)
}

// Known is an account known to this device.
type Known struct {
	Account
	// Remembered reports if a refresh token is kept, so signing in may be silent.
	Remembered bool
	// Lost: none is kept because it could not be saved, and not because the provider has
	// ended the sign-in; see [LostError].
	Lost bool
}

// All lists the accounts in the key store, the last signed in first, whatever their
// provider. With an error, the readable accounts come all the same.
func (a *Accounts) All(ctx context.Context) ([]Known, error) {
	var known []Known
	var damage error
	for k, err := range a.Each(ctx) {
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

// Each is All for callers with use for a part of them: each is read when it is its turn.
// A damaged record comes as an error of the kind [vault.Damaged], and the others after
// it; any other error is the last.
func (a *Accounts) Each(ctx context.Context) iter.Seq2[Known, error] {
	return func(yield func(Known, error) bool) {
		ids, err := readIndex(ctx, a.store, indexName)
		if err != nil {
			yield(Known{}, err)
			return
		}
		for _, id := range ids {
			r, err := read(ctx, a.store, id)
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

// Use puts an account first in [Accounts.All], as a sign-in would. An unknown one changes
// nothing.
func (a *Accounts) Use(ctx context.Context, accountID string) error {
	return a.editIndex(ctx, indexName, func(ids []string) []string {
		if !slices.Contains(ids, accountID) {
			return ids
		}
		ids = slices.DeleteFunc(ids, func(id string) bool { return id == accountID })
		return append([]string{accountID}, ids...)
	})
}

// Remove deletes an account from the key store and from memory. It needs no network and
// no provider, and removing an unknown account is no error.
func (a *Accounts) Remove(ctx context.Context, accountID string) error {
	a.memory.part(accountID)
	_, err := a.take(ctx, accountID, nil)
	a.memory.part(accountID) // with the outcome of a renewal under way
	return err
}

// Forget deletes every account from memory and from the key store, also those with
// unreadable records, and returns their number. The secrets and keys of clients go as well.
// It goes on past errors, and joins them.
func (a *Accounts) Forget(ctx context.Context) (removed int, err error) {
	held := a.memory.forget()
	removed, err = a.forgetAccounts(ctx)
	for _, id := range held {
		// A renewal under way may save it, or hold it anew.
		err = errors.Join(err, a.Remove(ctx, id))
	}
	return removed, errors.Join(err, a.forgetCredentials(ctx))
}

func (a *Accounts) forgetAccounts(ctx context.Context) (removed int, err error) {
	ids, err := readIndex(ctx, a.store, indexName)
	if vault.KindOf(err) == vault.Damaged {
		return 0, ignoreNotFound(a.store.Delete(ctx, indexName))
	}
	var problems []error
	for _, id := range ids {
		if err := a.Remove(ctx, id); err != nil {
			problems = append(problems, err)
			continue
		}
		removed++
	}
	return removed, errors.Join(append(problems, err)...)
}

// take removes an account and returns its record, both under the lock, so a token rotated
// by another process is not missed. A record that may refuses stays, and counts as not
// there; nil lets every one be removed.
func (a *Accounts) take(ctx context.Context, accountID string, may func(remembered) bool) (remembered, error) {
	unlock, err := a.lock(ctx, accountID)
	if err != nil {
		return remembered{}, err
	}
	defer unlock()
	kept, err := read(ctx, a.store, accountID)
	if err == nil && may != nil && !may(kept) {
		return remembered{}, nil
	}
	if err := ignoreNotFound(a.store.Delete(ctx, recordName(accountID))); err != nil {
		return kept, err
	}
	_ = os.Remove(a.markOf(accountID))
	_ = os.Remove(a.wishOf(accountID))
	return kept, a.editIndex(ctx, indexName, without(accountID))
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

func (a *Accounts) editIndex(ctx context.Context, index string, edit func([]string) []string) error {
	unlock, err := a.lock(ctx, index)
	if err != nil {
		return err
	}
	defer unlock()
	ctx = vault.Held(ctx)
	ids, err := readIndex(ctx, a.store, index)
	// A damaged index cannot tell its accounts any more; for new sign-ins it can.
	damaged := vault.KindOf(err) == vault.Damaged
	if err != nil && !damaged {
		return err
	}
	edited := edit(slices.Clone(ids))
	if slices.Equal(ids, edited) && !damaged {
		return nil
	}
	if len(edited) == 0 {
		return ignoreNotFound(a.store.Delete(ctx, index))
	}
	raw, err := json.Marshal(edited)
	if err != nil {
		return err
	}
	return a.store.Put(ctx, index, raw)
}
