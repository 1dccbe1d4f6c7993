package session

import (
	"context"
	"errors"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/vault"
)

// saved is told by the engine that a sign-in has been saved which could not be at first.
func (s *Session) saved(account string) {
	s.mu.Lock()
	delete(s.roster.aside, account) // the key store has it now
	if s.who.is(account) && s.who.tokens != nil && s.who.tokens.Remembered() {
		s.who.kept, s.who.unkept = true, nil
	}
	s.roster.unlist()
	s.mu.Unlock()
	s.changed()
}

// saveAgain has the engine try at once to save what could not be saved. Its dialogs may
// open: somebody looks.
func (s *Session) saveAgain(ctx context.Context) {
	for _, c := range s.allClients() {
		if err := c.SaveAgain(ctx); err != nil {
			s.log.Warn("a sign-in is still only in memory", "provider", c.Provider().ID, "error", err)
		}
	}
}

// TryStore asks the key store again, because somebody has begun to look: what could not
// be saved, and what stands in the way of a sign-in that is kept. A dialog that nobody
// has answered is opened again by this alone. It does not wait.
func (s *Session) TryStore() {
	s.mu.Lock()
	trouble := s.problem
	if s.phase == localapi.SignedIn && s.when.Due().IsZero() && s.who.canRenew() {
		trouble = s.who.unkept
	} else if p := s.unread(); p != nil {
		trouble = p
	}
	again := trouble != nil && trouble.Exit() == localapi.ExitKeyStore
	s.mu.Unlock()
	s.life.begin(func(run context.Context) {
		s.saveAgain(run)
		if again {
			_ = s.refresh(run)
		}
	})
}

// afterTrouble plans when to ask the key store again that did not give or take anything
// while somebody is signed in. It may be not before somebody looks: every further try
// could open another dialog. The caller holds mu.
func (s *Session) afterTrouble(trouble *vault.Error) {
	if trouble.Kind == vault.Locked || trouble.Kind == vault.Silent {
		s.when.Stop()
		return
	}
	s.when.In(lastRetry)
}

// markUnsaved says of a problem that a sign-in is in memory alone because of it.
func markUnsaved(p *localapi.Problem) *localapi.Problem {
	if p != nil && p.Exit() == localapi.ExitKeyStore {
		p.Params["unsaved"] = "yes"
	}
	return p
}

// tellOfStore says that a sign-in was not renewed because the next one could not be kept.
func tellOfStore(err error, tell func(name, value string)) {
	var unwritable *auth.UnwritableError
	if errors.As(err, &unwritable) {
		tell("unspent", "yes")
	}
}
