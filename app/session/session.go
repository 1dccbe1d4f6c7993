// Package session keeps who is signed in: a state machine over the sign-in engine.
//
// It gives each outcome of the engine its meaning for the person (see [localapi.Phase]),
// tries again by itself when only the network is to blame, and never signs anybody out
// for anything but the provider's own word. It knows no portal and no screen. Between
// events it does nothing: no polling, one timer.
//
// The session's standing and a sign-in under way are two things: the attempt is shown
// while it lasts, and the standing goes on when the attempt ends without success.
//
// A session's knowledge is [state], under one lock: the person, the time of the next try,
// and the attempts. Slow work (with the key store, a provider, a browser) is done by a
// type for each errand. It changes the state in between and holds no lock of it
// meanwhile. [Session] puts them together.
package session

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/loopback"
)

// Params make a [Session]. Its functions are called without locks of the session's: they
// may ask for its state, under locks of their own as well.
type Params struct {
	Store             auth.Store
	CacheDir, LockDir string
	// HTTP makes the provider's requests, nil for the engine's own client.
	HTTP *http.Client
	// Prepare is called beside the work before a request over https to a provider (the
	// key store, the person), for things HTTP would do at its first one, as in
	// [network.Transport.Prepare]. Nil prepares nothing.
	Prepare func()
	// MemoryOnly keeps every sign-in out of the key store, in spite of the requests, and
	// reads none from there: for trying things out.
	MemoryOnly bool
	// Since is for programs that need no tokens and end soon: the time of the person's
	// question for the signed-in account. A renewal by another process since then is as
	// good as the session's own first one; see auth.Client.Renewed. Zero means that every
	// renewal is the session's own.
	Since time.Time
	// Renew is called before a sign-in chooses its provider, so that SetProviders can be
	// told of changed descriptions. It must return soon, and at once when ctx ends. Nil
	// renews nothing.
	Renew func(ctx context.Context)
	// Page words the browser's final page. Nil means the engine's own words.
	Page func(Ending) loopback.Page
	// ConsentPage words the browser's page during the wait for consent by an
	// administrator of the provider with this title. Nil means the engine's own words.
	ConsentPage func(consent localapi.Consent, title string) loopback.Page
	// SignOutPage words the page before the sign-out at the provider with this title; the
	// browser goes on from it. Nil means the engine's own words.
	SignOutPage func(title string) loopback.Page
	// StrayPage words the browser's page for an answer to no sign-in under way. Nil means
	// the engine's own words.
	StrayPage func() loopback.Page
	// ConsentMail words the mail to an administrator, as a mailto address. Nil
	// means that there is none.
	ConsentMail func(ConsentRequest) string
	// Audit is told of sign-ins, refusals and sign-outs, from any goroutine, without
	// locks; it must return soon. Nil records nothing.
	Audit func(Audit)
	// Changed is called after every change, from any goroutine, without locks.
	Changed func()
	Now     func() time.Time
	Log     *slog.Logger
}

// Ending is how a sign-in ended: with the person or with the problem.
type Ending struct {
	Account *localapi.Account
	Problem *localapi.Problem
	// Unkept is why the sign-in is not remembered although somebody wants it to be, nil
	// when it is.
	Unkept *localapi.Problem
	// MemoryOnly: the person does not want to be remembered.
	MemoryOnly bool
}

// Session is the state machine. Its methods are safe for concurrent use.
//
// Locks are taken in this order: a turn to start a sign-in, the lock of the renewals, the
// state's, the life's. Only the first two are held during a wait.
type Session struct {
	p       Params
	engine  auth.Params // of the providers' clients
	state   *state
	life    *life
	changed func()

	accounts   *listing
	following  *following
	signIns    *signIns
	renewals   *renewals
	starts     *starts
	saves      *saves
	changeover *changeover
	signOuts   *signOuts
	door       *door
}

