//go:build linux

package e2e

import (
	"image"
	"testing"
	"time"

	"github.com/portico-desktop/portico/cmd/internal/stage"
)

// content is how many colours a window has at least in which there is a text: letters
// have edges of many shades.
const content = 8

// The first that a person sees of the window is what it has to say, with the agent
// running and without: never its bare ground, which blinks at every start.
func TestTheFirstFrameHasContent(t *testing.T) {
	ctx := within(t, time.Minute)
	d := newStage(t, ctx, stage.Params{Display: true, Framebuffer: true})
	must(t, d.Display.PointAway(ctx))
	screen, err := d.Display.Framebuffer()
	must(t, err)
	t.Cleanup(func() { must(t, screen.Close()) })
	// The window covers the middle of the screen wherever it comes up.
	middle := image.Rect(440, 250, 840, 550)
	for _, agent := range []string{"started by the window", "running"} {
		before, single := screen.Single(middle)
		if !single {
			t.Fatal("there is something on the screen already")
		}
		p, err := d.Start(stage.Command{Name: programs.Path("portico")})
		must(t, err)
		err = stage.Watch(ctx, func() bool {
			colour, single := screen.Single(middle)
			if single && colour != before {
				t.Errorf("with the agent %s the window is first seen in nothing but the colour %06x", agent, colour)
			}
			return t.Failed() || screen.Colours(middle, content) == content
		})
		if err != nil {
			t.Fatalf("with the agent %s there is no window: %v: %s", agent, err, p.Tail())
		}
		w, err := d.Display.Window(ctx, p)
		must(t, err)
		must(t, w.Close(ctx))
		must(t, stage.Watch(ctx, func() bool { _, empty := screen.Single(middle); return empty }))
	}
}
