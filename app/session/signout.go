package session

import (
	"context"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth"
)

// SignOut signs this device out; see [localapi.Agent].
func (s *Session) SignOut(ctx context.Context, browser bool) (localapi.SignOutReport, error) {
	s.CancelSignIn()
	// A renewal that could only be held in memory would save itself afterwards.
	s.refreshing.Lock()
	defer s.refreshing.Unlock()
	s.mu.Lock()
	account, tokens := s.account, s.tokens
	var client *auth.Client
	if account != nil {
		client = s.clientFor(*account)
	}
	s.mu.Unlock()
	if account == nil {
		return localapi.SignOutReport{}, &localapi.Problem{Code: localapi.SignInNeeded}
	}
	var got auth.SignOutReport
	if client == nil {
		got.LocalErr = auth.Remove(ctx, s.p.Store, s.p.LockDir, account.ID)
	} else {
		got = client.SignOut(ctx, account.ID, tokens)
	}
	s.mu.Lock()
	s.account, s.tokens, s.kept, s.storeGone, s.claims = nil, nil, false, nil, ""
	report := s.report(got, client, browser)
	s.set(localapi.SignedOut, report.LocalProblem)
	s.mu.Unlock()
	s.changed()
	return report, nil
}

func (s *Session) report(got auth.SignOutReport, client *auth.Client, browser bool) localapi.SignOutReport {
	out := localapi.SignOutReport{Local: localapi.StepDone, Revoked: localapi.StepNotOffered, Browser: localapi.StepNotAsked}
	if got.LocalErr != nil {
		out.Local, out.LocalProblem = localapi.StepFailed, Explain(got.LocalErr, about(client), s.now())
		out.LocalProblem.Code = localapi.SignOutIncomplete
	}
	if got.RevokeOffered {
		out.Revoked = localapi.StepDone
		if got.RevokeErr != nil {
			out.Revoked, out.RevokedProblem = localapi.StepFailed, Explain(got.RevokeErr, about(client), s.now())
		}
	}
	if browser {
		out.Browser = localapi.StepNotOffered
		if got.EndSessionURL != "" {
			out.Browser, out.BrowserURL = localapi.StepInBrowser, got.EndSessionURL
		}
	}
	return out
}

// Accounts lists what the key store remembers, and who is signed in without
// being remembered.
func (s *Session) Accounts(ctx context.Context) ([]localapi.Account, error) {
	known, err := auth.Accounts(ctx, s.p.Store)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil && s.account == nil {
		return nil, Explain(err, About{}, s.now())
	}
	var out []localapi.Account
	seen := false
	for _, k := range known {
		a := localAccount(k.Account, k.Remembered)
		seen = seen || s.account != nil && s.account.ID == k.ID
		out = append(out, a)
	}
	if s.account != nil && !seen {
		out = append(out, localAccount(*s.account, s.kept))
	}
	return out, nil
}

// Forget signs out whoever is here, telling the provider if it answers, and
// removes every account from the key store.
func (s *Session) Forget(ctx context.Context) (removed int, problems []localapi.Problem) {
	if report, err := s.SignOut(ctx, false); err == nil {
		if report.Local == localapi.StepDone {
			removed++
		}
		for _, p := range []*localapi.Problem{report.LocalProblem, report.RevokedProblem} {
			if p != nil {
				problems = append(problems, *p)
			}
		}
	}
	others, err := auth.Forget(ctx, s.p.Store, s.p.LockDir)
	removed += others
	if err != nil {
		problems = append(problems, *Explain(err, About{}, s.now()))
	}
	s.mu.Lock()
	s.storeGone = nil
	s.set(localapi.SignedOut, nil)
	s.mu.Unlock()
	s.changed()
	return removed, problems
}
