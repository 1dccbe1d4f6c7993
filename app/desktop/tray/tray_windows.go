package tray

import (
	"context"
	"runtime"

	"fyne.io/systray"
)

func (t *Tray) run(ctx context.Context) error {
	t.show(ctx, func() { t.setAvailable(true) })
	return nil
}

// loop runs the library's loop until ctx ends.
func loop(ctx context.Context, ready <-chan struct{}, run func()) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		// A window's messages come to the thread that made it.
		runtime.LockOSThread()
		run()
	}()
	<-ctx.Done()
	systray.Quit()
	select {
	case <-ready:
		<-ended
	default:
		// The icon never came up, as in a session without a desktop. Then the loop has
		// no window to tell of the end, and ends with the process.
	}
}
