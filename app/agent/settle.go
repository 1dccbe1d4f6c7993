package agent

import (
	"context"
	"runtime/debug"
	"time"

	"github.com/portico-desktop/portico/app/desktop"
)

// settleAfter is how long nothing may have happened before memory is given back.
const settleAfter = 5 * time.Second

// stir says that something has been done that took memory.
func (a *Agent) stir() {
	select {
	case a.stirred <- struct{}{}:
	default: // it is known already
	}
}

// settle has memory given back to the system whenever work is over, the start's at
// first, until ctx ends: reading settings, parsing a manifest and a TLS handshake leave
// a heap that an idle program has no use for. Idle, it waits without a timer.
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

// giveBack gives back what the heap does not use, and then the program's constants,
// which collecting the heap has just read.
func (a *Agent) giveBack() {
	debug.FreeOSMemory()
	if err := desktop.ReleaseProgram(); err != nil {
		a.log.Debug("the program's constants stay in memory", "error", err)
	}
}
