// Package session keeps who is signed in: a state machine over the sign-in
// engine.
//
// It decides what each outcome of the engine means for the person (see
// [localapi.Phase]), tries again by itself when only the network is to blame,
// and never signs anybody out for anything but the provider's own word. It knows
// no portal and no screen. Between events it does nothing: no polling, one timer.
package session

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/loopback"
)

const (
	// renewAfter is how often a sign-in in use is confirmed, so that one that was
	// ended elsewhere, or would lapse unused, does not stay on the screen.
	renewAfter = 8 * time.Hour
	// firstRetry and lastRetry bound the backoff while offline.
	firstRetry = 4 * time.Second
	lastRetry  = 15 * time.Minute
	// storeLate is how long the key store may take to come up at log-on.
	storeLate = 2 * time.Minute
	storeStep = 2 * time.Second
	// farewell is how long signing out whoever was here before may take.
	farewell = 15 * time.Second
)

// Params make a [Session].
type Params struct {
	Store             auth.Store
	CacheDir, LockDir string
	// HTTP makes the provider's requests, nil for the engine's own client.
	HTTP *http.Client
	// Page words the browser's final page; it gets the person or the problem.
	Page func(*localapi.Account, *localapi.Problem) loopback.Page
	// Changed is called after every change, from any goroutine, without locks.
	Changed func()
	Now     func() time.Time
	Log     *slog.Logger
}

// Session is the state machine. Its methods are safe for concurrent use.
type Session struct {
	p    Params
	now  func() time.Time
	log  *slog.Logger
	kick chan struct{} // something is due earlier than the timer says
	work sync.WaitGroup
	// refreshing keeps silent renewals one after the other.
	refreshing sync.Mutex
	// starting keeps sign-ins from being prepared side by side.
	starting sync.Mutex

	mu        sync.Mutex
	run       context.Context // the session's own life; sign-ins live in it
	providers []auth.Provider
	clients   map[string]*auth.Client
	phase     localapi.Phase
	since     time.Time
	account   *auth.Account
	tokens    *auth.Tokens
	kept      bool // the key store holds the account's sign-in
	problem   *localapi.Problem
	storeGone *localapi.Problem // why a sign-in is not remembered
	claims    string            // challenge to answer at the next sign-in
	active    *attempt
	over      bool // Run waits for what it started; nothing new may start
	// due is when to renew or retry, zero for never. It is a time on the wall,
	// without the monotonic clock, which stands still while a computer sleeps.
	due     time.Time
	retries int
}

// New returns a session in phase Starting. Call Run once; the other methods may
// be called from then on.
func New(p Params) *Session {
	s := &Session{p: p, now: p.Now, log: p.Log, kick: make(chan struct{}, 1), phase: localapi.Starting, clients: map[string]*auth.Client{}}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.since = s.now()
	s.run = context.Background()
	return s
}

// Bind gives the session its life: sign-ins and retries end with ctx.
func (s *Session) Bind(ctx context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.run = ctx
}

// Run retries and renews when due until ctx ends, then ends a sign-in under way
// and waits for everything the session has started.
func (s *Session) Run(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		s.mu.Lock()
		due := s.due
		s.mu.Unlock()
		timer.Stop()
		var fire <-chan time.Time
		if !due.IsZero() {
			timer.Reset(max(due.Sub(s.now()), 0))
			fire = timer.C
		}
		select {
		case <-ctx.Done():
			s.mu.Lock()
			s.over = true
			s.mu.Unlock()
			s.CancelSignIn()
			s.work.Wait()
			for _, c := range s.allClients() {
				c.Close()
			}
			return
		case <-s.kick:
		case <-fire:
			_ = s.Refresh(ctx)
		}
	}
}

// NetworkChanged tries at once what waits for the network, and catches up on a
// renewal that a sleeping computer has missed.
func (s *Session) NetworkChanged() {
	s.mu.Lock()
	defer s.mu.Unlock()
	late := !s.due.IsZero() && s.now().After(s.due)
	if s.phase == localapi.Offline || late {
		s.retries = 0
		s.due = s.now()
		s.poke()
	}
}

// during runs f in the session's own life, which Run waits for, so that a caller
// who leaves does not leave the session half-way. It returns when f has ended or
// ctx has.
func (s *Session) during(ctx context.Context, f func(run context.Context) error) error {
	ended := make(chan error, 1)
	s.mu.Lock()
	if s.over {
		s.mu.Unlock()
		return context.Canceled
	}
	run := s.run
	s.work.Go(func() { ended <- f(run) })
	s.mu.Unlock()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (s *Session) poke() {
	select {
	case s.kick <- struct{}{}:
	default:
	}
}

// Snapshot is the session for the local contract, with the warnings that belong
// to it.
func (s *Session) Snapshot() (localapi.Session, []localapi.Problem) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := localapi.Session{Phase: s.phase, Problem: s.problem, Since: s.since}
	if s.account != nil {
		a := localAccount(*s.account, s.kept)
		out.Account, out.Provider = &a, a.Provider
	}
	if s.active != nil {
		in := s.active.info
		out.SignIn, out.Provider = &in, in.Provider
	}
	if s.phase == localapi.Offline {
		out.NextTry = s.due
	}
	var notices []localapi.Problem
	if s.storeGone != nil {
		notices = append(notices, *s.storeGone)
	}
	return out, notices
}

