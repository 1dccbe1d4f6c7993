package session

import (
	"context"
	"errors"
	"log/slog"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth"
)

// saves looks after sign-ins not taken by the key store at first. It holds nothing.
type saves struct {
	state   *state
	life    *life
	refresh func(ctx context.Context) error
	changed func()
	log     *slog.Logger
}

// saved is told by the engine of a sign-in saved later than it was made.
func (s *saves) saved(account string) {
	s.state.mu.Lock()
	delete(s.state.roster.aside, account) // the key store has it now
	if s.state.who.is(account) && s.state.who.tokens != nil && s.state.who.tokens.Remembered() {
		s.state.who.kept, s.state.who.unkept = true, nil
	}
	s.state.roster.unlist()
	s.state.mu.Unlock()
	s.changed()
}

// again has the engine try at once to save unsaved sign-ins. Dialogs may open: somebody
// looks.
func (s *saves) again(ctx context.Context) {
	for _, c := range s.state.clients() {
		if err := c.SaveAgain(ctx); err != nil {
			s.log.Warn("a sign-in is still only in memory", "provider", c.Provider().ID, "error", err)
		}
	}
}

// TryStore asks the key store again, because somebody has begun to look: about unsaved
// sign-ins, and about trouble in the way of a kept sign-in. Only this opens an unanswered
// dialog again. It does not wait.
func (s *Session) TryStore() { s.saves.try() }

// try is Session.TryStore.
func (s *saves) try() {
	s.state.mu.Lock()
	trouble := s.state.where.problem
	if s.state.where.phase == localapi.SignedIn && s.state.when.Due().IsZero() && s.state.who.canRenew() {
		trouble = s.state.who.unkept
	} else if p := s.state.where.unread(); p != nil {
		trouble = p
	}
	again := trouble != nil && trouble.Exit() == localapi.ExitKeyStore
	s.state.mu.Unlock()
	s.life.begin(func(run context.Context) {
		s.again(run)
		if again {
			_ = s.refresh(run)
		}
	})
}

// markUnsaved notes in a problem that a sign-in is in memory alone because of it.
func markUnsaved(p *localapi.Problem) *localapi.Problem {
	if p != nil && p.Exit() == localapi.ExitKeyStore {
		p.Params["unsaved"] = "yes"
	}
	return p
}

// tellOfStore says whether a sign-in was not renewed because the next one could not be
// kept.
func tellOfStore(err error, tell func(name, value string)) {
	var unwritable *auth.UnwritableError
	if errors.As(err, &unwritable) {
		tell("unspent", "yes")
	}
}
