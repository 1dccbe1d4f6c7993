package auth

import "sync"

// maxSuccessors is far more than the refusals that anybody waits for.
const maxSuccessors = 64

// successors are the refresh tokens that have taken the place of others which nobody
// keeps: of sign-ins that live in memory, whose answer was refused after the provider
// had rotated. The caller still holds the former one. They end with the program.
type successors struct {
	mu     sync.Mutex
	follow map[string]string
}

func (s *successors) note(former, now string) {
	if former == now {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.follow == nil || len(s.follow) >= maxSuccessors {
		s.follow = map[string]string{}
	}
	s.follow[former] = now
}

// of is the newest token that has come of one.
func (s *successors) of(token string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for range maxSuccessors {
		next, ok := s.follow[token]
		if !ok {
			break
		}
		token = next
	}
	return token
}
