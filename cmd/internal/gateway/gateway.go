// Package gateway puts a gateway together: the store, the portal's content, the desk, the
// front. Begin at [Open].
package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/portico-desktop/portico/app/portal/api"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/cmd/internal/gateway/attachments"
	"github.com/portico-desktop/portico/cmd/internal/gateway/bus"
	"github.com/portico-desktop/portico/cmd/internal/gateway/content"
	"github.com/portico-desktop/portico/cmd/internal/gateway/desk"
	"github.com/portico-desktop/portico/cmd/internal/gateway/front"
	"github.com/portico-desktop/portico/cmd/internal/gateway/identity"
	"github.com/portico-desktop/portico/cmd/internal/gateway/settings"
	"github.com/portico-desktop/portico/cmd/internal/gateway/store"
)

const (
	// lookEvery is the pause between two looks for changes whose ring was lost.
	lookEvery = 5 * time.Second
	// sweepEvery is the pause between two removals of old things.
	sweepEvery = time.Hour
	// goodbye is how long requests under way may take at the end.
	goodbye = 20 * time.Second
)

// Params make a [Gateway].
type Params struct {
	Settings *settings.Settings
	// Log gets a line a request, and news for operators. Default: none.
	Log *slog.Logger
	// HTTP asks the providers. Default: the engine's.
	HTTP *http.Client
	// Listen opens the ports of the settings. Default: net.Listen.
	Listen func(network, address string) (net.Listener, error)
}

// Gateway is a portal's server. [Gateway.Serve] is called once, and ends it.
type Gateway struct {
	settings *settings.Settings
	log      *slog.Logger
	bus      *bus.Local
	store    *store.Store
	content  *content.Content
	desk     *desk.Desk
	identity *identity.Identity
	front    *front.Front
	secure   *secure

	listener, operations net.Listener
}

// Open opens a gateway: its store, its content, its certificate and its ports. From now on
// clients can connect; they are served once [Gateway.Serve] is called.
func Open(ctx context.Context, p Params) (_ *Gateway, err error) {
	g := &Gateway{settings: p.Settings, log: p.Log, bus: &bus.Local{}}
	if g.log == nil {
		g.log = slog.New(slog.DiscardHandler)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, g.close())
		}
	}()
	if g.store, err = store.Open(ctx, store.Params{File: p.Settings.Database(), Make: true, Bus: g.bus, Log: g.log}); err != nil {
		return nil, err
	}
	limit := p.Settings.Limits.AttachmentBytes
	if limit == 0 {
		limit = -1 // none
	}
	files, err := attachments.Params{Folder: p.Settings.Attachments, Limit: limit, Types: p.Settings.Limits.AttachmentTypes}.Open()
	if err != nil {
		return nil, err
	}
	if g.content, err = openContent(p.Settings, g.log, func(s *content.Snapshot) { g.republish(s) }); err != nil {
		return nil, err
	}
	g.desk = desk.New(desk.Params{
		Store: g.store, Content: g.content, Attachments: files, Log: g.log, Everybody: p.Settings.Features,
		Limits: desk.Limits{Wait: p.Settings.Wait()},
	})
	if err := g.desk.Published(ctx, g.content.Current()); err != nil {
		return nil, err
	}
	if g.identity, err = newIdentity(ctx, p, g.store, g.content.Current(), g.log); err != nil {
		return nil, err
	}
	g.front, err = front.New(front.Params{
		Desk: g.desk, Tokens: g.identity, Exchange: g.identity, Manifest: g.content, Portal: g.portal, Ready: g.store.Ready, Log: g.log,
		Limits: front.Limits{Wait: p.Settings.Wait()},
	})
	if err != nil {
		return nil, err
	}
	if g.secure, err = newSecure(p.Settings, g.log); err != nil {
		return nil, err
	}
	listen := p.Listen
	if listen == nil {
		listen = net.Listen
	}
	if g.listener, err = listen("tcp", p.Settings.Listen); err != nil {
		return nil, fmt.Errorf("listen for people's computers (listen in the settings): %w", err)
	}
	if g.operations, err = listen("tcp", p.Settings.Operations); err != nil {
		return nil, fmt.Errorf("listen for operators (operations in the settings): %w", err)
	}
	return g, nil
}

func openContent(s *settings.Settings, log *slog.Logger, changed func(*content.Snapshot)) (*content.Content, error) {
	ids := []string{}
	for _, o := range s.Organizations {
		ids = append(ids, o.ID)
	}
	return content.Params{Folder: s.Content, Organizations: ids, Log: log, Changed: changed}.Open()
}

