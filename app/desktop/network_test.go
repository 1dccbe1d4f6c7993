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
	patience := time.NewTimer(30 * time.Second)
	defer patience.Stop()
	for {
		select {
		case _, open := <-changes: // what was noticed before may still come
			if !open {
				return
			}
		case <-patience.C:
			t.Fatal("the changes go on without their context")
		}
	}
}

// Whoever sees the end may take away a file or a bus that the source has used.
func TestChangesEndAfterTheirSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		ends := make(chan struct{})
		changes := Changes(ctx, func(context.Context, func()) (wait func()) { return func() { <-ends } })
		cancel()
		synctest.Wait()
		select {
		case <-changes:
			t.Error("they end before their source")
		default:
		}
		close(ends)
		synctest.Wait()
		select {
		case _, open := <-changes:
			if open {
				t.Error("a change that nobody noticed")
			}
		default:
			t.Error("they go on without their source")
		}
	})
}
