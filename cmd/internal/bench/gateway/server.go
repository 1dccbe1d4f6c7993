//go:build linux

package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/portico-desktop/portico/cmd/internal/gateway/parking"
)

// figures are a server's about itself.
type figures struct {
	Resident   int64         // bytes
	Heap       int64         // bytes in objects and stacks
	Goroutines int           //
	Processor  time.Duration // since its start
	Waiting    int
}

// look collects garbage first, so that each contestant is measured by its needs alone.
func look(waiting int) (figures, error) {
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return figures{}, err
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return figures{}, err
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	resident, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
	return figures{
		Resident: resident << 10, Heap: int64(m.HeapAlloc + m.StackInuse), Goroutines: runtime.NumGoroutine(),
		Processor: time.Duration(u.Utime.Nano() + u.Stime.Nano()), Waiting: waiting,
	}, err
}

// guest is a waiting request of either server.
type guest struct {
	n    int64
	rung atomic.Int64 // Unix time in nanoseconds; 0: nothing new
}

func (g *guest) Ahead() bool { return g.rung.Load() != 0 }

func (g *guest) Answer(w http.ResponseWriter, _ *http.Request, _ parking.Why) {
	fmt.Fprintf(w, "%d", g.rung.Load())
}

// guests are the waiting ones, so that they can be rung.
type guests struct {
	mu  sync.Mutex
	all map[int64]*guest
}

func (g *guests) add(n int64) *guest {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.all[n] = &guest{n: n}
	return g.all[n]
}

func (g *guests) ring(n int) []*guest {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now().UnixNano()
	if n >= 0 {
		g.all[int64(n)].rung.Store(now)
		return []*guest{g.all[int64(n)]}
	}
	var all []*guest
	for _, one := range g.all {
		one.rung.Store(now)
		all = append(all, one)
	}
	return all
}

// longest is a wait that never ends by itself within a run.
const longest = time.Hour

func serve(ctx context.Context, o options) error {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	address := inner.Addr().String()
	if o.tls {
		cert, err := certificate()
		if err != nil {
			return err
		}
		inner = tls.NewListener(inner, &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"http/1.1"}})
	}
	known := &guests{all: make(map[int64]*guest)}
	server := &http.Server{ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	var ring func(int)
	var count func() int
	if o.server == "parked" {
		lot, err := parking.New(parking.Params{})
		if err != nil {
			return err
		}
		server.ConnContext = lot.Remember
		inner = lot.Listener(inner)
		server.Handler = lot.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			n, _ := strconv.ParseInt(r.URL.Query().Get("n"), 10, 64)
			g := known.add(n)
			if err := lot.Park(w, r, parking.Spot{Keys: [2]parking.Key{{Kind: 1, ID: n}, {Kind: 2, ID: n / 100}}, Wait: longest, Waiting: g}); err != nil {
				http.Error(w, err.Error(), http.StatusServiceUnavailable)
			}
		}))
		ring = func(n int) {
			known.ring(n)
			if n < 0 {
				lot.Look(0)
			} else {
				lot.Wake(parking.Key{Kind: 1, ID: int64(n)})
			}
		}
		count = lot.Len
	} else {
		var waiting atomic.Int64
		var mu sync.Mutex
		bells := map[int64]chan struct{}{}
		server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			n, _ := strconv.ParseInt(r.URL.Query().Get("n"), 10, 64)
			g, bell := known.add(n), make(chan struct{})
			mu.Lock()
			bells[n] = bell
			mu.Unlock()
			timer := time.NewTimer(longest)
			defer timer.Stop()
			waiting.Add(1)
			defer waiting.Add(-1)
			select {
			case <-bell:
			case <-timer.C:
			case <-r.Context().Done():
				return
			}
			g.Answer(w, r, parking.Rung)
		})
		ring = func(n int) {
			for _, g := range known.ring(n) {
				mu.Lock()
				close(bells[g.n])
				mu.Unlock()
			}
		}
		count = func() int { return int(waiting.Load()) }
	}
	go server.Serve(inner)
	fmt.Println(address)
	return obey(ctx, ring, count)
}

// obey does the parent's bidding, a line each: "look", or "ring" with a number.
func obey(ctx context.Context, ring func(int), count func() int) error {
	lines := bufio.NewScanner(os.Stdin)
	out := json.NewEncoder(os.Stdout)
	for lines.Scan() && ctx.Err() == nil {
		var n int
		switch _, err := fmt.Sscanf(lines.Text(), "ring %d", &n); {
		case err == nil:
			ring(n)
		case lines.Text() == "count":
			if err := out.Encode(figures{Waiting: count()}); err != nil {
				return err
			}
		default:
			f, err := look(count())
			if err != nil {
				return err
			}
			if err := out.Encode(f); err != nil {
				return err
			}
		}
	}
	return lines.Err()
}
