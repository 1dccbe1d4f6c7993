package portal

import (
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/backoff"
	"github.com/portico-desktop/portico/app/localapi"
)

func TestPortalThatIsBusyIsLeftAloneUntilItWants(t *testing.T) {
	now := time.Now().Round(0)
	a := again{plan: backoff.Plan{Now: func() time.Time { return now }}, ask: func() {}}
	defer a.end()
	wait := func(p *localapi.Problem) time.Duration {
		a.later(p)
		return a.plan.Due().Sub(now)
	}
	busy := &localapi.Problem{Code: localapi.PortalFailing, Params: map[string]string{"retry_after": "90"}}
	if wait := wait(busy); wait < 90*time.Second || wait > 101*time.Second || a.plan.NotBefore().Sub(now) != 90*time.Second {
		t.Errorf("waits %v", wait)
	}
	waits := map[time.Duration]bool{}
	for range 20 {
		a.stop()
		wait := wait(&localapi.Problem{Code: localapi.PortalUnreachable})
		if wait < 3*time.Second || wait > 7*time.Second || !a.plan.NotBefore().IsZero() {
			t.Errorf("waits %v", wait)
		}
		waits[wait] = true
	}
	if len(waits) < 2 {
		t.Error("everybody comes back at once")
	}
}
