package session

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/portico-desktop/portico/app/backoff"
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/vault"
)

const (
	// storeLate is how long the key store may take to come up at log-on.
	storeLate = 2 * time.Minute
	storeStep = 2 * time.Second
)

// Resume looks for a remembered sign-in and renews it. At log-on the key store
// may be late: with patience set it is asked again for two minutes before its
// absence is believed. When ctx ends first, it goes on all the same.
func (s *Session) Resume(ctx context.Context, patience bool) {
	_ = s.life.during(ctx, func(run context.Context) error {
		s.mu.Lock()
		s.resuming++
		s.mu.Unlock()
		s.resume(run, patience)
		s.mu.Lock()
		s.resuming--
		s.mu.Unlock()
		return nil
	})
}

// Rest leaves everybody signed out who is remembered, until somebody signs in or
// is chosen.
func (s *Session) Rest() {
	s.mu.Lock()
	if s.who.account == nil && s.phase == localapi.Starting {
		s.set(localapi.SignedOut, nil)
	}
	s.mu.Unlock()
	s.changed()
}

func (s *Session) resume(ctx context.Context, patience bool) {
	if s.turnedOff() != nil {
		return
	}
	if s.keepsNothing() {
		s.Rest()
		return
	}
	f := s.look(ctx, patience)
	if ctx.Err() != nil {
		return
	}
	s.mu.Lock()
	if s.roster.edition != f.edition || !f.whole && s.toEnter(f.known) != len(f.known)-1 {
		s.mu.Unlock()
		s.resume(ctx, false) // somebody was signed out meanwhile, or in, or the providers are others
		return
	}
	if s.attempts.active != nil || s.who.account != nil || s.rules.Off {
		s.mu.Unlock() // somebody signs in, or has, meanwhile
		return
	}
	if f.whole {
		s.roster.list = &storeList{f.known, f.err}
	}
	if f.err != nil && len(f.known) == 0 {
		s.resumeWithoutStore(f.err)
		s.mu.Unlock()
		s.changed()
		return
	}
	renew := false
	s.set(localapi.SignedOut, nil)
	if at := s.toEnter(f.known); at >= 0 {
		renew = s.enter(f.known[at], nil)
	}
	s.mu.Unlock()
	s.changed()
	if renew {
		_ = s.renew(ctx)
	}
}

// toEnter is which known account becomes the session's, -1 for none: the last used one
// that can be renewed, and otherwise the last one whose provider is still there. The
// caller holds mu.
func (s *Session) toEnter(known []auth.Known) int {
	at := slices.IndexFunc(known, s.mayEnter)
	if at < 0 {
		at = slices.IndexFunc(known, func(k auth.Known) bool { return s.providers.clientFor(k.Account) != nil })
	}
	return at
}

// mayEnter says whether no account that was used before can take this one's place. The
// caller holds mu.
func (s *Session) mayEnter(k auth.Known) bool {
	return s.providers.clientFor(k.Account) != nil && !s.providers.isFormer(k.Account)
}

// finding is what a look into the key store has brought. It holds as long as the edition
// stays the same.
type finding struct {
	known   []auth.Known
	edition int
	// whole: known are all there are, as far as err lets them be read. Otherwise they end
	// with the one that becomes the session's.
	whole bool
	err   error
}

// look reads the key store up to the account that becomes the session's: the others are
// read when somebody asks for them, so that no start waits for them. patience is as in
// Resume.
func (s *Session) look(ctx context.Context, patience bool) finding {
	for waited, step := time.Duration(0), storeStep; ; step = min(2*step, 30*time.Second) {
		f := s.lookOnce(ctx)
		if !patience || waited >= storeLate || !comesUp(f.err) {
			return f
		}
		wait := backoff.Around(step)
		waited += wait
		if !sleep(ctx, wait) {
			return finding{edition: f.edition, whole: true, err: context.Cause(ctx)}
		}
	}
}

