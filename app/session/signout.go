package session

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/loopback"
)

// farewell is how long telling a provider about one account of several may take.
const farewell = 15 * time.Second

// SignOut signs an account out of this device; see [localapi.Agent]. Signing out
// another one than the session's leaves the session alone.
func (s *Session) SignOut(ctx context.Context, req localapi.SignOutRequest) (localapi.SignOutReport, error) {
	if req.Account == "" || s.isActive(req.Account) {
		s.endAttempt()
	}
	report, err := s.signOut(ctx, req, AuditSignOut)
	if err == nil && req.Account == "" {
		s.signOutFormers(ctx, &report)
	}
	return report, err
}

// signOutFormers signs out what is left of a person whose provider was described
// otherwise before: it would sign them in without a word when it is described so again.
func (s *Session) signOutFormers(ctx context.Context, report *localapi.SignOutReport) {
	known, _ := s.knownAccounts(ctx)
	for _, k := range known {
		s.mu.Lock()
		former := s.providers.isFormer(k.Account) && !s.who.is(k.Account.ID) && isOf(k.Account, report.Account)
		s.mu.Unlock()
		if !former {
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, farewell)
		other, err := s.signOut(ctx, localapi.SignOutRequest{Account: k.ID}, AuditSignOut)
		cancel()
		if err != nil {
			continue // somebody else has signed it out meanwhile
		}
		if other.Local == localapi.StepFailed {
			report.Local, report.LocalProblem = other.Local, other.LocalProblem
		}
		if other.Revoked == localapi.StepFailed {
			report.Revoked, report.RevokedProblem = other.Revoked, other.RevokedProblem
		}
	}
}

// isOf says whether an account is the same person's at the same entry of the portal. At
// another issuer only the address tells.
func isOf(a auth.Account, who *localapi.Account) bool {
	return who != nil && a.Provider == who.Provider &&
		(a.Issuer == who.Issuer && a.Subject == who.Subject || a.Email != "" && strings.EqualFold(a.Email, who.Email))
}

func (s *Session) isActive(account string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.who.is(account)
}

// signOut is SignOut for callers that have seen to the attempts. It is recorded as
// the event.
func (s *Session) signOut(ctx context.Context, req localapi.SignOutRequest, event AuditEvent) (localapi.SignOutReport, error) {
	if req.Account == "" {
		req.Account = s.former(ctx)
	}
	if req.Account == "" || s.isActive(req.Account) {
		return s.signOutActive(ctx, req.Browser, event)
	}
	return s.signOutOther(ctx, req, event)
}

// former is who was signed in last, where nobody is because no provider vouches for
// them any more: the next description may, and would sign them in without a word. It
// is "" for everybody else.
func (s *Session) former(ctx context.Context) string {
	if s.Person() != nil {
		return ""
	}
	known, _ := s.knownAccounts(ctx) // whom it does not tell, is asked for by signOutActive
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range known {
		if k.Remembered || s.roster.aside[k.ID] != nil {
			if !s.providers.isFormer(k.Account) {
				return ""
			}
			return k.ID
		}
	}
	return ""
}

func (s *Session) signOutActive(ctx context.Context, browser bool, event AuditEvent) (localapi.SignOutReport, error) {
	report, client, account := s.dropActive(ctx, browser)
	if account == nil {
		return report, &localapi.Problem{Code: localapi.SignInNeeded}
	}
	s.record(event, "", client, account, report.LocalProblem)
	s.changed()
	s.listAgain(ctx)
	return report, nil
}

// dropActive ends the session's own sign-in; account is nil where there is none.
func (s *Session) dropActive(ctx context.Context, browser bool) (report localapi.SignOutReport, client *auth.Client, account *auth.Account) {
	// A renewal that could only be held in memory would save itself afterwards.
	s.refreshing.Lock()
	defer s.refreshing.Unlock()
	s.mu.Lock()
	account, tokens := s.who.account, s.who.tokens
	if account != nil {
		client = s.providers.clientFor(*account)
	}
	s.mu.Unlock()
	if account == nil {
		return report, nil, nil
	}
	got := s.end(ctx, client, account.ID, tokens)
	report = s.report(ctx, got, client, browser)
	who := localAccount(*account, false)
	report.Account = &who
	s.mu.Lock()
	defer s.mu.Unlock()
	s.who.reset()
	s.roster.unlist()
	s.set(localapi.SignedOut, report.LocalProblem)
	return report, client, account
}

