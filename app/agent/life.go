package agent

import (
	"context"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/portico-desktop/portico/app/desktop"
)

// life is how long the agent runs, with the work begun meanwhile, and the callers who
// wait for an answer.
type life struct {
	ctx     context.Context // ends with the agent
	end     context.CancelFunc
	work    sync.WaitGroup // started by begin only
	left    chan struct{}  // told when somebody has their answer
	stirred chan struct{}  // told after work that took memory

	mu      sync.Mutex // guards the rest
	closing bool       // nothing is begun any more
	started bool       // the start has brought up its parts
	// unconsidered: a decision has changed during the start.
	unconsidered bool
	calls        int  // of windows and consoles that wait for an answer
	replaced     bool // the agent ends for its successor
}

func newLife() *life {
	l := &life{left: make(chan struct{}, 1), stirred: make(chan struct{}, 1)}
	l.ctx, l.end = context.WithCancel(context.Background())
	return l
}

// begin runs f as a part of the agent's life. Its end waits for f.
func (l *life) begin(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closing {
		l.work.Go(f)
	}
}

// close lets nothing begin any more.
func (l *life) close() {
	l.mu.Lock()
	l.closing = true
	l.mu.Unlock()
}

// start notes that the start is done, and says whether a decision has changed meanwhile.
func (l *life) start() (again bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	again, l.started, l.unconsidered = l.unconsidered, true, false
	return again
}

// hasStarted says whether the start is done.
func (l *life) hasStarted() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.started
}

// consider is hasStarted for a new decision. Before the start is over the decision is
// left to it; see start.
func (l *life) consider() (started bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.unconsidered = !l.started
	return l.started
}

// attend counts the windows and consoles in their wait for an answer, so that the agent
// does not start anew meanwhile. Calls that only look are not counted, and neither is the
// one that ends the agent.
func (l *life) attend(waits bool) (done func()) {
	if !waits {
		return l.stir
	}
	return l.enter()
}

// enter counts a waiting caller in; leave counts them out again.
func (l *life) enter() (leave func()) {
	l.mu.Lock()
	l.calls++
	l.mu.Unlock()
	return func() {
		l.mu.Lock()
		l.calls--
		l.mu.Unlock()
		select {
		case l.left <- struct{}{}:
		default:
		}
		l.stir()
	}
}

// busy says whether somebody waits for an answer, or for the start.
func (l *life) busy() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.calls > 0 || !l.started
}

// giveWay ends the agent for its successor, unless somebody has just begun to wait.
func (l *life) giveWay() bool {
	l.mu.Lock()
	l.replaced = l.calls == 0
	replaced := l.replaced
	l.mu.Unlock()
	if replaced {
		l.end()
	}
	return replaced
}

// hasSuccessor says whether the agent ends for its successor.
func (l *life) hasSuccessor() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.replaced
}

// lasts says whether the agent lives on for so long.
func (l *life) lasts(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-l.ctx.Done():
		return false
	}
}

// stir tells of work that took memory.
func (l *life) stir() {
	select {
	case l.stirred <- struct{}{}:
	default: // it is known already
	}
}

// settleAfter is how long nothing may have happened before memory is given back.
const settleAfter = 5 * time.Second

// settle has memory given back to the system whenever work is over, the start's at first,
// until ctx ends: reading settings, parsing a manifest and a TLS handshake leave a heap
// of no use to an idle program. Idle, it waits without a timer.
func settle(ctx context.Context, stirred <-chan struct{}, giveBack func()) {
	quiet := time.NewTimer(settleAfter)
	defer quiet.Stop()
	for {
		select {
		case <-stirred:
			quiet.Reset(settleAfter)
		case <-quiet.C:
			giveBack()
		case <-ctx.Done():
			return
		}
	}
}

// giveBack gives back the unused part of the heap, and then the program's constants:
// collecting the heap has just read them.
func giveBack(log *slog.Logger) {
	debug.FreeOSMemory()
	if err := desktop.ReleaseProgram(); err != nil {
		log.Debug("the program's constants stay in memory", "error", err)
	}
}
