package settings

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/fetch"
	"github.com/portico-desktop/portico/auth/vault"
)

const (
	// keptName is the key store's name for the policies' restrictions. Like every other it
	// must never change.
	keptName = "policy"
	// markFile is the name of the file with their digest.
	markFile = "policy.kept"
	// keepLimit bounds a write, and keepAtEnd the wait for one at the agent's end: the key
	// store may be asking for a password.
	keepLimit = 15 * time.Second
	keepAtEnd = time.Second
)

// place is the home of the policies' restrictions.
type place struct {
	kept func() (store auth.Store, kind string)
	// mark is a file with a digest of the key store's entry. It spares a start the question.
	mark string
}

func (p place) store() auth.Store {
	store, _ := p.kept()
	return store
}

// digest is the mark of an entry, "" for no entry.
func (p place) digest(kept []byte) string {
	if kept == nil {
		return ""
	}
	if _, kind := p.kept(); kind == "file" {
		kept = append(slices.Clone(kept), kind...)
	}
	sum := sha256.Sum256(kept)
	return hex.EncodeToString(sum[:])
}

// restrictions has the key store keep the restrictions of the policies, for a start with
// a broken source.
type restrictions struct {
	place
	// looksOnly: nothing is kept.
	looksOnly bool
	accounts  func() []localapi.Account
	read      func() *policy.Policies // the last readable ones, nil for none
	life      context.Context
	log       *slog.Logger

	mu sync.Mutex
	// forgotten: nothing is kept any more in this run, until somebody signs in.
	forgotten bool

	keeping sync.Mutex // held during a write, and guards the rest
	// toKeep are the restrictions of keptOf, the policies of the last time.
	keptOf *policy.Policies
	toKeep []byte
	// failed: a write has failed. It is not tried again in this run.
	failed bool
}

// Keep has the key store keep the restrictions of the policies, for a start with a broken
// source. Without a change the key store is not touched, nor without a sign-in in it: it
// may never have been used, and would ask for a password.
func (d *Decisions) Keep() { d.restrictions.keep() }

// Leave removes the kept restrictions once none of all accounts is remembered any more.
func (d *Decisions) Leave(ctx context.Context, all []localapi.Account) {
	if remembersAnybody(all) {
		return
	}
	if err := d.restrictions.drop(ctx); err != nil {
		d.p.Log.Warn("what the policies restrict is still in the key store", "error", err)
	}
}

// Forget removes the kept restrictions, and keeps none until the next start, or SignedIn.
func (d *Decisions) Forget(ctx context.Context) error {
	d.restrictions.forget(true)
	return d.restrictions.drop(ctx)
}

// SignedIn notes a sign-in: the restrictions are kept again.
func (d *Decisions) SignedIn() {
	d.restrictions.forget(false)
	d.p.Begin(d.Keep)
}

func (r *restrictions) forget(forgotten bool) {
	r.mu.Lock()
	r.forgotten = forgotten
	r.mu.Unlock()
}

func (r *restrictions) keep() {
	if r.looksOnly {
		return
	}
	r.keeping.Lock()
	defer r.keeping.Unlock()
	read := r.read()
	r.mu.Lock()
	forgotten := r.forgotten
	r.mu.Unlock()
	if read == nil || forgotten || r.failed {
		return
	}
	if r.keptOf != read {
		r.keptOf, r.toKeep = read, read.Kept() // slow for a list of thousands
	}
	kept := r.toKeep
	if kept != nil && !remembersAnybody(r.accounts()) {
		return
	}
	digest := r.digest(kept)
	if had, err := fetch.ReadFile(r.mark); string(had) == digest && (err == nil || errors.Is(err, fs.ErrNotExist)) {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), keepLimit)
	defer cancel()
	defer context.AfterFunc(r.life, func() { time.AfterFunc(keepAtEnd, cancel) })()
	var err error
	if kept == nil {
		if err = r.store().Delete(ctx, keptName); err == nil || errors.Is(err, vault.ErrNotFound) {
			err = os.Remove(r.mark)
		}
	} else if err = r.store().Put(ctx, keptName, kept); err == nil {
		err = fetch.WriteFile(r.mark, []byte(digest))
	}
	if err != nil {
		r.failed = true
		r.log.Info("what the policies restrict could not be kept; a start at which they cannot be read lets nobody sign in", "error", err)
	}
}

func remembersAnybody(all []localapi.Account) bool {
	return slices.ContainsFunc(all, func(a localapi.Account) bool { return a.Remembered })
}

func (r *restrictions) drop(ctx context.Context) error {
	r.keeping.Lock()
	defer r.keeping.Unlock()
	if _, err := os.Lstat(r.mark); errors.Is(err, fs.ErrNotExist) {
		return nil // nothing was kept
	}
	if err := r.store().Delete(ctx, keptName); err != nil && !errors.Is(err, vault.ErrNotFound) {
		return err
	}
	return os.Remove(r.mark)
}
