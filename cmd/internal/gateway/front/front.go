package front

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/portico-desktop/portico/app/portal/api"
	"github.com/portico-desktop/portico/cmd/internal/gateway/bus"
	"github.com/portico-desktop/portico/cmd/internal/gateway/parking"
)

// Params make a front. What has no default is required.
type Params struct {
	Desk   Desk
	Tokens Tokens
	// Exchange serves POST /v1/token.
	Exchange http.Handler
	// Manifest serves everything outside of /v1.
	Manifest http.Handler
	// Portal is the answer of GET /v1.
	Portal func() *api.Portal
	// Ready says why the gateway cannot work, nil if it can; for /readyz.
	Ready func(context.Context) error
	// Log gets a line a request. Default: none.
	Log *slog.Logger
	// Metrics count. Default: new ones.
	Metrics *Metrics
	// Now is the time. Default: time.Now.
	Now    func() time.Time
	Limits Limits
}

// Limits bound whatever one client, or all together, can ask for. Zero stands for the
// default of each.
type Limits struct {
	// Wait is the longest a /sync waits. Default: 55 s.
	Wait time.Duration
	// Waiting is how many /sync may wait at once. Default: 100,000.
	Waiting int
	// Connections is how many connections may be open at once. Default: the files that
	// the process may open, less 512.
	Connections int
	// Spread is the time over which everybody's news are told. Default: 10 s.
	Spread time.Duration
	// Syncs are the /sync with an answer that are let in by all clients together, beyond
	// those that waited. After a restart all come at once. Default: 100 a second, 200 at once.
	Syncs Rate
	// Exchanges are the requests to /v1/token by all clients together. Default: as Syncs.
	Exchanges Rate
	// Requests are those of one person. Default: 20 a second, 100 at once.
	Requests Rate
	// Headers is how long a handshake, and each request's headers, may take. Default: 10 s.
	Headers time.Duration
	// Bodies is how long a request may take with its body. Files are held to a rate instead.
	// Default: 30 s.
	Bodies time.Duration
	// AtOnce: so many /sync are worked on; the others wait in line. Default: 4 for each
	// processor.
	AtOnce int
}

func (l Limits) withDefaults() Limits {
	if l.Wait == 0 {
		l.Wait = 55 * time.Second
	}
	if l.Spread == 0 {
		l.Spread = 10 * time.Second
	}
	if l.Syncs == (Rate{}) {
		l.Syncs = Rate{100, 200}
	}
	if l.Exchanges == (Rate{}) {
		l.Exchanges = l.Syncs
	}
	if l.Requests == (Rate{}) {
		l.Requests = Rate{20, 100}
	}
	if l.Headers == 0 {
		l.Headers = 10 * time.Second
	}
	if l.Bodies == 0 {
		l.Bodies = 30 * time.Second
	}
	if l.AtOnce == 0 {
		l.AtOnce = 4 * runtime.GOMAXPROCS(0)
	}
	if l.Connections == 0 {
		l.Connections = mostConnections()
	}
	return l
}

// Front serves the API. Whoever made it calls Shutdown.
type Front struct {
	Params
	routes    *routes
	lot       *parking.Lot
	server    *http.Server
	syncs     admission
	exchanges admission
	people    perPerson
	atOnce    chan struct{}

	secure  atomic.Bool   // it speaks TLS
	news    chan struct{} // everybody's head has moved
	running sync.WaitGroup
	leaving chan struct{}
	leave   sync.Once
	left    error
}

// New makes a front.
func New(p Params) (*Front, error) {
	p.Limits = p.Limits.withDefaults()
	if p.Log == nil {
		p.Log = slog.New(slog.DiscardHandler)
	}
	if p.Metrics == nil {
		p.Metrics = &Metrics{}
	}
	if p.Now == nil {
		p.Now = time.Now
	}
	lot, err := parking.New(parking.Params{Most: p.Limits.Waiting})
	if err != nil {
		return nil, err
	}
	f := &Front{
		Params: p, routes: newRoutes(operations()), lot: lot,
		syncs:     admission{rate: p.Limits.Syncs, now: p.Now},
		exchanges: admission{rate: p.Limits.Exchanges, now: p.Now},
		people:    perPerson{rate: p.Limits.Requests, now: p.Now, buckets: make(map[int64]bucket)},
		atOnce:    make(chan struct{}, p.Limits.AtOnce),
		news:      make(chan struct{}, 1),
		leaving:   make(chan struct{}),
	}
	f.Metrics.Gauge("portico_sync_waiting", func() float64 { return float64(lot.Len()) })
	f.server = f.newServer()
	f.running.Go(f.spreadNews)
	return f, nil
}

// Waiting is how many /sync wait.
func (f *Front) Waiting() int { return f.lot.Len() }

// Ring tells that heads have moved; it is for [bus.Bus.Listen]. Who waits on the head of a
// person or an organization is answered at once. If it is everybody's, the waiters are
// answered one after the other within Limits.Spread.
func (f *Front) Ring(heads []bus.Head) {
	for _, h := range heads {
		if h == bus.All {
			select {
			case f.news <- struct{}{}:
			default: // a look is to come anyway
			}
		} else {
			f.lot.Wake(key(h))
		}
	}
}

// spreadNews looks at all waiters after everybody's head has moved. It is a goroutine of its own:
// so many would hold up whoever has made the change.
func (f *Front) spreadNews() {
	for {
		select {
		case <-f.news:
			f.lot.Look(f.Limits.Spread)
		case <-f.leaving:
			return
		}
	}
}

func key(h bus.Head) parking.Key { return parking.Key{Kind: byte(h.Kind), ID: h.Row} }

// Shutdown answers everybody who waits, lets requests end, and ends the front's goroutines.
func (f *Front) Shutdown(ctx context.Context) error {
	f.leave.Do(func() {
		close(f.leaving)
		f.running.Wait()
		err := errors.Join(f.lot.Leave(ctx), f.server.Shutdown(ctx))
		f.left = errors.Join(err, f.server.Close(), f.lot.Close())
	})
	return f.left
}
