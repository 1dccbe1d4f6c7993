//go:build cgo

package tray

import (
	"context"

	"fyne.io/systray"
)

func (t *Tray) run(ctx context.Context) error {
	t.show(ctx, func() { t.setAvailable(true) })
	return nil
}

// loop runs the library's loop on the caller's thread. macOS wants this to be the main
// one.
func loop(ctx context.Context, _ <-chan struct{}, run func()) {
	stop := context.AfterFunc(ctx, systray.Quit)
	defer stop()
	run()
}
