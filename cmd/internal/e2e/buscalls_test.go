//go:build linux

package e2e

import (
	"context"
	"testing"
	"time"

	"github.com/portico-desktop/portico/cmd/internal/stage"
)

// A silent start takes most of its time with the key store: so many messages, and one
// connection, are enough.
func TestSilentStartHasFewWordsWithTheKeyStore(t *testing.T) {
	const most = 14
	d := newDesk(t, within(t, 2*time.Minute), stage.Params{}, func(_ *testing.T, ctx context.Context) (stage.Provider, error) { return stage.DemoProvider(ctx) })
	d.login()
	calls, err := d.BusCalls(d.ctx, func() { d.signedIn("the next start", d.ctl("status")) })
	must(t, err)
	if len(calls) != 1 {
		t.Errorf("%d connections to the session bus: %v", len(calls), calls)
	}
	for _, names := range calls {
		t.Logf("%d messages: %v", len(names), names)
		if len(names) > most {
			t.Errorf("%d messages, want %d at the most", len(names), most)
		}
	}
}
