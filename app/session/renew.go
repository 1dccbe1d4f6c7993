package session

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/vault"
)

// renewals renews the sign-in silently. Its lock keeps renewals one after the other, and
// is taken before the state's.
type renewals struct {
	state    *state
	consents *consents
	record   *record
	// warm prepares the first request to a provider, beside other work before it.
	warm    func(*auth.Client)
	changed func()
	log     *slog.Logger
	// confirmLimit is the constant of this name. Tests cannot wait for it.
	confirmLimit time.Duration

	refreshing sync.Mutex
	// asked is Params.Since until the first renewal.
	asked time.Time
}

// alone runs f while nothing is renewed. A renewal under way may hold the only copy of a
// rotated token, and a copy in memory alone would save itself afterwards.
func (r *renewals) alone(f func()) {
	r.refreshing.Lock()
	defer r.refreshing.Unlock()
	f()
}

// unlessRenewing is the answer of f while nothing is renewed, and false during a renewal.
func (r *renewals) unlessRenewing(f func() bool) bool {
	if !r.refreshing.TryLock() {
		return false
	}
	defer r.refreshing.Unlock()
	return f()
}

// renew renews the sign-in if there is one and it is worth a try, and returns the
// outcome.
func (r *renewals) renew(ctx context.Context) error {
	tell, err := r.renewAlone(ctx)
	if tell != nil {
		tell()
	}
	return err
}

// renewAlone is renew without a word to anybody: tell says it later, and is nil for
// nothing to say. So the renewal is over for everybody who hears of a change.
func (r *renewals) renewAlone(ctx context.Context) (tell func(), err error) {
	r.refreshing.Lock()
	defer r.refreshing.Unlock()
	if p := r.state.turnedOff(); p != nil {
		return nil, p
	}
	r.state.mu.Lock()
	if r.state.attempts.busy() {
		r.state.mu.Unlock()
		return nil, nil
	}
	if r.state.where.phase == localapi.SignedIn && !r.state.who.canRenew() && r.state.now().Before(r.state.when.Due()) {
		r.state.mu.Unlock()
		return nil, nil // there is nothing to renew it with, and nothing is gained by ending it
	}
	var client *auth.Client
	if r.state.who.account != nil && r.state.where.worthTrying() {
		client = r.state.providers.clientFor(*r.state.who.account)
	}
	if client == nil {
		r.state.when.Stop()
		r.state.mu.Unlock()
		return nil, nil
	}
	account, tokens := *r.state.who.account, r.state.who.tokens
	since := r.asked
	r.state.when.tried, r.asked = r.state.now(), time.Time{} // a later renewal is asked later
	r.state.mu.Unlock()
	r.warm(client)
	got, err := renewal(ctx, client, account.ID, tokens, since)
	if err != nil && ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil {
		return r.failed(client, account, tokens, err)
	}
	r.state.mu.Lock()
	defer r.state.mu.Unlock()
	recorded := false
	if r.state.who.holds(account.ID, tokens) {
		r.state.accept(got.Account, got.Tokens)
		recorded = r.state.silence.worked() && got.Tokens != nil // the other process has told of its own
	}
	return func() {
		if recorded {
			r.record.of(AuditRenewal, "silent", client, &got.Account, nil)
		}
		r.changed()
	}, nil
}

// renewal renews a sign-in, or takes a renewal that another process has made since; see
// Params.Since.
func renewal(ctx context.Context, client *auth.Client, account string, tokens *auth.Tokens, since time.Time) (*auth.Renewal, error) {
	if tokens == nil && !since.IsZero() {
		return client.Renewed(ctx, account, since)
	}
	t, err := client.Refresh(ctx, account)
	if err != nil {
		return nil, err
	}
	return &auth.Renewal{Account: t.Account, Tokens: t}, nil
}

// failed notes the meaning of a failed renewal of these tokens, and tell says it.
func (r *renewals) failed(client *auth.Client, account auth.Account, tokens *auth.Tokens, err error) (tell func(), shown error) {
	p := r.state.explain(err, client)
	if p.Code == localapi.SignInNeeded && tokens != nil && tokens.RefreshToken == "" {
		p.Code = localapi.SignInOver
	}
	consent := r.consents.of(client, p, account.Tenant, account.Email)
	if aboutConsent(p) {
		p = withTenant(p, account.Tenant)
	}
	recorded := false
	tell = func() {
		if recorded {
			r.record.of(silentEnd(err), "silent", client, &account, p)
		}
		r.changed()
	}
	r.state.mu.Lock()
	defer r.state.mu.Unlock()
	if !r.state.who.holds(account.ID, tokens) || r.state.rules.Off {
		return tell, nil
	}
	var refused *auth.ProviderError
	if errors.As(err, &refused) {
		r.state.who.claims = refused.Claims
	}
	var other *auth.RegistrationError
	if errors.Is(err, auth.ErrNoSignIn) && !errors.As(err, &other) {
		r.state.who.lapsed()
		r.state.roster.unlist()
	}
	var trouble *vault.Error
	if errors.As(err, &trouble) && r.state.where.phase == localapi.SignedIn {
		// The key store broke while somebody is signed in: they stay so.
		r.state.who.unkept = p
		r.state.where.set(localapi.SignedIn, nil)
		r.state.when.storeFailed(trouble)
		return tell, nil
	}
	phase := phaseFor(p)
	if phase == localapi.SignedOut {
		phase = localapi.NeedsSignIn // the provider said no; the token is kept
	}
	if phase == localapi.Offline {
		r.state.where.notReached(p)
		return tell, p
	}
	r.state.where.set(phase, p)
	r.state.where.offerConsent(p, consent)
	recorded = r.state.silence.failed(p)
	return tell, p
}

// silentEnd is the event for a renewal failed for good.
func silentEnd(err error) AuditEvent {
	var refused *auth.ProviderError
	if errors.Is(err, auth.ErrNoSignIn) && errors.As(err, &refused) {
		return AuditDropped
	}
	return AuditRenewal
}

// worthTrying is false if only the person can go on. The caller holds mu.
func (w *where) worthTrying() bool {
	switch w.phase {
	case localapi.SignedIn, localapi.Offline, localapi.Starting:
		return true
	}
	// After a sign-in without success, and before somebody has mended something, the kept
	// sign-in may still be good.
	return w.who.canRenew()
}
