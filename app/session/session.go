// Package session keeps who is signed in: a state machine over the sign-in
// engine.
//
// It decides what each outcome of the engine means for the person (see
// [localapi.Phase]), tries again by itself when only the network is to blame,
// and never signs anybody out for anything but the provider's own word. It knows
// no portal and no screen. Between events it does nothing: no polling, one timer.
//
// Where a session stands, and a sign-in under way, are two things: the attempt is
// shown while it lasts, and what it hides goes on when it comes to nothing.
package session

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/loopback"
)

// Params make a [Session]. Its functions are called without locks of the session's:
// they may ask for its state, and take locks that are held where it is asked for.
type Params struct {
	Store             auth.Store
	CacheDir, LockDir string
	// HTTP makes the provider's requests, nil for the engine's own client.
	HTTP *http.Client
	// Prepare is called beside what comes before a request over https to a provider (the
	// key store, the person), for what HTTP would do at its first one, as in
	// [network.Transport.Prepare]. Nil prepares nothing.
	Prepare func()
	// MemoryOnly keeps every sign-in out of the key store, whatever a request
	// says, and reads none from there: for trying things out.
	MemoryOnly bool
	// Since is for programs that need no tokens and end soon: when the person asked them
	// who is signed in. A renewal that another process has made since is as good as the
	// session's own first one; see auth.Client.Renewed. Zero means that every renewal is
	// the session's own.
	Since time.Time
	// Renew is called before a sign-in chooses its provider, so that SetProviders can
	// be told what is described otherwise by now. It must return soon, and at once
	// when ctx ends. Nil renews nothing.
	Renew func(ctx context.Context)
	// Page words the browser's final page. Nil means the engine's own words.
	Page func(Ending) loopback.Page
	// ConsentPage words what the browser shows while the consent of title's
	// administrator is waited for. Nil means the engine's own words.
	ConsentPage func(consent localapi.Consent, title string) loopback.Page
	// SignOutPage words the page from which the browser goes on to the sign-out at the
	// provider with this title. Nil means the engine's own words.
	SignOutPage func(title string) loopback.Page
	// StrayPage words what the browser shows for an answer that belongs to no sign-in
	// under way. Nil means the engine's own words.
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
	// Unkept is why the sign-in is not remembered although somebody wants that, nil
	// where it is.
	Unkept *localapi.Problem
	// MemoryOnly: the person does not want to be remembered.
	MemoryOnly bool
}

// Session is the state machine. Its methods are safe for concurrent use.
type Session struct {
	p    Params
	now  func() time.Time
	log  *slog.Logger
	life *life
	// refreshing keeps silent renewals one after the other.
	refreshing sync.Mutex
	// starting keeps sign-ins from being prepared side by side.
	starting turn

	mu        sync.Mutex
	rules     Rules
	providers providers
	attempts  attempts
	roster    roster
	// Where the session stands, whatever a sign-in under way shows.
	phase   localapi.Phase
	since   time.Time
	problem *localapi.Problem
	consent *localapi.Consent
	silence silence
	who     who
	when    when
	// asked is Params.Since until the first renewal.
	asked time.Time
	// resuming counts the looks for a remembered sign-in, which may wait for a key store.
	resuming int
	// confirmLimit is the constant of that name, which tests cannot wait for.
	confirmLimit time.Duration
}

// New returns a session in phase Starting. Call Run once; the other methods may
// be called from then on.
func New(p Params) *Session {
	s := &Session{
		p: p, now: p.Now, log: p.Log, asked: p.Since, life: newLife(), phase: localapi.Starting,
		starting: make(turn, 1), confirmLimit: confirmLimit,
		providers: providers{clients: map[string]*auth.Client{}, codes: map[string]bool{}},
		roster:    roster{aside: map[string]*auth.Tokens{}},
	}
	if s.now == nil {
		s.now = time.Now
	}
	if p.MemoryOnly && p.Store != nil {
		s.p.Store = auth.InMemory(p.Store)
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.since, s.when = s.now(), newWhen(s.now)
	return s
}

// Bind gives the session its life: sign-ins and retries end with ctx.
func (s *Session) Bind(ctx context.Context) {
	s.life.bind(ctx)
}

// Run retries and renews when due until ctx ends, then ends a sign-in under way
// and waits for everything the session has started.
func (s *Session) Run(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		due, from := s.nextDue(), s.now().Round(0)
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
			s.endAttempt()
			s.life.wait()
			for _, c := range s.allClients() {
				c.Close()
			}
			return
		case <-s.when.kick:
		case <-fire:
			s.renewDue(ctx, overslept(from, s.now().Round(0), wait))
		}
	}
}

// prepare has the first request to a provider prepared, which Run waits for.
func (s *Session) prepare(c *auth.Client) {
	if s.p.Prepare != nil && strings.HasPrefix(c.Provider().Authority, "https:") {
		s.life.begin(func(context.Context) { s.p.Prepare() })
	}
}

// nextDue is when Run has something to do, zero for not before it is told.
func (s *Session) nextDue() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.attempts.busy() {
		return time.Time{}
	}
	return s.when.Due()
}

// turn is a lock that can be waited for with a context.
type turn chan struct{}

// take says whether the turn came before ctx ended.
func (t turn) take(ctx context.Context) bool {
	select {
	case t <- struct{}{}:
	case <-ctx.Done():
		return false
	}
	if ctx.Err() != nil {
		t.give()
		return false
	}
	return true
}

func (t turn) give() { <-t }

func (s *Session) changed() {
	if s.p.Changed != nil {
		s.p.Changed()
	}
}

// Snapshot is the session for the local contract, with the warnings that belong
// to it.
func (s *Session) Snapshot() (localapi.Session, []localapi.Problem) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := localapi.Session{Phase: s.phase, Problem: s.problem, Consent: s.consent, Since: s.since}
	if s.who.account != nil {
		a := localAccount(*s.who.account, s.who.kept)
		out.Account, out.Provider = &a, a.Provider
	}
	if s.phase == localapi.Offline || s.phase == localapi.Blocked {
		out.NextTry = s.when.Due()
	}
	if s.attempts.active != nil {
		s.attempts.active.cover(&out)
	}
	var notices []localapi.Problem
	if s.who.unkept != nil {
		notices = append(notices, *s.who.unkept)
	}
	return out, notices
}

// Person is who is signed in or known, nil for nobody.
func (s *Session) Person() *auth.Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.who.account == nil {
		return nil
	}
	a := *s.who.account
	return &a
}

func localAccount(a auth.Account, remembered bool) localapi.Account {
	return localapi.Account{
		ID: a.ID, Provider: a.Provider, Name: a.Name, GivenName: a.GivenName, Email: a.Email,
		EmailVerified: a.EmailVerified, Issuer: a.Issuer, Subject: a.Subject, Remembered: remembered,
		Guest: a.Guest, Actor: a.Actor,
	}
}
