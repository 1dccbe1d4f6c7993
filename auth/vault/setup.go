package vault

import (
	"context"
	"errors"
)

// SetUp has a key store of the kind [NotSetUp] make a place for secrets. The store shows a prompt of
// its own for it, most often to choose a password. So SetUp is only for the moment when a person has
// just asked for something: never at log-on, and never by itself.
//
// It waits for the person until ctx ends, five minutes at the most, and takes the prompt away then.
// If nobody agrees it fails with an [*Error] of the kind NotSetUp, and while another SetUp waits
// with one of the kind [Locked]. A store already set up, or without a need for it, is left alone
// and no error. Other methods go on meanwhile.
func (v *Vault) SetUp(ctx context.Context) error {
	store, ok := v.store.(interface{ setUp(context.Context) error })
	if !ok {
		return nil
	}
	if !v.settingUp.TryLock() {
		return &Error{Op: "set up", Kind: Locked, Err: errors.New("its prompt is open already")}
	}
	defer v.settingUp.Unlock()
	return failure("set up", store.setUp(ctx))
}
