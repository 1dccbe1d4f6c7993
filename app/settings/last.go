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
	// believeAfter is how long a source has to stay broken, and the same, before that is
	// told of: editors and tools write in two steps.
	believeAfter = 10 * time.Second
	// recallLimit bounds the wait for the key store at a start with a broken source, and
	// recallAgain is when it is asked again that has not answered.
	recallLimit = 5 * time.Second
	recallAgain = 30 * time.Second
	// recalls is how often that is by itself: a key store may be late at log-on.
	recalls = 4
)

// Waits are how long somebody waits where a source of the policies is broken.
type Waits struct {
	// Believe is how long the source has to stay broken, and the same, before that is
	// told of.
	Believe time.Duration
	// Recall is when a key store is asked again that has not answered.
	Recall time.Duration
}

// lastSaid is what counts where the policies cannot be read: what they said before.
type lastSaid struct {
	recall      *recollection
	waits       func() Waits
	lookAgainIn func(time.Duration)

	mu sync.Mutex // guards what follows
	// read are the last ones that could be read in this run, and good the last of these
	// that said anything, nil for none.
	read, good *policy.Policies
	// suspect is what is broken, as it was first seen; see policy.Policies.State.
	suspect string
	since   time.Time
}

// lastRead are the last policies that could be read in this run, nil for none.
func (s *lastSaid) lastRead() *policy.Policies {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.read
}

// trusted is what counts of policies that were just read. While a source is broken, what
// it said before counts. What is in use goes on without a word for as long as the source
// may be half written.
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

// atOnce is trusted for somebody who has asked, and is told of what is broken at once.
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

// recollection is what the key store has kept of the policies' restrictions, for a start
// at which they cannot be read. It is asked then, and at no other time.
type recollection struct {
	place
	waits func() Waits
	// looksOnly: nothing is removed.
	looksOnly   bool
	lookAgainIn func(time.Duration)
	log         *slog.Logger

	mu sync.Mutex // guards what follows
	// told is what the key store has told, once asked is true. Otherwise tried is when it
	// did not answer, and tries how often.
	told  []byte
	asked bool
	tried time.Time
	tries int
}

// counts is what counts of broken policies at a start: what the key store has kept of
// what they restrict. Without that, nobody may sign in.
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
