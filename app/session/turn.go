package session

import "context"

// turn is a lock that can be waited for with a context.
type turn chan struct{}

// take says whether the turn came before ctx ended.
func (t turn) take(ctx context.Context) bool {
	select {
	case t <- struct{}{}:
	case <-ctx.Done():
		return false
	}
	if ctx.Err() != nil {
		t.give()
		return false
	}
	return true
}

func (t turn) give() { <-t }
