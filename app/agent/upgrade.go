package agent

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/portico-desktop/portico/assets"
)

// ErrReplaced says that the agent has ended in favour of the file now in its program's
// place; see [Params.Program].
var ErrReplaced = errors.New("another file has taken the program's place")

const (
	// successorSettles is how long an installer may still be busy after putting the
	// program in place: other files belong to it.
	successorSettles = 3 * time.Second
	// patience is the time between two looks for people in the middle of something, if
	// nothing tells: while a successor waits, and only then.
	patience = time.Minute
)

// Program is the agent's own file; see desktop.OwnFile.
type Program interface {
	Changes(context.Context) <-chan struct{}
	Replaced() bool
	Successor(context.Context) (version string, err error)
}

// upgrade ends the agent for the file now in its program's place.
type upgrade struct {
	program Program
	life    *life
	// nobody says whether the agent could end now without anybody noticing, and next is
	// closed when the answer may have changed.
	nobody func() bool
	next   func() <-chan struct{}
	log    *slog.Logger
}

// watch ends the agent once another file is in its program's place, ready to start, and
// nobody is in the middle of anything.
func (u *upgrade) watch() {
	for range u.program.Changes(u.life.ctx) {
		if !u.program.Replaced() || !u.life.lasts(successorSettles) || !u.successorAnswers() {
			continue
		}
		// It may take days, and the file may be yet another one by then.
		for u.awaitNobody() && u.program.Replaced() && u.successorAnswers() {
			if u.giveWay() {
				return
			}
		}
	}
}

// successorAnswers says whether the file in the program's place is one of ours, and runs.
func (u *upgrade) successorAnswers() bool {
	version, err := u.program.Successor(u.life.ctx)
	if err != nil {
		if u.life.ctx.Err() == nil {
			u.log.Warn("the program was replaced by a file that cannot be started; going on with the one before", "version", assets.Version, "error", err)
		}
		return false
	}
	u.log.Info("the program was replaced", "version", assets.Version, "successor", version)
	return true
}

// awaitNobody waits until nobody is in the middle of anything. It is false at the agent's
// end.
func (u *upgrade) awaitNobody() bool {
	told := false
	for {
		news := u.next()
		if u.nobody() {
			return u.life.ctx.Err() == nil
		}
		if !told {
			told = true
			u.log.Info("somebody is in the middle of something; the successor waits")
		}
		again := time.NewTimer(patience)
		select {
		case <-news:
		case <-u.life.left:
		case <-again.C:
		case <-u.life.ctx.Done():
		}
		again.Stop()
		if u.life.ctx.Err() != nil {
			return false
		}
	}
}

// giveWay ends the agent for its successor, unless somebody has just begun something.
func (u *upgrade) giveWay() bool {
	if !u.nobody() {
		return false
	}
	return u.life.giveWay()
}
