package session

import "slices"

// attempts are the sign-ins that are being prepared, and the one under way. It has no lock
// of its own: the state's mu guards it.
type attempts struct {
	active *attempt
	// preparing are the attempts before they are under way, those that wait for
	// their turn among them.
	preparing []*attempt
}

// busy says whether the person is signing in, which renewals keep out of. Waiting
// for an administrator may take hours, and does not count.
func (s *attempts) busy() bool { return s.active != nil && s.active.consent == nil }

// all are the attempts that can be ended.
func (s *attempts) all() []*attempt {
	all := slices.Clone(s.preparing)
	if s.active != nil {
		all = append(all, s.active)
	}
	return all
}

// prepared: the attempt is not being prepared any more. It says whether it was.
func (s *attempts) prepared(a *attempt) bool {
	at := slices.Index(s.preparing, a)
	if at >= 0 {
		s.preparing = slices.Delete(s.preparing, at, at+1)
	}
	return at >= 0
}

// goOn makes an attempt that was being prepared the sign-in under way.
func (s *attempts) goOn(a *attempt) {
	s.prepared(a)
	s.active = a
}

// over: the attempt is not under way any more, if it was.
func (s *attempts) over(a *attempt) {
	if s.active == a {
		s.active = nil
	}
}
