package session

// cancel is Session.CancelSignIn.
func (s *signIns) cancel() {
	if s.endAll() {
		return
	}
	s.state.mu.Lock()
	waiting := s.state.where.consent != nil && s.state.where.consent.Waiting
	if waiting {
		s.state.where.consent = given(s.state.where.consent)
		s.state.when.Stop()
		s.state.when.poke()
	}
	s.state.mu.Unlock()
	if waiting {
		s.changed()
	}
}

// endAll ends all attempts, prepared or under way, and says whether there were any.
func (s *signIns) endAll() bool {
	s.state.mu.Lock()
	all := s.state.attempts.all()
	s.state.mu.Unlock()
	for _, a := range all {
		a.cancel()
	}
	for _, a := range all {
		<-a.ended
	}
	return len(all) > 0
}

// stopPreparing ends all preparations, without waiting for their end.
func (s *signIns) stopPreparing() {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	for _, a := range s.state.attempts.preparing {
		a.cancel()
	}
}

// endActive ends a sign-in under way. The caller holds starting.
func (s *signIns) endActive() {
	s.state.mu.Lock()
	a := s.state.attempts.active
	s.state.mu.Unlock()
	if a != nil {
		a.end()
	}
}

// underWay is the present attempt, if the person asks for the same once more, nil
// otherwise. One in its wait for an administrator is not the same: by asking again the
// person goes back to the browser.
func (s *signIns) underWay(wanted *attempt) *attempt {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	a, req := s.state.attempts.active, wanted.asked
	if a == nil || a.client != wanted.client || a.consent != nil || a.asked.Device != req.Device || a.asked.Another != req.Another ||
		a.asked.MemoryOnly != req.MemoryOnly || a.asked.Account != req.Account {
		return nil
	}
	return a
}
