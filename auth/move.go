package auth

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/portico-desktop/portico/auth/vault"
)

// MoveTo takes every account and every client's secrets and keys to another key store,
// under the locks against other processes: for programs changing their key store. Each is
// deleted here only after it lies in the other. An account in both keeps the sign-in
// saved last.
//
// It goes on past errors, and joins them; a record not moved stays in its place, and
// MoveTo can be called again.
func (a *Accounts) MoveTo(ctx context.Context, other Store) error {
	to := NewAccounts(other, a.lockDir)
	ids, err := readIndex(ctx, a.store, indexName)
	problems := []error{err}
	// The first one was used last, and has to come last to be the first again.
	for _, id := range slices.Backward(ids) {
		problems = append(problems, a.moveAccount(ctx, to, id))
	}
	names, err := readIndex(ctx, a.store, clientIndex)
	problems = append(problems, err)
	for _, name := range names {
		problems = append(problems, a.moveClient(ctx, to, name))
	}
	return errors.Join(problems...)
}

func (a *Accounts) moveAccount(ctx context.Context, to *Accounts, id string) error {
	unlock, err := a.lock(ctx, id)
	if err != nil {
		return err
	}
	defer unlock()
	r, err := read(ctx, a.store, id)
	if err != nil && !errors.Is(err, vault.ErrNotFound) && vault.KindOf(err) != vault.Damaged {
		return err
	}
	if err == nil {
		if err := to.put(ctx, r); err != nil {
			return err
		}
	}
	// A record damaged or cut short is worth nothing in the other one either.
	if err := ignoreNotFound(a.store.Delete(ctx, recordName(id))); err != nil {
		return err
	}
	return a.editIndex(ctx, indexName, without(id))
}

// put keeps a record unless there is a newer one.
func (a *Accounts) put(ctx context.Context, r remembered) error {
	there, err := read(ctx, a.store, r.Account.ID)
	switch {
	case err == nil && there.Saved.After(r.Saved):
		return nil
	case err != nil && !errors.Is(err, vault.ErrNotFound) && vault.KindOf(err) != vault.Damaged:
		return err
	}
	if err := a.editIndex(ctx, indexName, func(ids []string) []string {
		return append([]string{r.Account.ID}, without(r.Account.ID)(ids)...)
	}); err != nil {
		return err
	}
	raw, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return a.store.Put(ctx, recordName(r.Account.ID), raw)
}

func (a *Accounts) moveClient(ctx context.Context, to *Accounts, name string) error {
	unlock, err := a.lock(ctx, name)
	if err != nil {
		return err
	}
	defer unlock()
	raw, err := a.store.Get(ctx, name)
	if err != nil && !errors.Is(err, vault.ErrNotFound) && vault.KindOf(err) != vault.Damaged {
		return err
	}
	if err == nil {
		if err := to.editIndex(ctx, clientIndex, func(names []string) []string { return append(without(name)(names), name) }); err != nil {
			return err
		}
		if err := to.store.Put(ctx, name, raw); err != nil {
			return err
		}
	}
	return a.removeCredentials(ctx, name)
}

func without(name string) func([]string) []string {
	return func(names []string) []string {
		return slices.DeleteFunc(names, func(n string) bool { return n == name })
	}
}
