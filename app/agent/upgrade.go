package agent

import (
	"context"
	"errors"
	"log/slog"
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

// upgrade ends the agent for the file that has taken its program's place.
type upgrade struct {
	program Program
	life    *life
	// nobody says whether the agent could end now without anybody noticing, and next is
	// closed when that may have changed.
	nobody func() bool
	next   func() <-chan struct{}
	log    *slog.Logger
}

// watch ends the agent once another file is in its program's place that can be
// started, and nobody is in the middle of anything.
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

// successorAnswers says whether the file in the program's place is one of ours that runs.
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

// awaitNobody waits until nobody is in the middle of anything, and says whether that was
// before the agent's end.
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
