package portal

import (
	"time"

	"github.com/portico-desktop/portico/app/backoff"
	"github.com/portico-desktop/portico/app/localapi"
)

const (
	firstRetry = 5 * time.Second
	// lastRetry is at most five minutes with its jitter: nobody tells the end of an
	// outage.
	lastRetry = 4 * time.Minute
)

// again plans the next read after one without success. The lock of its owner guards it.
type again struct {
	plan  backoff.Plan
	ask   func() // called in a goroutine of its own when it is time
	timer *time.Timer
	over  bool // there is no next read
}

// later asks again after a while, and not before the time of a Retry-After.
func (a *again) later(p *localapi.Problem) {
	asked, err := time.ParseDuration(p.Params["retry_after"] + "s")
	if err != nil {
		asked = 0 // it has not said so
	}
	a.plan.LeaveFor(asked)
	a.plan.Failed(firstRetry, lastRetry)
	a.wind()
}

// atOnce asks again now, or at the time of a Retry-After.
func (a *again) atOnce() {
	a.plan.AtOnce()
	a.wind()
}

// wind sets the timer to the plan.
func (a *again) wind() {
	if a.over {
		return
	}
	wait := a.plan.Due().Sub(a.plan.Now().Round(0))
	if a.timer == nil {
		a.timer = time.AfterFunc(wait, a.ask)
	} else {
		a.timer.Reset(wait)
	}
}

// stop does not ask again, and forgets the failures.
func (a *again) stop() {
	if a.timer != nil {
		a.timer.Stop()
	}
	a.timer = nil
	a.plan.Clear()
	a.plan.Worked()
}

// end is stop for good.
func (a *again) end() {
	a.stop()
	a.over = true
}
