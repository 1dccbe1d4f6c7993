package vault

import (
	"context"
	"errors"
)

// SetUp has a key store that is [NotSetUp] make what it keeps secrets in. The store shows a prompt of
// its own for that, most often to choose a password, so that this is only for the moment when a
// person has just asked for something: never at log-on, and never by itself.
//
// It waits for the person until ctx ends, five minutes at the most, and takes the prompt away then.
// Where nobody agrees it fails with an [*Error] of the kind NotSetUp, and while another SetUp waits
// with one of the kind [Locked]. A store that is set up, and one that needs no setting up, is left
// alone and no error. Other methods go on meanwhile.
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
