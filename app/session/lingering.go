package session

import (
	"time"

	"github.com/portico-desktop/portico/app/localapi"
)

// lingersAfter is how long a browser is left alone. Who is still typing a password
// then is told something that they need not mind; who looks at a page with an error
// would wait for minutes otherwise.
const lingersAfter = time.Minute

// lingering shows once that the browser has not come back for a while. It is the one
// clock for this: windows and consoles go by the state.
func (s *Session) lingering(a *attempt, returned <-chan struct{}) {
	timer := time.NewTimer(lingersAfter)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-returned:
		return
	case <-a.ended:
		return
	}
	s.mu.Lock()
	changed := s.active == a && a.info.Stage == localapi.StageBrowser
	if changed {
		a.info.Lingering = true
	}
	s.mu.Unlock()
	if changed {
		s.changed()
	}
}
