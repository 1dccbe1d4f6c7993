package agent

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
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
	// keptName is the key store's name for what policies restrict. Like every other it
	// must never change.
	keptName = "policy"
	// believeAfter is how long a source has to stay broken, and the same, before that is
	// told of: editors and tools write in two steps.
	believeAfter = 10 * time.Second
	// recallLimit bounds the wait for the key store at a start with a broken source, and
	// recallAgain is when it is asked again that has not answered.
	recallLimit = 5 * time.Second
	recallAgain = 30 * time.Second
	// recalls is how often that is by itself: a key store may be late at log-on.
	recalls = 4
	// keepLimit bounds a write of what is kept, and keepAtEnd the wait for one when the
	// agent ends: the key store may be asking for a password.
	keepLimit = 15 * time.Second
	keepAtEnd = time.Second
)

// lastSaid is what counts where the policies cannot be read: what they said before.
type lastSaid struct {
	// store keeps what they restrict, unless IT wants no key store used; see
	// Agent.keptIn. It is touched at a start with a broken source, and when that has
	// changed, and at no other time.
	store auth.Store
	// believeAfter is the constant of that name, which tests cannot wait for.
	believeAfter time.Duration

	mu sync.Mutex
	// read are the last ones that could be read in this run, and good the last of these
	// that said anything, nil for none.
	read, good *policy.Policies
	// suspect is what is broken, as it was first seen; see policy.Policies.State.
	suspect string
	since   time.Time
	// kept is what the key store has told, once asked is true, and again when it may be
	// asked once more.
	kept  []byte
	asked bool
	again time.Time
	tries int
	// forgotten: nothing is kept any more in this run.
	forgotten bool

	keeping sync.Mutex // held while what is kept is written
	// toKeep is what is kept of keptOf, the policies that were asked last.
	keptOf *policy.Policies
	toKeep []byte
	// failed: it could not be written, which is not tried again in this run.
	failed bool
}

// read asks what IT has decided, as it counts.
func (a *Agent) readPolicies() *policy.Policies {
	read := a.p.Policies
	if read == nil {
		read = policy.Read
	}
	return read()
}

// trusted is what counts of policies that were just read. While a source is broken, what
// it said before counts. What is in use goes on without a word for as long as the source
// may be half written.
func (a *Agent) trusted(read, inUse *policy.Policies) *policy.Policies {
	s := &a.lastSaid
	s.mu.Lock()
	if read.Broken() == nil {
		s.read, s.suspect = read, ""
		if read.Managed() {
			s.good = read
		}
		s.mu.Unlock()
		return read
	}
	state := read.State()
	if s.read == nil {
		s.mu.Unlock()
		return a.recalled(read)
	}
	if s.suspect != state {
		s.suspect, s.since = state, time.Now()
		a.lookAgainIn(s.believeAfter)
	}
	sure := time.Since(s.since) >= s.believeAfter
	s.mu.Unlock()
	if !sure && inUse != nil {
		return inUse
	}
	return a.atOnce(read)
}

// atOnce is trusted for somebody who has asked, and is told of what is broken at once.
func (a *Agent) atOnce(read *policy.Policies) *policy.Policies {
	s := &a.lastSaid
	s.mu.Lock()
	good := s.good
	s.mu.Unlock()
	switch {
	case read.Broken() == nil:
		return read
	case good != nil && good.Knows(read):
		return read.Standing(good)
	}
	return a.recalled(read)
}

// recalled is what counts of broken policies at a start: what the key store has kept of
// what they restrict. Without that, nobody may sign in.
func (a *Agent) recalled(read *policy.Policies) *policy.Policies {
	s := &a.lastSaid
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.asked && !time.Now().Before(s.again) {
		ctx, cancel := context.WithTimeout(context.Background(), recallLimit)
		defer cancel()
		kept, err := a.keptIn().Get(ctx, keptName)
		if s.asked = err == nil || errors.Is(err, vault.ErrNotFound); s.asked {
			s.kept = kept
			if err != nil && !a.p.Passive && a.p.Rehearse == nil {
				_ = os.Remove(a.keptMark()) // the key store is another one: it is kept anew
			}
		} else {
			a.log.Warn("the key store did not say what the policies last restricted", "error", err)
			s.again = time.Now().Add(recallAgain)
			if s.tries++; s.tries <= recalls && vault.KindOf(err) != vault.Locked { // a dialog is not opened again and again
				a.lookAgainIn(recallAgain)
			}
		}
	}
	if s.kept == nil {
		return read.Shut()
	}
	return read.Recalled(s.kept)
}

