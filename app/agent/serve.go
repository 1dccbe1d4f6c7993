package agent

import (
	"context"
	"errors"
	"runtime/debug"
	"sync"
	"time"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/assets"
)

// settleAfter is when the memory that starting needed is given back.
const settleAfter = 5 * time.Second

// Serve runs the agent for windows and consoles: the socket, and with
// Params.Desktop the tray. It returns when ctx ends, Quit was called, or the
// socket could not be had; localapi.ErrRunning says that another agent of this
// user holds it.
func Serve(ctx context.Context, a *Agent, p Params) error {
	if err := p.Paths.Make(); err != nil {
		return err
	}
	l, err := localapi.Listen(p.Paths.Runtime)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var parts sync.WaitGroup
	var served, ran error
	parts.Go(func() {
		served = localapi.Serve(ctx, l, a, localapi.Info{API: localapi.Version, Build: assets.Version})
		a.end()
	})
	if p.Desktop {
		a.startTray(p)
		parts.Go(func() {
			if err := a.tray.Run(a.life); err != nil && a.life.Err() == nil {
				a.log.Warn("no tray", "error", err)
			}
		})
	}
	ran = a.Run(ctx)
	cancel()
	parts.Wait()
	return errors.Join(served, ran)
}

// startTray connects the tray's menu to the agent.
func (a *Agent) startTray(p Params) {
	do := func(what string, action func(context.Context) error) func() {
		return func() {
			a.begin(func() {
				if err := action(a.life); err != nil {
					a.log.Warn("tray: "+what, "error", err)
				}
			})
		}
	}
	tray := desktop.NewTray(desktop.TrayParams{
		Words: p.Words,
		Show:  do("open", a.Show),
		SignIn: do("sign in", func(ctx context.Context) error {
			_, err := a.SignIn(ctx, localapi.SignInRequest{Open: true})
			return err
		}),
		SignOut: do("sign out", func(ctx context.Context) error {
			_, err := a.SignOut(ctx, localapi.SignOutRequest{})
			return err
		}),
		Quit: do("quit", a.Quit),
		Changed: func(available bool) {
			a.mu.Lock()
			a.trayShown = available
			a.mu.Unlock()
			a.changed()
		},
	})
	a.mu.Lock()
	a.tray = tray
	a.mu.Unlock()
}

// settle gives memory back to the system once the start is over: reading
// settings, parsing a manifest and a TLS handshake leave a heap that an idle
// program has no use for.
func (a *Agent) settle() {
	t := time.NewTimer(settleAfter)
	defer t.Stop()
	select {
	case <-t.C:
		debug.FreeOSMemory()
	case <-a.life.Done():
	}
}
