//go:build linux

package e2e

import (
	"errors"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/cmd/internal/stage"
)

// Where the setting says that Portico does not stay beside the clock, the agent ends
// with its window.
func TestAgentEndsWithTheWindowWhereTheSettingsSaySo(t *testing.T) {
	t.Parallel()
	d := newDesk(t, within(t, 2*time.Minute), stage.Params{Display: true}, providers()["zitadel"])
	p, err := d.Start(stage.Command{Name: programs.Path("portico"), Env: []string{"PORTICO_PORTAL=" + d.portal}})
	must(t, err)
	w, err := d.Display.Window(d.ctx, p)
	must(t, err)
	d.waitPhase(localapi.SignedOut)
	agent, _, err := d.Agent(d.ctx)
	must(t, err)
	defer func() { must(t, agent.Close()) }()
	must(t, agent.Set(d.ctx, localapi.SettingRequest{Key: "CloseToTray", Value: "never"}))
	// The window has heard of it when it shows what came after it.
	must(t, agent.Set(d.ctx, localapi.SettingRequest{Key: "Theme", Value: "dark"}))
	must(t, w.Settled(d.ctx))

	must(t, w.Close(d.ctx))
	code, err := p.Wait(d.ctx)
	must(t, err)
	if code != 0 {
		t.Errorf("the window ended with %d: %s", code, p.Tail())
	}
	for {
		again, err := localapi.Dial(d.ctx, d.Runtime())
		if errors.Is(err, localapi.ErrNoAgent) {
			break
		}
		if err == nil {
			must(t, again.Close())
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-d.ctx.Done():
			t.Fatal("the agent goes on")
		}
	}
}
