package agent

import (
	"context"
	"errors"
	"sync"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/assets"
)

// Serve runs the agent for windows and consoles: the socket, and with Params.Desktop the
// tray. It returns when ctx ends, Quit was called, or the socket could not be had;
// localapi.ErrRunning means that another agent of this user holds it,
// localapi.ErrDisplaced that nobody finds it any longer. With Params.EndsWithSession the
// end of the log-on session is one more reason, without an error. Unless a person or ctx
// has ended the agent, open windows are not told to close: they start the next one.
// [ErrReplaced] asks for a new start of the program; everything needed by the next agent
// is free then.
//
// With Params.Desktop it has to be called on the main goroutine: macOS and Windows tie a
// tray to the program's first thread.
func Serve(ctx context.Context, a *Agent, p Params) error {
	if err := p.Start.Paths.Make(); err != nil {
		return err
	}
	l, err := localapi.Listen(p.Start.Paths.Runtime)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var parts sync.WaitGroup
	var served, ran error
	serving, hangUp := context.WithCancel(ctx)
	defer hangUp()
	if p.EndsWithSession {
		parts.Go(func() {
			if desktop.FollowSession(a.life.ctx, a.sessionBusReturned) {
				a.p.Log.To.Info("the log-on session is over")
				hangUp()
			}
		})
	}
	parts.Go(func() {
		served = localapi.Server{Agent: a.Parts(), Info: localapi.Info{Build: assets.Version}, Attend: a.life.attend}.Serve(serving, l)
		a.life.end()
	})
	parts.Go(func() {
		ran = a.Run(ctx)
		cancel()
	})
	if p.Desktop && p.Tray != nil {
		a.tray.run()
	}
	parts.Wait()
	err = errors.Join(served, ran)
	if err == nil && a.life.hasSuccessor() {
		return ErrReplaced
	}
	return err
}

// sessionBusReturned tries again after the loss of the session's message bus: the key
// store is reached over it.
func (a *Agent) sessionBusReturned() {
	a.p.Log.To.Info("the session bus has ended, and there is one again")
	a.session.NetworkChanged()
}
