package session

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth"
)

const (
	// confirmLimit is how long a provider may take to confirm its metadata.
	confirmLimit = 5 * time.Second
	// confirmTries is how often a missing answer is believed. A network may keep the
	// metadata alone away, and carry the answer to a renewal.
	confirmTries = 6
	// nap is the lateness of a timer, by the wall's clock, above which the computer must
	// have been asleep.
	nap = 30 * time.Second
)

// overslept says whether a timer set for a wait fired very late by the wall's clock: the
// computer must have been asleep.
func overslept(set, fired time.Time, wait time.Duration) bool { return fired.Sub(set) > wait+nap }

// confirmed says whether to renew now. slept: the renewal is late because the computer
// was asleep. A network that has just come, or is about to go, may carry a request and
// lose its answer. Then the refresh token is spent and the new one lost: the person is
// signed out. So after a change of the network, or sleep, a request without such a risk
// goes to the provider first, and the renewal waits for its answer. Other renewals do not
// pay for it, and neither does a start.
func (r *renewals) confirmed(ctx context.Context, slept bool) bool {
	r.state.mu.Lock()
	r.state.when.unsure = r.state.when.unsure || slept
	unsure, due := r.state.when.unsure, r.state.when.Due()
	var client *auth.Client
	if r.state.who.canRenew() && !r.state.attempts.busy() {
		client = r.state.providers.clientFor(*r.state.who.account)
	}
	r.state.mu.Unlock()
	return !unsure || client == nil || r.confirm(ctx, client, due)
}

// confirm has the provider confirm its metadata, and says whether to go on with the due
// renewal.
func (r *renewals) confirm(ctx context.Context, client *auth.Client, due time.Time) bool {
	limited, cancel := context.WithTimeoutCause(ctx, r.confirmLimit, &auth.UnavailableError{
		Host: AboutClient(client).Host, Step: "metadata", Err: fmt.Errorf("no answer within %v", r.confirmLimit),
	})
	defer cancel()
	r.state.mu.Lock()
	r.state.when.tried = r.state.now()
	r.state.mu.Unlock()
	_, err := client.RenewMetadata(limited)
	if ctx.Err() != nil {
		return false
	}
	var unavailable *auth.UnavailableError
	waits := errors.As(err, &unavailable)
	var p *localapi.Problem
	if waits {
		p = r.state.explain(err, client)
	}
	r.state.mu.Lock()
	defer r.changed()
	defer r.state.mu.Unlock()
	if !r.state.when.Due().Equal(due) || r.state.attempts.busy() || r.state.who.account == nil || r.state.providers.clientFor(*r.state.who.account) != client {
		return false // it was renewed meanwhile, or is due anew
	}
	if !waits {
		r.state.when.unsure = false // even an odd answer is one
		return true
	}
	r.log.Info("the renewal waits for a network that carries answers", "provider", client.Provider().ID, "error", err)
	r.state.when.unsure = unavailable.Status == 0 && r.state.when.Tries() < confirmTries
	r.state.where.notReached(p)
	return false
}

// notReached sets the standing without the provider's answer.
func (w *where) notReached(p *localapi.Problem) {
	if w.phase == localapi.NeedsSignIn {
		w.set(w.phase, w.problem) // a missing sign-in stands in the way, with an answer or without
		return
	}
	w.set(phaseFor(p), p)
}
