package auth

import (
	"errors"
	"slices"
)

// The reasons for taking a browser back to the provider once more, by itself.
const (
	proofsRefused = "the provider refuses proofs of possession; asking without"
	answerLost    = "the answer to the code was lost; asking for another code"
	pageTooOld    = "the provider's page was open for too long; beginning again"
)

// onceMore takes the browser waiting for its page to another authorization request
// instead, if this mends the failure, and reports if it does: once for each reason. The
// code is spent in any case or bound to a key the provider does not take (dpop_jkt), so
// it is not shown again. No browser waits for a pasted answer.
func (s *SignIn) onceMore(asked request, err error) bool {
	why := s.mendedBy(asked, err)
	s.mu.Lock()
	no := why == "" || s.pasted || slices.Contains(s.tried, why) || s.waiting && why != proofsRefused
	if !no {
		s.tried = append(s.tried, why)
		s.unbound = s.unbound || why == proofsRefused
	}
	s.mu.Unlock()
	if no {
		return false
	}
	o := s.options
	o.Elsewhere = false
	address, state, failed := s.askAgain(s.ctx, o)
	if failed != nil || !s.listener.Lead(address, state) {
		return false
	}
	s.mu.Lock()
	if !s.waiting {
		s.url = address
	}
	s.mu.Unlock()
	if why == proofsRefused {
		s.refusedProof = err
	}
	s.client.log.Warn("once more: "+why, "provider", s.client.provider.ID, "error", err)
	return true
}

// mendedBy is why another request may succeed after this one has failed, "" if nothing
// says so.
func (s *SignIn) mendedBy(asked request, err error) string {
	var refused *ProviderError
	switch {
	case s.client.mayGoUnbound(asked.proof, err):
		return proofsRefused
	case isLost(err) && asked.state != "":
		return answerLost
	case errors.As(err, &refused) && refused.leftOpen():
		return pageTooOld
	}
	if asked.proof == nil && refusesProof(err) {
		s.client.unlearn() // it wants proofs after all
	}
	return ""
}

// mayGoUnbound reports if a sign-in may go on without proofs after it has shown one. The
// provider has refused a proof by its own clock then; anybody able to make it do so could
// have made it give bearer tokens, or announce nothing in the first place (see
// checkTokenType). If the clock is so wrong that no ID token would be good, nothing is
// gained by it.
func (c *Client) mayGoUnbound(proof *proofKey, err error) bool {
	var clock *ClockError
	if proof == nil || c.provider.DPoP == ExtensionRequired || !refusesProof(err) {
		return false
	}
	return !errors.As(err, &clock) || clock.Ahead.Abs() <= clockSkew
}

func (s *SignIn) isUnbound() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.unbound
}

// learn keeps the lesson of signing in without proofs here, after somebody has. A clock
// is no reason to: it may be right tomorrow.
func (s *SignIn) learn() {
	if s.isUnbound() && !isTimeless(s.refusedProof) {
		s.client.learn(Learnt{WithoutDPoP: s.client.now()})
	}
}
