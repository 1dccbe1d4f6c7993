package session

import (
	"context"
	"log/slog"
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
	return s.signOuts.signOut(ctx, req)
}

// signOuts signs accounts out of this device, and reports on it. It holds nothing.
type signOuts struct {
	state    *state
	accounts *listing
	record   *record
	pages    *pages
	engine   auth.Params
	// starting keeps sign-ins from being prepared meanwhile; attempts are those to end.
	starting turn
	attempts interface {
		endAll() bool
		endActive()
		stopPreparing()
	}
	// alone runs something while nothing is renewed.
	alone   func(f func())
	changed func()
	log     *slog.Logger
}

// signOut is Session.SignOut.
func (s *signOuts) signOut(ctx context.Context, req localapi.SignOutRequest) (localapi.SignOutReport, error) {
	if req.Account == "" || s.isActive(req.Account) {
		s.attempts.endAll()
	}
	report, err := s.one(ctx, req, AuditSignOut)
	if err == nil && req.Account == "" {
		s.formers(ctx, &report)
	}
	return report, err
}

// formers signs out former accounts of a person, left from an earlier description of the
// provider: such an account would sign them in without a word when the description comes
// back.
func (s *signOuts) formers(ctx context.Context, report *localapi.SignOutReport) {
	known, _ := s.accounts.known(ctx)
	for _, k := range known {
		s.state.mu.Lock()
		former := s.state.providers.isFormer(k.Account) && !s.state.who.is(k.Account.ID) && isOf(k.Account, report.Account)
		s.state.mu.Unlock()
		if !former {
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, farewell)
		other, err := s.one(ctx, localapi.SignOutRequest{Account: k.ID}, AuditSignOut)
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
// another issuer only the mail address tells.
func isOf(a auth.Account, who *localapi.Account) bool {
	return who != nil && a.Provider == who.Provider &&
		(a.Issuer == who.Issuer && a.Subject == who.Subject || a.Email != "" && strings.EqualFold(a.Email, who.Email))
}

func (s *signOuts) isActive(account string) bool {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	return s.state.who.is(account)
}

// one is signOut after the caller has seen to the attempts. It is recorded as the event.
func (s *signOuts) one(ctx context.Context, req localapi.SignOutRequest, event AuditEvent) (localapi.SignOutReport, error) {
	if req.Account == "" {
		req.Account = s.former(ctx)
	}
	if req.Account == "" || s.isActive(req.Account) {
		return s.active(ctx, req.Browser, event)
	}
	return s.other(ctx, req, event)
}

// former is the person signed in last, while nobody is because no provider vouches for
// them any more: the next description may, and would sign them in without a word. It is
// "" for everybody else.
func (s *signOuts) former(ctx context.Context) string {
	if s.state.person() != nil {
		return ""
	}
	known, _ := s.accounts.known(ctx) // active looks for the accounts missing in it
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	for _, k := range known {
		if k.Remembered || s.state.roster.aside[k.ID] != nil {
			if !s.state.providers.isFormer(k.Account) {
				return ""
			}
			return k.ID
		}
	}
	return ""
}

// active signs the session's own account out.
func (s *signOuts) active(ctx context.Context, browser bool, event AuditEvent) (report localapi.SignOutReport, err error) {
	var client *auth.Client
	var account *auth.Account
	s.alone(func() { report, client, account = s.dropActive(ctx, browser) })
	if account == nil {
		return report, &localapi.Problem{Code: localapi.SignInNeeded}
	}
	s.record.of(event, "", client, account, report.LocalProblem)
	s.changed()
	s.accounts.again(ctx)
	return report, nil
}

// dropActive ends the session's own sign-in; account is nil if there is none. The caller
// has seen to it that nothing is renewed.
func (s *signOuts) dropActive(ctx context.Context, browser bool) (report localapi.SignOutReport, client *auth.Client, account *auth.Account) {
	s.state.mu.Lock()
	account = s.state.who.account
	if account != nil {
		client = s.state.providers.clientFor(*account)
	}
	s.state.mu.Unlock()
	if account == nil {
		return report, nil, nil
	}
	got := s.end(ctx, client, account.ID)
	report = s.report(ctx, got, client, browser)
	who := localAccount(*account, false)
	report.Account = &who
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	s.state.who.reset()
	s.state.roster.unlist()
	s.state.where.set(localapi.SignedOut, report.LocalProblem)
	return report, client, account
}

// other signs out an account other than the session's.
func (s *signOuts) other(ctx context.Context, req localapi.SignOutRequest, event AuditEvent) (localapi.SignOutReport, error) {
	known, err := s.accounts.known(ctx)
	at := slices.IndexFunc(known, func(k auth.Known) bool { return k.ID == req.Account })
	if at < 0 {
		if err != nil {
			return localapi.SignOutReport{}, Explain(err, About{}, s.state.now())
		}
		return localapi.SignOutReport{}, &localapi.Problem{Code: localapi.UnknownAccount, Params: map[string]string{"account": req.Account}}
	}
	s.state.mu.Lock()
	s.state.roster.take(req.Account)
	client, former := s.state.providers.clientFor(known[at].Account), s.state.providers.isFormer(known[at].Account)
	s.state.mu.Unlock()
	report := s.report(ctx, s.end(ctx, client, req.Account), client, req.Browser)
	who := localAccount(known[at].Account, false)
	who.Former = former
	report.Account = &who
	s.accounts.again(ctx)
	if s.isActive(req.Account) {
		return s.active(ctx, req.Browser, event) // a silent start has made it the session's meanwhile
	}
	s.record.of(event, "", client, &known[at].Account, report.LocalProblem)
	return report, nil
}

// end deletes an account's sign-in, and tells its provider if there is one. A sign-in
// only tried out is dropped and not revoked: the key store may hold a real one of the
// same account, and some providers would end both.
func (s *signOuts) end(ctx context.Context, client *auth.Client, id string) auth.SignOutReport {
	switch {
	case s.state.rules.memoryOnly:
		return auth.SignOutReport{}
	case client == nil:
		return auth.SignOutFormer(ctx, s.engine, id)
	}
	return client.SignOut(ctx, id)
}

// report turns the engine's report of a sign-out into the contract's.
func (s *signOuts) report(ctx context.Context, got auth.SignOutReport, client *auth.Client, browser bool) localapi.SignOutReport {
	out := localapi.SignOutReport{Local: localapi.StepDone, Revoked: localapi.StepNotOffered, Browser: localapi.StepNotAsked}
	if got.LocalErr != nil {
		out.Local, out.LocalProblem = localapi.StepFailed, s.state.explain(got.LocalErr, client)
		out.LocalProblem.Code = localapi.SignOutIncomplete
	}
	if got.RevokeOffered {
		out.Revoked = localapi.StepDone
		if got.RevokeErr != nil {
			out.Revoked, out.RevokedProblem = localapi.StepFailed, s.state.explain(got.RevokeErr, client)
		}
	}
	if browser {
		s.offerBrowser(ctx, &out, got, client)
	}
	return out
}

// offerBrowser fills in how the browser's session ends. The address for the local API
// never holds an ID token.
func (s *signOuts) offerBrowser(ctx context.Context, out *localapi.SignOutReport, got auth.SignOutReport, client *auth.Client) {
	switch {
	case !got.EndSessionOffered:
		out.Browser = localapi.StepNotOffered
		return
	case got.EndSession == nil:
		out.Browser = localapi.StepNoIDToken
		return
	}
	var page loopback.Page
	if s.pages.signOut != nil {
		s.state.mu.Lock()
		title := s.state.providers.about(client).Title
		s.state.mu.Unlock()
		page = s.pages.signOut(title)
	}
	address, err := got.EndSession.Address(ctx, page)
	if err != nil {
		s.log.Warn("the browser cannot be signed out", "error", err)
		out.Browser = localapi.StepFailed
		return
	}
	out.Browser, out.BrowserURL, out.OneTime = localapi.StepInBrowser, address, got.EndSession.NeedsPage()
}

// WithdrawPages takes back the pages of sign-outs not fetched by a browser: perhaps none
// could be opened.
func (s *Session) WithdrawPages() {
	for _, c := range s.state.clients() {
		c.WithdrawPages()
	}
}
