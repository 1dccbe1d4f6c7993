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
	"syscall"
	"time"

	"github.com/portico-desktop/portico/cmd/internal/gateway/bus"
	"github.com/portico-desktop/portico/cmd/internal/gateway/front"
	"github.com/portico-desktop/portico/cmd/internal/selfsigned"
)

// figures are a server's about itself.
type figures struct {
	Resident   int64         // bytes in memory that are no file's
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
	_, rest, _ := strings.Cut(string(status), "RssAnon:")
	resident, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
	return figures{
		Resident: resident << 10, Heap: int64(m.HeapAlloc + m.StackInuse), Goroutines: runtime.NumGoroutine(),
		Processor: time.Duration(u.Utime.Nano() + u.Stime.Nano()), Waiting: waiting,
	}, err
}

// longest is a wait that never ends by itself within a run.
const longest = time.Hour

func serve(ctx context.Context, o options) error {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	var secure *tls.Config
	if o.tls {
		cert, err := selfsigned.New("localhost")
		if err != nil {
			return err
		}
		secure = &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"http/1.1"}}
	}
	fmt.Println(inner.Addr())
	if o.server == "net/http" {
		h := newHandlers()
		if secure != nil {
			inner = tls.NewListener(inner, secure)
		}
		server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
		go server.Serve(inner)
		return obey(ctx, h.ring, h.waiting)
	}
	d := newDesk()
	f, err := front.New(front.Params{Desk: d, Tokens: d, Limits: front.Limits{
		Wait: longest, Spread: time.Nanosecond, Syncs: front.Rate{PerSecond: 1e9, Burst: 1e9},
	}})
	if err != nil {
		return err
	}
	go f.Serve(inner, secure)
	return obey(ctx, func(n int) {
		d.move(n)
		head := bus.All
		if n >= 0 {
			head = bus.Head{Kind: bus.Person, Row: int64(n)}
		}
		f.Ring([]bus.Head{head})
	}, f.Waiting)
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
