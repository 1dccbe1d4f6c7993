package settings

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/auth/vault"
)

const (
	// believeAfter is the time for a broken source to stay the same before anybody is
	// told: editors and tools write in two steps.
	believeAfter = 10 * time.Second
	// recallLimit bounds the wait for the key store at a start with a broken source, and
	// recallAgain is the pause after a wait in vain.
	recallLimit = 5 * time.Second
	recallAgain = 30 * time.Second
	// recalls is the number of further attempts: a key store may be late at log-on.
	recalls = 4
)

// Waits are the times to wait with a broken source of the policies.
type Waits struct {
	// Believe is the time for the source to stay broken, and the same, before anybody is
	// told.
	Believe time.Duration
	// Recall is the pause before a silent key store is asked again.
	Recall time.Duration
}

// lastSaid stands in for unreadable policies with their own words from before.
type lastSaid struct {
	recall      *recollection
	waits       func() Waits
	lookAgainIn func(time.Duration)

	mu sync.Mutex // guards what follows
	// read are the last readable ones of this run, and good the last with any decision in
	// them, nil for none.
	read, good *policy.Policies
	// suspect is the broken state, as it was first seen at since; see
	// policy.Policies.State.
	suspect string
	since   time.Time
}

// lastRead are the last readable policies of this run, nil for none.
func (s *lastSaid) lastRead() *policy.Policies {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.read
}

// trusted are the policies to use after a read. For a broken source its words from before
// count. As long as the source may be half written, the policies in use go on without a
// word.
func (s *lastSaid) trusted(read, inUse *policy.Policies) *policy.Policies {
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
		return s.recall.counts(read)
	}
	wait := s.waits().Believe
	if s.suspect != state {
		s.suspect, s.since = state, time.Now()
		s.lookAgainIn(wait)
	}
	sure := time.Since(s.since) >= wait
	s.mu.Unlock()
	if !sure && inUse != nil {
		return inUse
	}
	return s.atOnce(read)
}

// atOnce is trusted for a person with a question, to be told of a broken source at once.
func (s *lastSaid) atOnce(read *policy.Policies) *policy.Policies {
	s.mu.Lock()
	good := s.good
	s.mu.Unlock()
	switch {
	case read.Broken() == nil:
		return read
	case good != nil && good.Knows(read):
		return read.Standing(good)
	}
	return s.recall.counts(read)
}

// recollection is the restrictions of the policies as the key store has kept them, for a
// start with a broken source. The key store is asked then, and at no other time.
type recollection struct {
	place
	waits func() Waits
	// looksOnly: nothing is removed.
	looksOnly   bool
	lookAgainIn func(time.Duration)
	log         *slog.Logger

	mu sync.Mutex // guards what follows
	// told is the key store's answer, once asked is true. Until then tried is the time of
	// the last attempt in vain, and tries their number.
	told  []byte
	asked bool
	tried time.Time
	tries int
}

// counts are broken policies at a start with their restrictions from the key store.
// Without those nobody may sign in.
func (r *recollection) counts(read *policy.Policies) *policy.Policies {
	r.mu.Lock()
	defer r.mu.Unlock()
	if wait := r.waits().Recall; !r.asked && time.Since(r.tried) >= wait {
		ctx, cancel := context.WithTimeout(context.Background(), recallLimit)
		defer cancel()
		told, err := r.store().Get(ctx, keptName)
		if r.asked = err == nil || errors.Is(err, vault.ErrNotFound); r.asked {
			r.told = told
			if err != nil && !r.looksOnly {
				_ = os.Remove(r.mark) // the key store is another one: it is kept anew
			}
		} else {
			r.log.Warn("the key store did not say what the policies last restricted", "error", err)
			r.tried = time.Now()
			if r.tries++; r.tries <= recalls && vault.KindOf(err) != vault.Locked { // a dialog is not opened again and again
				r.lookAgainIn(wait)
			}
		}
	}
	if r.told == nil {
		return read.Shut()
	}
	return read.Recalled(r.told)
}
