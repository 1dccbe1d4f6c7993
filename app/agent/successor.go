package agent

import (
	"context"
	"errors"
	"time"

	"github.com/portico-desktop/portico/assets"
)

// ErrReplaced says that the agent has ended so that the file in its program's place can
// go on; see [Params.Program].
var ErrReplaced = errors.New("another file has taken the program's place")

const (
	// successorSettles is how long an installer may still be busy after it has put the
	// program in place: others belong to it.
	successorSettles = 3 * time.Second
	// pageLimit is how long a browser may take to fetch the page of a sign-out.
	pageLimit = time.Minute
	// patience is how often it is asked again whether somebody is in the middle of
	// something, where nothing tells: while a successor waits, and only then.
	patience = time.Minute
)

// Program is the file that the agent runs from; see desktop.OwnFile.
type Program interface {
	Changes(context.Context) <-chan struct{}
	Replaced() bool
	Successor(context.Context) (version string, err error)
}

// watchProgram ends the agent once another file is in its program's place that can be
// started, and nobody is in the middle of anything.
func (a *Agent) watchProgram() {
	for range a.p.Program.Changes(a.life) {
		if !a.p.Program.Replaced() || !a.waits(successorSettles) || !a.successorAnswers() {
			continue
		}
		// It may take days, and the file may be yet another one by then.
		for a.awaitNobody() && a.p.Program.Replaced() && a.successorAnswers() {
			if a.giveWay() {
				return
			}
		}
	}
}

// successorAnswers says whether the file in the program's place is one of ours that runs.
func (a *Agent) successorAnswers() bool {
	version, err := a.p.Program.Successor(a.life)
	if err != nil {
		if a.life.Err() == nil {
			a.log.Warn("the program was replaced by a file that cannot be started; going on with the one before", "version", assets.Version, "error", err)
		}
		return false
	}
	a.log.Info("the program was replaced", "version", assets.Version, "successor", version)
	return true
}

// awaitNobody waits until nobody is in the middle of anything, and says whether that was
// before the agent's end.
func (a *Agent) awaitNobody() bool {
	told := false
	for {
		a.mu.Lock()
		news := a.news
		a.mu.Unlock()
		if a.nobody() {
			return a.life.Err() == nil
		}
		if !told {
			told = true
			a.log.Info("somebody is in the middle of something; the successor waits")
		}
		again := time.NewTimer(patience)
		select {
		case <-news:
		case <-a.left:
		case <-again.C:
		case <-a.life.Done():
		}
		again.Stop()
		if a.life.Err() != nil {
			return false
		}
	}
}

// nobody says whether the agent could end now, and another one begin, without anybody
// noticing.
func (a *Agent) nobody() bool {
	a.mu.Lock()
	busy := a.calls > 0 || !a.started || time.Now().Before(a.pageUntil)
	a.mu.Unlock()
	return !busy && a.session.AtRest()
}

// giveWay ends the agent for its successor, unless somebody has just begun something.
func (a *Agent) giveWay() bool {
	if !a.nobody() {
		return false
	}
	a.mu.Lock()
	a.replaced = a.calls == 0
	replaced := a.replaced
	a.mu.Unlock()
	if replaced {
		a.end()
	}
	return replaced
}

// waits says whether the agent lives on for so long.
func (a *Agent) waits(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-a.life.Done():
		return false
	}
}