func newIdentity(ctx context.Context, p Params, in *store.Store, s *content.Snapshot, log *slog.Logger) (*identity.Identity, error) {
	providers, err := providersOf(s)
	if err != nil {
		return nil, err
	}
	return identity.New(ctx, identity.Params{
		Store: in, Providers: providers, URL: p.Settings.URL, Audiences: p.Settings.Tokens.Audiences, GroupsClaim: p.Settings.Tokens.GroupsClaim,
		Organizations: p.Settings.Organizations, Features: p.Settings.Features, Roles: p.Settings.Roles, HTTP: p.HTTP, Log: log,
	})
}

// providersOf are the manifest's ways to sign in.
func providersOf(s *content.Snapshot) ([]auth.Provider, error) {
	var all []auth.Provider
	for _, described := range s.Manifest().Offered() {
		p, err := described.Auth()
		if err != nil {
			return nil, fmt.Errorf("provider %s of the manifest: %w", described.ID, err)
		}
		all = append(all, p)
	}
	return all, nil
}

// republish takes a changed folder over.
func (g *Gateway) republish(s *content.Snapshot) {
	if providers, err := providersOf(s); err != nil {
		g.log.Error("the manifest's providers cannot be used; the former ones go on", "error", err)
	} else if err := g.identity.SetProviders(providers); err != nil {
		g.log.Error("the manifest's providers cannot be used; the former ones go on", "error", err)
	}
	if err := g.desk.Published(context.Background(), s); err != nil {
		g.log.Error("people are not told of the new content", "error", err)
	}
}

func (g *Gateway) portal() *api.Portal {
	p := g.desk.Portal(g.content.Current().Manifest().Name)
	return &p
}

// Address is where people's computers connect.
func (g *Gateway) Address() net.Addr { return g.listener.Addr() }

// Operations is where health and metrics are.
func (g *Gateway) Operations() net.Addr { return g.operations.Addr() }

// Serve serves until the context ends, then answers those who wait, lets requests end, and
// closes everything.
func (g *Gateway) Serve(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var all sync.WaitGroup
	failed := make(chan error, 2)
	stopRings := g.bus.Listen(g.front.Ring)
	watched, err := g.watchStore(ctx, &all)
	if err != nil {
		g.log.Warn("changes by commands are seen every five seconds only: the store's file cannot be watched", "error", err)
	}
	all.Go(func() {
		if err := g.content.Watch(ctx); err != nil && ctx.Err() == nil {
			g.log.Warn("changes of the portal's content count after a restart only: its folder cannot be watched", "error", err)
		}
	})
	all.Go(func() { g.look(ctx, watched) })
	all.Go(func() { g.sweep(ctx) })
	all.Go(func() { failed <- g.front.Serve(g.listener, g.secure.config()) })
	operators := &http.Server{Handler: g.front.Health(), ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(g.log.Handler(), slog.LevelDebug)}
	all.Go(func() {
		if err := operators.Serve(g.operations); !errors.Is(err, http.ErrServerClosed) {
			failed <- err
		}
	})
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	cancel()
	leaving, done := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
	defer done()
	err = errors.Join(err, g.front.Shutdown(leaving), operators.Shutdown(leaving))
	stopRings()
	all.Wait()
	return errors.Join(err, g.close())
}

// look reads what other processes have changed: when the file has changed, and every few
// seconds, for a ring that was lost.
func (g *Gateway) look(ctx context.Context, watched <-chan struct{}) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-watched:
		case <-tick.C:
			if g.front.Waiting() == 0 {
				continue
			}
		}
		if err := g.store.Look(ctx); err != nil && ctx.Err() == nil {
			g.log.Error("changes by commands are not seen", "error", err)
		}
	}
}

// sweep removes old things: answers to writes, and attachments of nothing.
func (g *Gateway) sweep(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		more := true
		var err error
		for more && err == nil {
			err = g.store.Write(ctx, func(tx *store.Tx) (err error) { more, err = tx.SweepWrites(); return err })
		}
		if err == nil {
			_, err = g.desk.Sweep(ctx)
		}
		if err != nil && ctx.Err() == nil {
			g.log.Error("what is too old is not removed", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// close closes everything open.
func (g *Gateway) close() error {
	var all []error
	if g.listener != nil {
		all = append(all, ignoreClosed(g.listener.Close()))
	}
	if g.operations != nil {
		all = append(all, ignoreClosed(g.operations.Close()))
	}
	if g.secure != nil {
		g.secure.close()
	}
	if g.store != nil {
		all = append(all, g.store.Close())
	}
	return errors.Join(all...)
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
