package agent

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// Memory is given back once when it is quiet: not in the middle of work, and not again
// while nothing happens.
func TestMemoryIsGivenBackAfterEachBurstOfWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		l := newLife()
		begun := time.Now()
		var given []time.Duration
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			settle(ctx, l.stirred, func() { given = append(given, time.Since(begun)) })
		}()
		burst := func(at, ends time.Duration) {
			for time.Since(begun) < at {
				time.Sleep(at - time.Since(begun))
			}
			for ; time.Since(begun) < ends; time.Sleep(time.Second) {
				l.stir()
				l.stir()
			}
		}
		burst(2*time.Second, 11*time.Second) // the last one is at 10 s
		burst(time.Hour, time.Hour+time.Second)
		time.Sleep(24 * time.Hour)
		cancel()
		<-ended
		if len(given) != 2 || given[0] != 10*time.Second+settleAfter || given[1] != time.Hour+settleAfter {
			t.Errorf("memory was given back after %v, want %v after 10 s and after an hour", given, settleAfter)
		}
	})
}

// The start is a burst of work as well, whether or not anybody says so.
func TestMemoryIsGivenBackAfterTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		begun := time.Now()
		settle(ctx, nil, cancel)
		if took := time.Since(begun); took != settleAfter {
			t.Errorf("memory was given back after %v, want %v", took, settleAfter)
		}
	})
}
