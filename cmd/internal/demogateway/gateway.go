// Package demogateway is the gateway with the whole portal of Contoso IT, on loopback, for the
// demo: its store in one file, tickets of its own, and a history of some weeks.
// Begin at [Params.Start].
//
// It writes an IT team's settings and content, and fills the store at its first start; the
// rest is portico-gateway's.
package demogateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"

	"github.com/portico-desktop/portico/cmd/internal/demoportal"
	"github.com/portico-desktop/portico/cmd/internal/demoportal/contoso"
	"github.com/portico-desktop/portico/cmd/internal/gateway"
	"github.com/portico-desktop/portico/cmd/internal/gateway/desk"
	"github.com/portico-desktop/portico/cmd/internal/gateway/settings"
)

// Params make a gateway.
type Params struct {
	// Dir is the gateway's folder. It is made; a store in it is gone on with, since people
	// know their requests. [Forget] removes it.
	Dir string
	// Addr is the loopback address to listen on, 127.0.0.1:0 when empty.
	Addr string
	// Providers are the ways to sign in. The issuer of the first one is that of Contoso's
	// people.
	Providers []demoportal.Provider
	// Log is the operators'; nil is silence.
	Log *slog.Logger
}

// Server is a running gateway.
type Server struct {
	url   string
	end   context.CancelFunc
	ended chan error
}

// Start fills a new folder, listens and serves until ctx ends or
// [Server.Close] is called.
func (p Params) Start(ctx context.Context) (*Server, error) {
	if p.Log == nil {
		p.Log = slog.New(slog.DiscardHandler)
	}
	l, err := listen(ctx, p.Addr)
	if err != nil {
		return nil, err
	}
	s := &Server{url: "http://" + l.Addr().String(), ended: make(chan error, 1)}
	g, err := p.open(ctx, s.url, l)
	if err != nil {
		return nil, errors.Join(err, ignoreClosed(l.Close()))
	}
	ctx, s.end = context.WithCancel(ctx)
	go func() { s.ended <- g.Serve(ctx) }()
	return s, nil
}

func listen(ctx context.Context, addr string) (net.Listener, error) {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen for the demo's gateway: %w", err)
	}
	if a, err := netip.ParseAddrPort(l.Addr().String()); err != nil || !a.Addr().IsLoopback() {
		return nil, errors.Join(fmt.Errorf("the demo's gateway listens on loopback only, not on %s", addr), l.Close())
	}
	return l, nil
}

// open writes the folder and opens the gateway. The listener is there before it, since the
// manifest names its address.
func (p Params) open(ctx context.Context, url string, l net.Listener) (*gateway.Gateway, error) {
	s := p.settings(url, l.Addr().String())
	if err := contoso.Write(s.Content, url, p.Providers...); err != nil {
		return nil, err
	}
	if err := p.filled(ctx, s.Content, s.Database()); err != nil {
		return nil, err
	}
	return gateway.Open(ctx, gateway.Params{Settings: s, Log: p.Log, Listen: func(network, address string) (net.Listener, error) {
		if address == s.Listen {
			return l, nil
		}
		return (&net.ListenConfig{}).Listen(ctx, network, address)
	}})
}

// settings are those of a small company without a proxy.
func (p Params) settings(url, listen string) *settings.Settings {
	var issuers []string
	for _, provider := range p.Providers {
		issuers = append(issuers, provider.Authority)
	}
	return &settings.Settings{
		URL: url, Store: "sqlite:" + p.store(), Content: filepath.Join(p.Dir, "portal"), Attachments: filepath.Join(p.Dir, "attachments"),
		Listen: listen, Operations: "127.0.0.1:0",
		TLS: settings.TLS{Mode: "off"}, Tokens: settings.Tokens{GroupsClaim: "groups"},
		Limits: settings.Limits{AttachmentBytes: 25 << 20, Wait: 55}, Helpdesk: settings.Helpdesk{Backend: "builtin"},
		Features:      []string{desk.Approvals, desk.Feedback, desk.Participants, desk.OnBehalfOf, desk.Articles},
		Organizations: []settings.Organization{{ID: organization, Name: "Contoso", Issuers: issuers, Domains: []string{"contoso.example"}}},
		Roles:         []settings.Role{{Feature: desk.Organization, People: []string{"grace@contoso.example"}}},
	}
}

func (p Params) store() string { return filepath.Join(p.Dir, storeFile) }

// URL is the portal's address, without a slash at its end.
func (s *Server) URL() string { return s.url }

// Close ends the gateway and waits for it. It is called once.
func (s *Server) Close() error {
	s.end()
	return <-s.ended
}

// Forget removes a gateway's folder; of a demo that is not running.
func Forget(dir string) error {
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("forget the demo's portal: %w", err)
	}
	return nil
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