// lookAgainIn has the policies read again after a while, in the agent's life.
func (a *Agent) lookAgainIn(wait time.Duration) {
	a.begin(func() {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-timer.C:
			a.reconsider()
		case <-a.life.Done():
		}
	})
}

// keptIn is where what is kept of the policies lies: beside sign-ins that IT has in
// files, since it does so where a key store is missing or asks for passwords.
func (a *Agent) keptIn() auth.Store {
	if s := a.stores; s != nil && (s.kind == "file" || s.kind == "" && s.hasFiles()) {
		return s.files
	}
	return a.lastSaid.store
}

// markOf is what keptMark holds once that is kept, "" for nothing.
func (a *Agent) markOf(kept []byte) string {
	if kept == nil {
		return ""
	}
	if a.stores != nil && a.stores.kind == "file" {
		kept = append(slices.Clone(kept), a.stores.kind...)
	}
	sum := sha256.Sum256(kept)
	return hex.EncodeToString(sum[:])
}

// keptMark is a file with a digest of what the key store has kept, so that a start need
// not ask it.
func (a *Agent) keptMark() string { return filepath.Join(a.p.Paths.Data, "policy.kept") }

// keepPolicies has the key store keep what the policies restrict, for a start at which
// they cannot be read. It is not touched where nothing has changed, nor while it holds
// nobody's sign-in: it may never have been used, and would ask for a password.
func (a *Agent) keepPolicies() {
	if a.p.Passive || a.p.Rehearse != nil {
		return
	}
	s := &a.lastSaid
	s.keeping.Lock()
	defer s.keeping.Unlock()
	s.mu.Lock()
	read, forgotten := s.read, s.forgotten
	s.mu.Unlock()
	if read == nil || forgotten || s.failed {
		return
	}
	if s.keptOf != read {
		s.keptOf, s.toKeep = read, read.Kept() // which a list of thousands takes time for
	}
	kept := s.toKeep
	if kept != nil && !remembersAnybody(a.session.Listed()) {
		return
	}
	mark := a.markOf(kept)
	if had, err := fetch.ReadFile(a.keptMark()); string(had) == mark && (err == nil || errors.Is(err, fs.ErrNotExist)) {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), keepLimit)
	defer cancel()
	defer context.AfterFunc(a.life, func() { time.AfterFunc(keepAtEnd, cancel) })()
	var err error
	if kept == nil {
		if err = a.keptIn().Delete(ctx, keptName); err == nil || errors.Is(err, vault.ErrNotFound) {
			err = os.Remove(a.keptMark())
		}
	} else if err = a.keptIn().Put(ctx, keptName, kept); err == nil {
		err = fetch.WriteFile(a.keptMark(), []byte(mark))
	}
	if err != nil {
		s.failed = true
		a.log.Info("what the policies restrict could not be kept; a start at which they cannot be read lets nobody sign in", "error", err)
	}
}

func remembersAnybody(all []localapi.Account) bool {
	return slices.ContainsFunc(all, func(a localapi.Account) bool { return a.Remembered })
}

// leavePolicies removes what is kept of the policies once nobody is remembered any more.
func (a *Agent) leavePolicies(ctx context.Context) {
	all, err := a.session.Accounts(ctx)
	if err != nil || remembersAnybody(all) {
		return
	}
	if err := a.dropPolicies(ctx); err != nil {
		a.log.Warn("what the policies restrict is still in the key store", "error", err)
	}
}

// forgetPolicies removes what is kept of the policies, and keeps nothing until the next
// start.
func (a *Agent) forgetPolicies(ctx context.Context) error {
	a.lastSaid.mu.Lock()
	a.lastSaid.forgotten = true
	a.lastSaid.mu.Unlock()
	return a.dropPolicies(ctx)
}

func (a *Agent) dropPolicies(ctx context.Context) error {
	s := &a.lastSaid
	s.keeping.Lock()
	defer s.keeping.Unlock()
	if _, err := os.Lstat(a.keptMark()); errors.Is(err, fs.ErrNotExist) {
		return nil // nothing was kept
	}
	if err := a.keptIn().Delete(ctx, keptName); err != nil && !errors.Is(err, vault.ErrNotFound) {
		return err
	}
	return os.Remove(a.keptMark())
}

// policyNotice says that a source is broken and what counts meanwhile, nil where none
// is. Why nobody may sign in, the session says. The caller holds mu.
func (a *Agent) policyNotice() *localapi.Problem {
	p := a.policies.Broken()
	if p == nil || p.Instead == policy.Closed {
		return nil
	}
	notice := policyProblem(*p)
	if by := a.settings.Text(policy.ManagedByName); by != "" {
		notice.Params["by"] = by
	}
	return &notice
}
