package diag

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/portico-desktop/portico/app/session"
	"github.com/portico-desktop/portico/auth/vault"
)

const (
	// canaryName is nobody's entry: a killed doctor leaves it to the next one.
	canaryName = "doctor"
	canaryText = "Portico's doctor was here: "
	// storeLimit bounds a key store's time, a question to the person included.
	storeLimit = 12 * time.Second
)

// errCanary means that the key store works and forgets.
var errCanary = errors.New("what was written was not read back")

// checkKeyStore writes, reads and deletes an entry, as a sign-in does.
func (x *examination) checkKeyStore(ctx context.Context) []*check {
	const id = "key-store"
	c := x.keyStore
	switch x.StoreKind {
	case "memory":
		*c = *skipped(id, groupComputer, "", "not used: sign-ins are kept in memory only (policy TokenStore, or a shared computer)")
		return []*check{c}
	case "file":
		*c = *good(id, groupComputer, "", "sign-ins are kept in a file (policy TokenStore); it was written, read and deleted")
	default:
		*c = *good(id, groupComputer, "", "an entry was written, read and deleted")
	}
	ctx, cancel := context.WithTimeout(ctx, storeLimit)
	defer cancel()
	err := x.tryStore(ctx)
	if errors.Is(err, errCanary) {
		err = x.tryStore(ctx) // another doctor may have been at it
	}
	if err != nil {
		*c = *bad(id, groupComputer, "", session.Explain(err, session.About{}, x.Now()))
	}
	return []*check{c}
}

func (x *examination) tryStore(ctx context.Context) error {
	if err := x.Store.Put(ctx, canaryName, []byte(canaryText+rand.Text())); err != nil {
		return err
	}
	got, err := x.Store.Get(ctx, canaryName)
	// It has to go whatever came of reading it, and whoever has stopped waiting.
	undo, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	gone := x.Store.Delete(undo, canaryName)
	switch {
	case errors.Is(err, vault.ErrNotFound), err == nil && !strings.HasPrefix(string(got), canaryText):
		return &vault.Error{Kind: vault.Failing, Err: errCanary}
	case err != nil:
		return err
	case gone != nil:
		return fmt.Errorf("take the entry away again: %w", gone)
	}
	return nil
}
