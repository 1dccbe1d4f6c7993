//go:build darwin && !cgo

package desktop

import "context"

func (t *Tray) run(context.Context) error { return ErrNoTray }
