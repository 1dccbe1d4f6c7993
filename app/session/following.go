package session

import (
	"context"
	"errors"
	"log/slog"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth"
)

// following shows the course of a sign-in under way, until its end, and records the end.
// The state's mu guards the attempts.
type following struct {
	state    *state
	life     *life
	consents *consents
	record   *record
	// listAgain reads the key store again, after it has been changed.
	listAgain func(ctx context.Context)
	changed   func()
	log       *slog.Logger
}

// exchanging shows that the browser has come back.
func (f *following) exchanging(a *attempt, returned <-chan struct{}) {
	select {
	case <-returned:
	case <-a.ended:
		return
	}
	f.state.mu.Lock()
	if f.state.attempts.active == a {
		a.info.Stage, a.info.Lingering, a.info.Stranger = localapi.StageExchanging, false, false
	}
	f.state.mu.Unlock()
	f.changed()
	f.unfinished(a)
}

// finish waits for the end of a sign-in, and records it.
func (f *following) finish(a *attempt, w waiter, hint string) {
	tokens, err := w.Wait()
	a.stop(nil)
	defer close(a.ended)
	if err != nil {
		f.ended(a, err, hint)
		return
	}
	f.state.mu.Lock()
	if !a.replaced {
		f.state.attempts.over(a)
	}
	f.state.accept(tokens.Account, tokens)
	f.state.silence = silence{}
	forget := a.info.MemoryOnly && !f.state.rules.memoryOnly
	if forget {
		f.state.who.unkept = nil // as the person wanted; a rehearsal tells how it would be
	}
	f.state.mu.Unlock()
	run := f.life.context()
	f.recordEnd(a, &tokens.Account, nil)
	f.changed()
	if forget {
		// A person who does not want to be remembered does not want an earlier sign-in
		// remembered either.
		if err := a.client.Unremember(context.WithoutCancel(run), tokens.Account.ID); err != nil {
			f.log.Warn("the account's earlier sign-in is still in the key store", "account", tokens.Account.ID, "error", err)
		}
	}
	f.listAgain(run)
}

// ended records an attempt without success.
func (f *following) ended(a *attempt, err error, hint string) {
	p := f.state.explain(err, a.client)
	f.state.mu.Lock()
	if a.replaced {
		f.state.mu.Unlock()
		return
	}
	consent, waited := a.consent, a.problem
	f.state.mu.Unlock()
	switch {
	case consent == nil:
		consent = f.consents.of(a.client, p, "", hint)
	case p.Code == localapi.TimedOut:
		// Nobody consented for hours; the missing consent still stands in the way.
		p, consent = waited, given(consent)
	default:
		consent = nil
	}
	f.state.mu.Lock()
	f.state.attempts.over(a)
	f.state.where.fail(p)
	f.state.where.offerConsent(p, consent)
	f.state.when.poke() // something may have become due meanwhile
	f.state.mu.Unlock()
	f.recordEnd(a, nil, p)
	f.changed()
}

// newCode shows that the attempt goes on with another code.
func (f *following) newCode(a *attempt, d *auth.DeviceSignIn) {
	f.state.mu.Lock()
	a.show(d)
	a.info.NewCode = true
	f.state.mu.Unlock()
	f.changed()
}

// consentNeeded shows that the attempt waits for an administrator.
func (f *following) consentNeeded(a *attempt, need auth.ConsentNeeded, person string) {
	consent := f.consents.awaited(a.client, need, person)
	var refusal *localapi.Problem
	if need.Err != nil {
		refusal = f.state.explain(need.Err, a.client)
	}
	f.state.mu.Lock()
	if f.state.attempts.active != a {
		f.state.mu.Unlock()
		return
	}
	if a.consent == nil {
		a.since = f.state.now()
	}
	if refusal != nil && (aboutConsent(refusal) || a.problem == nil) {
		p := *withTenant(refusal, need.Tenant)
		if !aboutConsent(&p) {
			// The provider lets nobody consent here but has not named an administrator.
			p.Code = localapi.ConsentNeeded
		}
		a.problem = &p
	}
	a.consent = &consent
	f.state.when.poke() // renewals may go on
	f.state.mu.Unlock()
	f.changed()
}

// recordEnd tells how a sign-in by the person ended.
func (f *following) recordEnd(a *attempt, account *auth.Account, p *localapi.Problem) {
	f.state.mu.Lock()
	method := "browser"
	switch {
	case a.asked.Device:
		method = "device"
	case a.pasted:
		method = "pasted"
	}
	f.state.mu.Unlock()
	f.record.of(AuditSignIn, method, a.client, account, p)
}

// again is the attempt for another look at the browser: some requests may be
// opened once only, and a browser elsewhere needs another one.
func (f *following) again(ctx context.Context, a *attempt, req localapi.SignInRequest) localapi.SignIn {
	address, err := "", error(nil)
	switch {
	case a.browser == nil:
	case req.Elsewhere && !a.info.Pasteable:
		address, err = a.browser.ElsewhereURL(ctx)
	default:
		address, err = a.browser.Renew(ctx)
	}
	if err != nil {
		f.log.Warn("no fresh address for the browser", "provider", a.info.Provider, "error", err)
	}
	f.state.mu.Lock()
	if err == nil && address != "" {
		a.info.URL = address
		a.info.Pasteable = a.info.Pasteable || req.Elsewhere
	}
	info := a.info
	f.state.mu.Unlock()
	f.changed()
	return info
}

// paste is Session.Paste.
func (f *following) paste(text string) error {
	f.state.mu.Lock()
	a := f.state.attempts.active
	f.state.mu.Unlock()
	notThis := &localapi.Problem{Code: localapi.NotThisSignIn}
	if a == nil || a.browser == nil {
		return notThis
	}
	f.state.mu.Lock()
	a.pasted = true // it may be over before Paste returns
	f.state.mu.Unlock()
	err := a.browser.Paste(text)
	if err != nil {
		f.state.mu.Lock()
		a.pasted = false
		f.state.mu.Unlock()
	}
	if errors.Is(err, auth.ErrNotThisSignIn) {
		return notThis // the pasted text may hold a code, and is not repeated
	}
	if err != nil {
		return f.state.explain(err, a.client)
	}
	return nil
}
