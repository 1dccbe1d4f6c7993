package session

import (
	"context"

	"github.com/portico-desktop/portico/app/localapi"
)

// Forget signs out everybody known to the providers here, telling the provider if it
// answers, and removes every account from the key store. A sign-in under way ends first.
// One too late to stop is forgotten.
func (s *Session) Forget(ctx context.Context) (removed int, problems []localapi.Problem) {
	return s.signOuts.forget(ctx)
}

// forget is Session.Forget.
func (s *signOuts) forget(ctx context.Context) (removed int, problems []localapi.Problem) {
	s.attempts.stopPreparing()
	s.starting <- struct{}{} // whatever ctx says: nothing may stay half forgotten
	defer s.starting.give()
	s.attempts.endActive()
	known, _ := s.accounts.known(ctx) // accounts not read here are removed below
	if len(known) == 0 {
		defer func() { s.record.of(AuditForget, "", nil, nil, firstOf(problems)) }()
	}
	for _, k := range known {
		ctx, cancel := context.WithTimeout(ctx, farewell)
		report, err := s.one(ctx, localapi.SignOutRequest{Account: k.ID}, AuditForget)
		cancel()
		if err != nil {
			continue
		}
		if report.Local == localapi.StepDone {
			removed++
		}
		for _, p := range []*localapi.Problem{report.LocalProblem, report.RevokedProblem} {
			if p != nil {
				problems = append(problems, *p)
			}
		}
	}
	if !s.state.rules.memoryOnly {
		others, err := s.engine.Accounts.Forget(ctx)
		removed += others
		if err != nil {
			problems = append(problems, *Explain(err, About{}, s.state.now()))
		}
	}
	s.state.forget()
	s.changed()
	return removed, problems
}

// forget lets go of everybody: a silent start may have made somebody the session's
// meanwhile.
func (s *state) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.who.reset()
	clear(s.roster.aside)
	s.roster.unlist()
	s.where.set(localapi.SignedOut, nil)
}

// firstOf is the first problem, nil for none.
func firstOf(problems []localapi.Problem) *localapi.Problem {
	if len(problems) == 0 {
		return nil
	}
	return &problems[0]
}