// New returns a session in phase Starting. Call Run once; the other methods may
// be called from then on.
func New(p Params) *Session {
	if p.Now == nil {
		p.Now = time.Now
	}
	if p.Log == nil {
		p.Log = slog.New(slog.DiscardHandler)
	}
	if p.Changed == nil {
		p.Changed = func() {}
	}
	if p.MemoryOnly && p.Store != nil {
		p.Store = auth.InMemory(p.Store)
	}
	s := &Session{
		p: p, state: newState(p.Now, p.MemoryOnly), life: newLife(), changed: p.Changed,
		engine: auth.Params{Accounts: auth.NewAccounts(p.Store, p.LockDir), CacheDir: p.CacheDir, HTTP: p.HTTP, Now: p.Now, Log: p.Log},
	}
	record := &record{tell: p.Audit, now: p.Now}
	consents := &consents{state: s.state, mail: p.ConsentMail, log: p.Log}
	pages := &pages{ending: p.Page, consent: p.ConsentPage, signOut: p.SignOutPage, stray: p.StrayPage, explain: s.state.explain}
	starting := make(turn, 1)
	warm := func(c *auth.Client) {
		if p.Prepare != nil && strings.HasPrefix(c.Provider().Authority, "https:") {
			s.life.begin(func(context.Context) { p.Prepare() })
		}
	}
	s.accounts = &listing{state: s.state, store: s.engine.Accounts, changed: p.Changed, log: p.Log}
	s.following = &following{
		state: s.state, life: s.life, consents: consents, record: record, listAgain: s.accounts.again, changed: p.Changed, log: p.Log,
	}
	s.signIns = &signIns{
		state: s.state, life: s.life, following: s.following, consents: consents, pages: pages,
		starting: starting, renew: p.Renew, warm: warm, learns: p.CacheDir != "", changed: p.Changed, log: p.Log,
	}
	s.renewals = &renewals{
		state: s.state, consents: consents, record: record, asked: p.Since, confirmLimit: confirmLimit,
		warm: warm, changed: p.Changed, log: p.Log,
	}
	s.starts = &starts{state: s.state, store: s.engine.Accounts, renew: s.renewals.renew, changed: p.Changed}
	s.saves = &saves{state: s.state, life: s.life, refresh: s.starts.refresh, changed: p.Changed, log: p.Log}
	s.changeover = &changeover{
		state: s.state, accounts: s.accounts, starting: starting, endActive: s.signIns.endActive, alone: s.renewals.alone, renew: s.renewals.renew,
		store: s.engine.Accounts, changed: p.Changed, log: p.Log,
	}
	s.signOuts = &signOuts{
		state: s.state, accounts: s.accounts, record: record, pages: pages, engine: s.engine,
		starting: starting, attempts: s.signIns, alone: s.renewals.alone, changed: p.Changed, log: p.Log,
	}
	s.door = &door{state: s.state, life: s.life, notRenewed: s.renewals.failed}
	return s
}

// Bind gives the session its life: sign-ins and retries end with ctx.
func (s *Session) Bind(ctx context.Context) { s.life.bind(ctx) }

// Run retries and renews when due until ctx ends, then ends a sign-in under way and waits
// for all work of the session.
func (s *Session) Run(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		due, from := s.state.nextDue(), s.p.Now().Round(0)
		timer.Stop()
		var fire <-chan time.Time
		wait := max(due.Sub(from), 0)
		if !due.IsZero() {
			timer.Reset(wait)
			fire = timer.C
		}
		select {
		case <-ctx.Done():
			s.life.end()
			s.signIns.endAll()
			s.life.wait()
			for _, c := range s.state.clients() {
				c.Close()
			}
			return
		case <-s.state.when.kick:
		case <-fire:
			s.renewDue(ctx, overslept(from, s.p.Now().Round(0), wait))
		}
	}
}

// renewDue renews when due. slept: it is late because the computer was asleep.
func (s *Session) renewDue(ctx context.Context, slept bool) {
	if s.renewals.confirmed(ctx, slept) {
		_ = s.life.during(ctx, s.starts.refresh)
	}
}

// Snapshot is the session for the local contract, with its warnings.
func (s *Session) Snapshot() (localapi.Session, []localapi.Problem) { return s.state.snapshot() }

// Person is the person signed in or known, nil for nobody.
func (s *Session) Person() *auth.Account { return s.state.person() }

func localAccount(a auth.Account, remembered bool) localapi.Account {
	return localapi.Account{
		ID: a.ID, Provider: a.Provider, Name: a.Name, GivenName: a.GivenName, Email: a.Email,
		EmailVerified: a.EmailVerified, Issuer: a.Issuer, Subject: a.Subject, Remembered: remembered,
		Guest: a.Guest, Actor: a.Actor,
	}
}