func (s *Session) signOutOther(ctx context.Context, req localapi.SignOutRequest, event AuditEvent) (localapi.SignOutReport, error) {
	known, err := s.knownAccounts(ctx)
	at := slices.IndexFunc(known, func(k auth.Known) bool { return k.ID == req.Account })
	if at < 0 {
		if err != nil {
			return localapi.SignOutReport{}, Explain(err, About{}, s.now())
		}
		return localapi.SignOutReport{}, &localapi.Problem{Code: localapi.UnknownAccount, Params: map[string]string{"account": req.Account}}
	}
	s.mu.Lock()
	tokens, client, former := s.roster.take(req.Account), s.providers.clientFor(known[at].Account), s.providers.isFormer(known[at].Account)
	s.mu.Unlock()
	report := s.report(ctx, s.end(ctx, client, req.Account, tokens), client, req.Browser)
	who := localAccount(known[at].Account, false)
	who.Former = former
	report.Account = &who
	s.listAgain(ctx)
	if s.isActive(req.Account) {
		return s.signOutActive(ctx, req.Browser, event) // a silent start has made it the session's meanwhile
	}
	s.record(event, "", client, &known[at].Account, report.LocalProblem)
	return report, nil
}

// end deletes an account's sign-in, and tells its provider if there is one. What
// was only tried is dropped and not revoked: the key store may hold a real sign-in
// of the same account, which some providers would end with it.
func (s *Session) end(ctx context.Context, client *auth.Client, id string, tokens *auth.Tokens) auth.SignOutReport {
	switch {
	case s.p.MemoryOnly:
		return auth.SignOutReport{}
	case client == nil:
		return auth.SignOutFormer(ctx, auth.Params{
			Store: s.p.Store, CacheDir: s.p.CacheDir, LockDir: s.p.LockDir, HTTP: s.p.HTTP, Now: s.p.Now, Log: s.p.Log,
		}, id, tokens)
	}
	return client.SignOut(ctx, id, tokens)
}

func (s *Session) report(ctx context.Context, got auth.SignOutReport, client *auth.Client, browser bool) localapi.SignOutReport {
	out := localapi.SignOutReport{Local: localapi.StepDone, Revoked: localapi.StepNotOffered, Browser: localapi.StepNotAsked}
	if got.LocalErr != nil {
		out.Local, out.LocalProblem = localapi.StepFailed, s.explain(got.LocalErr, client)
		out.LocalProblem.Code = localapi.SignOutIncomplete
	}
	if got.RevokeOffered {
		out.Revoked = localapi.StepDone
		if got.RevokeErr != nil {
			out.Revoked, out.RevokedProblem = localapi.StepFailed, s.explain(got.RevokeErr, client)
		}
	}
	if browser {
		s.offerBrowser(ctx, &out, got, client)
	}
	return out
}

// offerBrowser fills in how the browser's session ends. The address that the local
// API returns never holds an ID token.
func (s *Session) offerBrowser(ctx context.Context, out *localapi.SignOutReport, got auth.SignOutReport, client *auth.Client) {
	switch {
	case !got.EndSessionOffered:
		out.Browser = localapi.StepNotOffered
		return
	case got.EndSession == nil:
		out.Browser = localapi.StepNoIDToken
		return
	}
	var page loopback.Page
	if s.p.SignOutPage != nil {
		s.mu.Lock()
		title := s.providers.about(client).Title
		s.mu.Unlock()
		page = s.p.SignOutPage(title)
	}
	address, err := got.EndSession.Address(ctx, page)
	if err != nil {
		s.log.Warn("the browser cannot be signed out", "error", err)
		out.Browser = localapi.StepFailed
		return
	}
	out.Browser, out.BrowserURL, out.OneTime = localapi.StepInBrowser, address, got.EndSession.NeedsPage()
}

// WithdrawPages takes back the pages of sign-outs that no browser has fetched, as
// where none could be opened.
func (s *Session) WithdrawPages() {
	for _, c := range s.allClients() {
		c.WithdrawPages()
	}
}

// Forget signs out everybody whom a provider here vouches for, telling it if it
// answers, and removes every account from the key store. A sign-in under way ends
// first, or is forgotten where it can be stopped no more.
func (s *Session) Forget(ctx context.Context) (removed int, problems []localapi.Problem) {
	s.stopPreparing()
	s.starting <- struct{}{} // whatever ctx says: what has begun must not stay half forgotten
	defer s.starting.give()
	s.endActive()
	known, _ := s.knownAccounts(ctx) // what cannot be read is removed below
	if len(known) == 0 {
		defer func() { s.record(AuditForget, "", nil, nil, firstOf(problems)) }()
	}
	for _, k := range known {
		ctx, cancel := context.WithTimeout(ctx, farewell)
		report, err := s.signOut(ctx, localapi.SignOutRequest{Account: k.ID}, AuditForget)
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
	if !s.p.MemoryOnly {
		others, err := auth.Forget(ctx, s.p.Store, s.p.LockDir)
		removed += others
		if err != nil {
			problems = append(problems, *Explain(err, About{}, s.now()))
		}
	}
	s.mu.Lock()
	// A silent start may have made somebody the session's meanwhile.
	s.who.reset()
	clear(s.roster.aside)
	s.roster.unlist()
	s.set(localapi.SignedOut, nil)
	s.mu.Unlock()
	s.changed()
	return removed, problems
}

// firstOf is the first problem, nil for none.
func firstOf(problems []localapi.Problem) *localapi.Problem {
	if len(problems) == 0 {
		return nil
	}
	return &problems[0]
}
