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
	// confirmTries is how often no answer is believed. A network may keep the metadata
	// alone away, and then it is not the answer that would be lost.
	confirmTries = 6
	// nap is what a timer may be late by the wall's clock before the computer must have
	// been asleep.
	nap = 30 * time.Second
)

// overslept says whether a timer that was set for a wait fired so late, by the wall's
// clock, that the computer must have been asleep.
func overslept(set, fired time.Time, wait time.Duration) bool { return fired.Sub(set) > wait+nap }

// renewDue renews what is due. slept says that it is only now because the computer was
// asleep.
//
// A network that has just come, or is about to go, may carry a request and not its
// answer. The refresh token is spent then, and the new one lost, which signs the person
// out. So after a change of the network, or sleep, the provider is first asked for
// something that costs nothing, and the renewal waits where that does not come back.
// Other renewals do not pay for it, and neither does a start.
func (s *Session) renewDue(ctx context.Context, slept bool) {
	s.mu.Lock()
	s.when.unsure = s.when.unsure || slept
	unsure, due := s.when.unsure, s.when.Due()
	var client *auth.Client
	if s.who.canRenew() && !s.attempts.busy() {
		client = s.providers.clientFor(*s.who.account)
	}
	s.mu.Unlock()
	if unsure && client != nil && !s.confirm(ctx, client, due) {
		return
	}
	_ = s.life.during(ctx, s.refresh)
}

// confirm has the provider confirm its metadata, and says whether to go on with the
// renewal that was due.
func (s *Session) confirm(ctx context.Context, client *auth.Client, due time.Time) bool {
	limited, cancel := context.WithTimeoutCause(ctx, s.confirmLimit, &auth.UnavailableError{
		Host: AboutClient(client).Host, Step: "metadata", Err: fmt.Errorf("no answer within %v", s.confirmLimit),
	})
	defer cancel()
	s.mu.Lock()
	s.when.tried = s.now()
	s.mu.Unlock()
	_, err := client.RenewMetadata(limited)
	if ctx.Err() != nil {
		return false
	}
	var unavailable *auth.UnavailableError
	waits := errors.As(err, &unavailable)
	var p *localapi.Problem
	if waits {
		p = s.explain(err, client)
	}
	s.mu.Lock()
	defer s.changed()
	defer s.mu.Unlock()
	if !s.when.Due().Equal(due) || s.attempts.busy() || s.who.account == nil || s.providers.clientFor(*s.who.account) != client {
		return false // it was renewed meanwhile, or is due anew
	}
	if !waits {
		s.when.unsure = false // even an odd answer is one
		return true
	}
	s.log.Info("the renewal waits for a network that carries answers", "provider", client.Provider().ID, "error", err)
	s.when.unsure = unavailable.Status == 0 && s.when.Tries() < confirmTries
	s.notReached(p)
	return false
}

// notReached says where the session stands without the provider's answer. The caller
// holds mu.
func (s *Session) notReached(p *localapi.Problem) {
	if s.phase == localapi.NeedsSignIn {
		s.set(s.phase, s.problem) // which is what stands in the way, whatever else does
		return
	}
	s.set(phaseFor(p), p)
}