// Person is who is signed in or known, nil for nobody.
func (s *Session) Person() *auth.Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.account == nil {
		return nil
	}
	a := *s.account
	return &a
}

func localAccount(a auth.Account, remembered bool) localapi.Account {
	return localapi.Account{
		ID: a.ID, Provider: a.Provider, Name: a.Name, GivenName: a.GivenName, Email: a.Email,
		EmailVerified: a.EmailVerified, Issuer: a.Issuer, Subject: a.Subject, Remembered: remembered,
	}
}

// set changes the phase. The caller holds mu and calls changed after unlocking.
func (s *Session) set(phase localapi.Phase, problem *localapi.Problem) {
	if phase != s.phase {
		s.since = s.now()
	}
	s.phase, s.problem = phase, problem
	s.due = time.Time{}
	switch phase {
	case localapi.SignedIn:
		s.retries = 0
		s.due = s.now().Add(jitter(renewAfter)).Round(0)
	case localapi.Offline:
		s.due = s.now().Add(s.backoff(problem)).Round(0)
		s.retries++
	}
	s.poke()
}

// settle says where the session stands, or will stand again if a sign-in under
// way comes to nothing. The caller holds mu.
func (s *Session) settle(phase localapi.Phase, problem *localapi.Problem) {
	if s.active != nil {
		s.active.before = phase
		return
	}
	s.set(phase, problem)
}

func (s *Session) changed() {
	if s.p.Changed != nil {
		s.p.Changed()
	}
}

// backoff doubles, with jitter so that a whole company does not come back in the
// same second, and obeys Retry-After.
func (s *Session) backoff(p *localapi.Problem) time.Duration {
	wait := lastRetry
	if s.retries < 10 {
		wait = min(firstRetry<<s.retries, lastRetry)
	}
	wait = jitter(wait)
	if asked, err := time.ParseDuration(p.Params["retry_after"] + "s"); err == nil && asked > wait {
		wait = asked + rand.N(asked/10+time.Second)
	}
	return wait
}

// jitter is between three and five quarters of d.
func jitter(d time.Duration) time.Duration { return d*3/4 + rand.N(d/2+1) }

// SetProviders says how people can sign in from now on. A sign-in under way with
// one that is gone ends. An account that none of them vouches for is let go of;
// the key store keeps it.
func (s *Session) SetProviders(providers []auth.Provider) error {
	clients := make(map[string]*auth.Client, len(providers))
	for _, p := range providers {
		s.mu.Lock()
		old := s.clients[p.ID]
		s.mu.Unlock()
		if old != nil && same(old.Provider(), p) {
			clients[p.ID] = old
			continue
		}
		c, err := auth.New(auth.Params{Provider: p, Store: s.p.Store, CacheDir: s.p.CacheDir, LockDir: s.p.LockDir, HTTP: s.p.HTTP, Now: s.p.Now, Log: s.p.Log})
		if err != nil {
			return err
		}
		clients[p.ID] = c
	}
	s.mu.Lock()
	var replaced []*auth.Client
	for id, old := range s.clients {
		if clients[id] != old {
			replaced = append(replaced, old)
		}
	}
	s.providers, s.clients = providers, clients
	gone := s.active
	if gone != nil && clients[gone.info.Provider] == gone.client {
		gone = nil
	}
	s.mu.Unlock()
	if gone != nil {
		gone.cancel()
		<-gone.ended
	}
	s.mu.Lock()
	for _, old := range replaced {
		if !s.over {
			s.work.Go(old.Close) // it may still owe a browser its page
		}
	}
	if s.account != nil && s.clientFor(*s.account) == nil {
		s.account, s.tokens, s.kept = nil, nil, false
		s.settle(localapi.SignedOut, nil)
	}
	s.mu.Unlock()
	s.changed()
	return nil
}

func same(a, b auth.Provider) bool {
	return a.ID == b.ID && a.Title == b.Title && a.Authority == b.Authority && a.ClientID == b.ClientID &&
		slices.Equal(a.Scopes, b.Scopes) && a.Redirect == b.Redirect
}

// clientFor finds the provider that vouches for an account: the same id, and an
// issuer on the authority's host. The engine checks that the issuer is exactly
// right before it sends anything.
func (s *Session) clientFor(a auth.Account) *auth.Client {
	c := s.clients[a.Provider]
	if c == nil {
		return nil
	}
	authority, err := url.Parse(c.Provider().Authority)
	issuer, err2 := url.Parse(a.Issuer)
	if err != nil || err2 != nil || !strings.EqualFold(authority.Host, issuer.Host) {
		return nil
	}
	return c
}

func (s *Session) allClients() []*auth.Client {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []*auth.Client
	for _, c := range s.clients {
		all = append(all, c)
	}
	return all
}

func (s *Session) title(c *auth.Client) string {
	if c == nil {
		return ""
	}
	p := c.Provider()
	return p.Name()
}
