package auth

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestRequestThatIsGivenUpEndsAfterItsGrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, leave := context.WithCancel(t.Context())
		lasting, done := outlive(ctx, answerGrace)
		defer done()
		leave()
		time.Sleep(answerGrace - time.Second)
		synctest.Wait()
		if err := lasting.Err(); err != nil {
			t.Errorf("within the grace: %v", err)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if context.Cause(lasting) != context.Canceled {
			t.Errorf("after the grace: %v", context.Cause(lasting))
		}
	})
}