func (s *Session) lookOnce(ctx context.Context) (f finding) {
	s.mu.Lock()
	f.edition = s.roster.edition
	s.mu.Unlock()
	for k, err := range auth.EachAccount(ctx, s.p.Store) {
		if err != nil {
			f.err = err
			continue
		}
		f.known = append(f.known, k)
		s.mu.Lock()
		at := slices.IndexFunc(f.known, s.mayEnter)
		s.mu.Unlock()
		if at == len(f.known)-1 && k.Remembered {
			return f // without a sign-in nothing waits for the rest
		}
	}
	f.whole = true
	return f
}

// enter makes a known account the session's, with what is held of it in memory,
// and says whether it can be renewed. The caller holds mu.
func (s *Session) enter(k auth.Known, tokens *auth.Tokens) (renew bool) {
	account := k.Account
	s.who.become(account, tokens, k.Remembered)
	if s.rules.Off {
		s.turnOff()
		return false
	}
	if s.who.canRenew() {
		s.silence = silence{due: true}
		s.set(localapi.Starting, nil)
		return true
	}
	// The account without its sign-in is what an ended one leaves behind.
	code := localapi.SignInExpired
	if k.Lost {
		code = localapi.SignInNotSaved
	}
	s.set(localapi.NeedsSignIn, &localapi.Problem{Code: code, Params: s.providers.about(s.providers.clientFor(account)).Params()})
	return false
}

// comesUp says whether waiting can help: a key store that is not there yet or
// does not answer yet, or whose prompt is still open. After a dismissed prompt,
// every further try would only open another one.
func comesUp(err error) bool {
	switch vault.KindOf(err) {
	case vault.Missing, vault.NotSetUp, vault.Silent:
		return true
	case vault.Locked:
		return errors.Is(err, context.DeadlineExceeded)
	}
	return false
}

// resumeWithoutStore: without any key store people can still work, and are told
// that they will have to sign in again; a key store that is there but does not
// open may hold a sign-in, and is worth mending first.
func (s *Session) resumeWithoutStore(err error) {
	p := Explain(err, About{}, s.now())
	if p.Code == localapi.KeyStoreMissing || p.Code == localapi.KeyStoreNotSetUp {
		s.who.unkept = p
		s.set(localapi.SignedOut, nil)
		return
	}
	s.set(localapi.Blocked, p)
}

