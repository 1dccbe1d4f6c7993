package localapi

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"time"
)

// answerTime is how long an agent may take for a sign of life. Every agent gives one at
// once, in the middle of any work.
const answerTime = 5 * time.Second

// silence is the problem of an agent that is there and does not answer: somebody has
// stopped it, or it is stuck.
func (c *Client) silence() *Problem {
	p := &Problem{Code: AgentSilent, Details: &Details{Error: "no answer in " + c.patience.String(), Time: time.Now()}}
	if pid := c.pid.Load(); pid > 0 {
		p.Params = map[string]string{"pid": strconv.FormatInt(pid, 10)}
	}
	return p
}

// attended is ctx for one call. An agent may take its time over a call, but not over a
// sign of life. It is asked for one every few seconds while the call has no answer. If it
// gives no sign either, the call ends with silence as its cause. The caller of attended
// calls answered at the beginning of the answer, unless the answer takes as long as the
// call, and done at the end of the call.
func (c *Client) attended(ctx context.Context, path string) (attended context.Context, answered, done func()) {
	attended, cancel := context.WithCancelCause(ctx)
	waiting, answered := context.WithCancel(attended)
	var asking sync.WaitGroup
	asking.Go(func() {
		t := time.NewTimer(c.patience)
		defer t.Stop()
		for {
			select {
			case <-waiting.Done():
				return
			case <-t.C:
			}
			if path == string(version) {
				cancel(c.silence())
				return
			}
			var silent *Problem
			if _, err := version.do(waiting, c); errors.As(err, &silent) && silent.Code == AgentSilent {
				cancel(silent)
				return
			}
			t.Reset(c.patience)
		}
	})
	return attended, answered, func() {
		cancel(nil)
		asking.Wait()
	}
}

// ended is why a call in ctx could not go on, apart from the agent's doing: the caller's
// context has ended, or nobody waits for the agent any longer.
func ended(ctx, attended context.Context) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var silent *Problem
	if errors.As(context.Cause(attended), &silent) {
		return silent
	}
	return attended.Err()
}
