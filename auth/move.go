package auth

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/portico-desktop/portico/auth/vault"
)

// Move takes every account and every client's secrets and keys from one key store to
// another, under the locks that other processes respect: for programs that change
// where they keep them. Each is deleted in the one only after it lies in the other.
// An account that lies in both keeps the sign-in that was saved last.
//
// It goes on past errors, and joins them; what could not be moved stays where it was,
// and Move can be called again.
func Move(ctx context.Context, from, to Store, lockDir string) error {
	ids, err := readIndex(ctx, from, indexName)
	problems := []error{err}
	// The first one is the one that was used last, and has to come last to be it again.
	for _, id := range slices.Backward(ids) {
		problems = append(problems, moveAccount(ctx, from, to, lockDir, id))
	}
	names, err := readIndex(ctx, from, clientIndex)
	problems = append(problems, err)
	for _, name := range names {
		problems = append(problems, moveClient(ctx, from, to, lockDir, name))
	}
	return errors.Join(problems...)
}

func moveAccount(ctx context.Context, from, to Store, lockDir, id string) error {
	unlock, err := lock(ctx, lockDir, id)
	if err != nil {
		return err
	}
	defer unlock()
	r, err := read(ctx, from, id)
	if err != nil && !errors.Is(err, vault.ErrNotFound) && vault.KindOf(err) != vault.Damaged {
		return err
	}
	if err == nil {
		if err := put(ctx, to, lockDir, r); err != nil {
			return err
		}
	}
	// What is damaged, or was cut short, is worth nothing in the other one either.
	if err := ignoreNotFound(from.Delete(ctx, recordName(id))); err != nil {
		return err
	}
	return editIndex(ctx, from, lockDir, indexName, without(id))
}

// put keeps a record unless there is a newer one.
func put(ctx context.Context, to Store, lockDir string, r remembered) error {
	there, err := read(ctx, to, r.Account.ID)
	switch {
	case err == nil && there.Saved.After(r.Saved):
		return nil
	case err != nil && !errors.Is(err, vault.ErrNotFound) && vault.KindOf(err) != vault.Damaged:
		return err
	}
	if err := editIndex(ctx, to, lockDir, indexName, func(ids []string) []string {
		return append([]string{r.Account.ID}, without(r.Account.ID)(ids)...)
	}); err != nil {
		return err
	}
	raw, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return to.Put(ctx, recordName(r.Account.ID), raw)
}

func moveClient(ctx context.Context, from, to Store, lockDir, name string) error {
	unlock, err := lock(ctx, lockDir, name)
	if err != nil {
		return err
	}
	defer unlock()
	raw, err := from.Get(ctx, name)
	if err != nil && !errors.Is(err, vault.ErrNotFound) && vault.KindOf(err) != vault.Damaged {
		return err
	}
	if err == nil {
		if err := editIndex(ctx, to, lockDir, clientIndex, func(names []string) []string { return append(without(name)(names), name) }); err != nil {
			return err
		}
		if err := to.Put(ctx, name, raw); err != nil {
			return err
		}
	}
	return removeCredentials(ctx, from, lockDir, name)
}

func without(name string) func([]string) []string {
	return func(names []string) []string {
		return slices.DeleteFunc(names, func(n string) bool { return n == name })
	}
}
