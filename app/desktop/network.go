package desktop

import (
	"context"
	"time"
)

// networkSettles is how long changes of the network are collected: a network that comes
// up changes a dozen things at once.
const networkSettles = time.Second

// NetworkChanges tells when the network has come or changed, or the computer has woken
// up, so anybody waiting for the network can try again at once. Changes within a second
// are one; a slow receiver misses only their number. The channel is closed when ctx
// ends.
//
// Linux says so by netlink (rtnetlink(7)) and logind, Windows by the IP helper.
// On macOS the channel never fires. Nothing is polled.
func NetworkChanges(ctx context.Context) <-chan struct{} {
	return Changes(ctx, watchNetwork)
}

// collect makes one change of all those within networkSettles.
func collect(ctx context.Context, noticed <-chan struct{}, changes chan<- struct{}) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-noticed:
		}
		timer := time.NewTimer(networkSettles)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		select {
		case <-noticed: // while the timer ran
		default:
		}
		select {
		case changes <- struct{}{}:
		default:
		}
	}
}
