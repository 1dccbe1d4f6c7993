package desktop

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestChangesWithinASecondAreOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		noticed, changes := make(chan struct{}, 1), make(chan struct{}, 1)
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			collect(ctx, noticed, changes)
		}()
		begin := time.Now()
		for range 10 {
			noticed <- struct{}{}
			synctest.Wait()
			time.Sleep(50 * time.Millisecond)
			select { // as the sources do
			case <-noticed:
			default:
			}
		}
		<-changes
		if waited := time.Since(begin); waited != networkSettles {
			t.Errorf("told after %v, want %v", waited, networkSettles)
		}
		time.Sleep(time.Hour)
		select {
		case <-changes:
			t.Error("told twice")
		default:
		}
		noticed <- struct{}{}
		<-changes
		noticed <- struct{}{}
		synctest.Wait()
		cancel()
		<-ended
	})
}

func TestNetworkChangesEndWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	changes := NetworkChanges(ctx)
	cancel()
	for range changes { // what was noticed before may still come
	}
}
