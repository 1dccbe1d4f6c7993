package api

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"time"
)

// The waits after failures.
const (
	firstPause, lastPause = time.Second, 5 * time.Minute
	// doublings is how often a wait is doubled at most.
	doublings = 9
)

func random(limit time.Duration) time.Duration {
	if limit <= 0 {
		return 0
	}
	return rand.N(limit)
}

// pauses are the waits between failures: doubling limits with full jitter, or the time named by the portal.
type pauses struct {
	jitter func(time.Duration) time.Duration
	tries  int
}

// after is the wait after a failure. wanted is true for a wait that the portal wants.
func (p *pauses) after(err error) (wait time.Duration, wanted bool) {
	var told *Problem
	if errors.As(err, &told) && told.RetryAfter > 0 && (told.Status == http.StatusTooManyRequests || told.Status == http.StatusServiceUnavailable) {
		// Those sent away together must not come back together.
		asked := min(time.Duration(told.RetryAfter)*time.Second, 24*time.Hour)
		return asked + p.jitter(asked/10+time.Second), true
	}
	limit := min(firstPause<<min(p.tries, doublings), lastPause)
	p.tries++
	return p.jitter(limit), false
}

// sleep waits, unless the context ends before.
func sleep(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// passing says of a failure of a file's transfer that another try may succeed: of a connection, of a busy or failing
// portal.
func passing(err error) bool {
	var told *Problem
	if errors.As(err, &told) {
		return told.Status == http.StatusTooManyRequests || told.Status >= 500 || told.Status == http.StatusRequestTimeout || told.Code == InProgress
	}
	return !errors.Is(err, ErrNotPortal)
}
