package agent

import (
	"log/slog"
	"sync"
	"time"

	"github.com/portico-desktop/portico/app/settings"
)

// pageLimit is how long a browser may take to fetch the page of a sign-out.
const pageLimit = time.Minute

// signOuts is about a person who has signed out: they stay so at the next start, even if
// others are remembered.
type signOuts struct {
	edit     func(func(*settings.Person)) error
	signedIn func() bool // somebody is signed in now
	log      *slog.Logger

	mu  sync.Mutex // guards the rest
	out bool
	// back: somebody has signed in since, and settings.json does not say so yet.
	back      bool
	pageUntil time.Time // until then a browser may fetch the page of a sign-out
}

// rest says whether the person has signed out.
func (s *signOuts) rest() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out
}

// set is for the word of settings.json, or another portal.
func (s *signOuts) set(out bool) {
	s.mu.Lock()
	s.out = out
	s.mu.Unlock()
}

// signOut notes that the person has signed out, or that nothing is known of it.
func (s *signOuts) signOut(out bool) {
	s.mu.Lock()
	s.out, s.back = out, false
	s.mu.Unlock()
}

// returned says whether somebody has signed in after a sign-out. It says so once, and is
// followed by keepBack.
func (s *signOuts) returned() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.out || !s.signedIn() {
		return false
	}
	s.out, s.back = false, true
	return true
}

// keepBack notes that somebody has signed in after a sign-out, unless noted already.
// Without it the next start would leave them signed out.
func (s *signOuts) keepBack() {
	s.mu.Lock()
	due := s.back
	s.back = false
	s.mu.Unlock()
	if due {
		s.keep()
	}
}

// keep remembers over the next start whether the person has signed out. Of several
// writers at once, the last one knows the latest news.
func (s *signOuts) keep() {
	err := s.edit(func(p *settings.Person) { p.SignedOut = s.rest() })
	if err != nil {
		s.log.Warn("the next start does not know whether somebody has signed out", "error", err)
	}
}

// offerPage notes that a browser is to fetch the page of a sign-out.
func (s *signOuts) offerPage() {
	s.mu.Lock()
	s.pageUntil = time.Now().Add(pageLimit)
	s.mu.Unlock()
}

// pageAwaited says whether a browser may still fetch the page of a sign-out.
func (s *signOuts) pageAwaited() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Now().Before(s.pageUntil)
}
