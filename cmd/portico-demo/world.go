package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/portico-desktop/portico/app/agent"
	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/picture"
	"github.com/portico-desktop/portico/app/settings"
	"github.com/portico-desktop/portico/app/words"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/cmd/internal/demogateway"
	"github.com/portico-desktop/portico/cmd/internal/demoidp"
	"github.com/portico-desktop/portico/cmd/internal/demoportal"
)

// place is a demo's folder and ports.
type place struct {
	dir   string
	port  int // 0: free ones, not found again by the next run
	fresh bool
	words *words.Words
	store auth.Store // nil: the operating system's key store
}

// gateway is the folder of the portal. Its people belong to the sign-in service's address, and
// so to the port.
func (p place) gateway() string { return filepath.Join(p.dir, fmt.Sprintf("portal-%d", p.port)) }

// world is a running demo without its window.
type world struct {
	dir    string
	idp    *demoidp.Server
	portal *demogateway.Server
	paths  desktop.Paths
	agent  localapi.Agent

	end    context.CancelFunc
	served chan error
}

// open starts everything but the window. The addresses are the same at every run, because
// the sign-in of one run is to be good in the next: it belongs to the address of its
// service.
func open(ctx context.Context, p place) (*world, error) {
	paths, err := desktop.PathsFor(p.dir)
	if err != nil {
		return nil, err
	}
	if err := paths.Make(); err != nil {
		return nil, err
	}
	file := filepath.Join(p.dir, "sign-in.json")
	if p.fresh {
		if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("forget earlier demos: %w", err)
		}
		if err := demogateway.Forget(p.gateway()); err != nil {
			return nil, err
		}
	}
	d := &world{dir: p.dir, paths: paths, served: make(chan error, 1)}
	ctx, d.end = context.WithCancel(ctx)
	if err := d.start(ctx, p, file); err != nil {
		return nil, errors.Join(err, d.close())
	}
	return d, nil
}

func (d *world) start(ctx context.Context, p place, file string) error {
	portalPort := 0
	if p.port != 0 {
		portalPort = p.port + 1
	}
	var err error
	if d.idp, err = (demoidp.Params{Addr: local(p.port), File: file}).Start(ctx); err != nil {
		return taken(err, p.port)
	}
	d.portal, err = demogateway.Params{Dir: p.gateway(), Addr: local(portalPort), Providers: []demoportal.Provider{{
		ID: "demo", Title: "Demo account", Description: "Made-up people, no passwords",
		Authority: d.idp.Issuer(), ClientID: demoidp.ClientID, Domains: []string{"contoso.example"},
	}}}.Start(ctx)
	if err != nil {
		return taken(err, portalPort)
	}
	params := agent.Params{Start: settings.Start{Paths: d.paths, Words: p.words, Portal: d.portal.URL()}, Store: p.store, Pictures: picture.Examiner{}.Check}
	a := agent.New(params)
	ended := make(chan error, 1)
	go func() {
		defer close(ended)
		err := agent.Serve(ctx, a, params)
		d.served <- err
		if err != nil {
			ended <- err
		}
	}()
	// Over the socket, as every window.
	d.agent = localapi.Open(d.paths.Runtime, func() (<-chan error, error) { return ended, nil })
	if !p.fresh {
		return nil
	}
	if _, err := d.settled(ctx); err != nil {
		return fmt.Errorf("forget earlier demos: %w", err)
	}
	if _, err := d.agent.Forget(ctx); err != nil {
		return fmt.Errorf("forget earlier demos: %w", err)
	}
	return nil
}

func local(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// taken says a used port's meaning in plain words.
func taken(err error, port int) error {
	if !errors.Is(err, syscall.EADDRINUSE) {
		return err
	}
	return fmt.Errorf("port %d is taken, perhaps by a demo that is still open; close that one, or choose another with --port (%w)", port, err)
}

// settled waits until the agent knows the person signed in, or knows of nobody.
func (d *world) settled(ctx context.Context) (localapi.State, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for event, err := range d.agent.Watch(ctx) {
		if err != nil {
			return localapi.State{}, err
		}
		if event.State != nil && event.State.Session.Phase != localapi.Starting {
			return *event.State, nil
		}
	}
	return localapi.State{}, errors.New("the agent has ended")
}

// close ends everything and waits for it.
func (d *world) close() error {
	d.end()
	var errs []error
	if d.agent != nil {
		errs = append(errs, <-d.served)
	}
	if d.portal != nil {
		errs = append(errs, d.portal.Close())
	}
	if d.idp != nil {
		errs = append(errs, d.idp.Close())
	}
	return errors.Join(errs...)
}

// introduce names the parts and their addresses.
func (d *world) introduce(out io.Writer) {
	fmt.Fprintf(out, `Portico's demo. Everything runs on this computer, and Contoso IT does not exist.

  sign-in service  %s
  portal           %s
  files            %s

Press the sign-in button and choose Ada or Grace in your browser. Then close the window and start the demo
again: it signs in by itself. --fresh begins from nothing. "portico-demo outage" meanwhile tells everybody of an
outage, and "portico-demo outage --over" that it is over.

`, d.idp.Issuer(), d.portal.URL(), d.dir)
}

// tell writes one line for each change, until ctx ends. The returned function waits for
// its end.
func (d *world) tell(ctx context.Context, out io.Writer) (wait func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		var last string
		began := true
		for event, err := range d.agent.Watch(ctx) {
			if err != nil {
				return
			}
			if event.State == nil {
				continue
			}
			line := describe(event.State.Session, began)
			if line == "" || line == last {
				continue
			}
			fmt.Fprintln(out, "·", line)
			last, began = line, false
		}
	}()
	return func() { <-done }
}

// describe is a session in one line, "" for one on its way to another. began: nothing has
// been described yet.
func describe(s localapi.Session, began bool) string {
	switch s.Phase {
	case localapi.SignedIn:
		how := "signed in as "
		if began {
			how = "signed in again, without a browser, as "
		}
		if s.Account.Remembered {
			return how + s.Account.Name
		}
		return how + s.Account.Name + ", until the demo ends: this computer has no key store to remember it"
	case localapi.SignedOut, localapi.NeedsSignIn:
		return "nobody is signed in"
	case localapi.SigningIn:
		return "waiting for the browser"
	case localapi.Offline:
		return "the sign-in service does not answer"
	case localapi.Blocked:
		return "the sign-in is blocked: " + s.Problem.Error()
	}
	return ""
}