// unread is why it is not known who is remembered: the key store could not be read, nil
// for nothing of the kind. A store that was missing may have come since. The caller
// holds mu.
func (s *Session) unread() *localapi.Problem {
	p := s.problem
	if s.phase == localapi.SignedOut {
		p = s.who.unkept
	} else if s.phase != localapi.Blocked {
		return nil
	}
	if s.who.account != nil || p == nil || p.Exit() != localapi.ExitKeyStore {
		return nil
	}
	return p
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// Refresh renews the sign-in silently, if there is one, and records what came of
// it, for somebody who looks: a key store that did not open is looked into again, and
// what it did not take is offered to it again. The error is the problem that the state
// shows as well. When ctx ends first, the renewal goes on.
func (s *Session) Refresh(ctx context.Context) error {
	return s.life.during(ctx, func(run context.Context) error {
		s.saveAgain(run)
		return s.refresh(run)
	})
}

func (s *Session) refresh(ctx context.Context) error {
	s.mu.Lock()
	again := s.unread() != nil
	if again {
		s.who.unkept = nil
		s.set(localapi.Starting, nil)
	}
	s.mu.Unlock()
	if !again {
		return s.renew(ctx)
	}
	s.resume(ctx, false)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.problem == nil {
		return nil
	}
	return s.problem
}

func (s *Session) renew(ctx context.Context) error {
	tell, err := s.renewAlone(ctx)
	if tell != nil {
		tell()
	}
	return err
}

// renewAlone is renew without a word to anybody, which tell is for, nil for nothing to
// say: whoever hears that something has changed finds the renewal over.
func (s *Session) renewAlone(ctx context.Context) (tell func(), err error) {
	s.refreshing.Lock()
	defer s.refreshing.Unlock()
	if p := s.turnedOff(); p != nil {
		return nil, p
	}
	s.mu.Lock()
	if s.attempts.busy() {
		s.mu.Unlock()
		return nil, nil
	}
	if s.phase == localapi.SignedIn && !s.who.canRenew() && s.now().Before(s.when.Due()) {
		s.mu.Unlock()
		return nil, nil // there is nothing to renew it with, and nothing is gained by ending it
	}
	var client *auth.Client
	if s.who.account != nil && s.worthTrying() {
		client = s.providers.clientFor(*s.who.account)
	}
	if client == nil {
		s.when.Stop()
		s.mu.Unlock()
		return nil, nil
	}
	account, tokens := *s.who.account, s.who.tokens
	since := s.asked
	s.when.tried, s.asked = s.now(), time.Time{} // what comes later is asked later
	s.mu.Unlock()
	s.prepare(client)
	r, err := renewal(ctx, client, account.ID, tokens, since)
	if err != nil && ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil {
		return s.notRenewed(client, account, tokens, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	recorded := false
	if s.who.holds(account.ID, tokens) {
		s.accept(r.Account, r.Tokens)
		recorded = s.silence.worked() && r.Tokens != nil // the other process has told of its own
	}
	return func() {
		if recorded {
			s.record(AuditRenewal, "silent", client, &r.Account, nil)
		}
		s.changed()
	}, nil
}

// renewal renews a sign-in, or takes a renewal that another process has made since; see
// Params.Since.
func renewal(ctx context.Context, client *auth.Client, account string, tokens *auth.Tokens, since time.Time) (*auth.Renewal, error) {
	if tokens == nil && !since.IsZero() {
		return client.Renewed(ctx, account, since)
	}
	t, err := client.Refresh(ctx, account, tokens)
	if err != nil {
		return nil, err
	}
	return &auth.Renewal{Account: t.Account, Tokens: t}, nil
}

// notRenewed notes what a failed renewal of these tokens means, and tell says it.
func (s *Session) notRenewed(client *auth.Client, account auth.Account, tokens *auth.Tokens, err error) (tell func(), shown error) {
	p := s.explain(err, client)
	if p.Code == localapi.SignInNeeded && tokens != nil && tokens.RefreshToken == "" {
		p.Code = localapi.SignInOver
	}
	consent := s.consentFor(client, p, account.Tenant, account.Email)
	if aboutConsent(p) {
		p = withTenant(p, account.Tenant)
	}
	recorded := false
	tell = func() {
		if recorded {
			s.record(silentEnd(err), "silent", client, &account, p)
		}
		s.changed()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.who.holds(account.ID, tokens) || s.rules.Off {
		return tell, nil
	}
	var refused *auth.ProviderError
	if errors.As(err, &refused) {
		s.who.claims = refused.Claims
	}
	var other *auth.RegistrationError
	if errors.Is(err, auth.ErrNoSignIn) && !errors.As(err, &other) {
		s.who.lapsed()
		s.roster.unlist()
	}
	var trouble *vault.Error
	if errors.As(err, &trouble) && s.phase == localapi.SignedIn {
		// The key store broke while somebody is signed in: they stay so.
		s.who.unkept = p
		s.set(localapi.SignedIn, nil)
		s.afterTrouble(trouble)
		return tell, nil
	}
	phase := phaseFor(p)
	if phase == localapi.SignedOut {
		phase = localapi.NeedsSignIn // the provider said no; the token is kept
	}
	if phase == localapi.Offline {
		s.notReached(p)
		return tell, p
	}
	s.set(phase, p)
	s.offerConsent(p, consent)
	recorded = s.silence.failed(p)
	return tell, p
}

// silentEnd is what the record calls a renewal that failed for good.
func silentEnd(err error) AuditEvent {
	var refused *auth.ProviderError
	if errors.Is(err, auth.ErrNoSignIn) && errors.As(err, &refused) {
		return AuditDropped
	}
	return AuditRenewal
}

// worthTrying is false where only the person can go on. The caller holds mu.
func (s *Session) worthTrying() bool {
	switch s.phase {
	case localapi.SignedIn, localapi.Offline, localapi.Starting:
		return true
	}
	// After a sign-in that came to nothing, and where somebody has to mend
	// something first, what is kept may still be good.
	return s.who.canRenew()
}
