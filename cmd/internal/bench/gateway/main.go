//go:build linux

// Gateway measures the portal's gateway: a waiting desktop's memory and processor, and how
// soon a change is at its desktop. Each figure of waiting is also taken of plain net/http
// handlers with the same task, in the same run.
//
// Server and desktops are processes of their own (this program, called with a role), so
// that each one's memory and processor can be told apart.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"time"
)

type options struct {
	waiting int
	rest    time.Duration
	changes int
	rounds  int
	only    string
	few     int
	tickets int
	press   time.Duration
	out     string
	role    string
	server  string
	tls     bool
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var o options
	flag.IntVar(&o.waiting, "waiting", 10_000, "how many desktops wait")
	flag.DurationVar(&o.rest, "rest", 20*time.Second, "how long the waiting server is watched")
	flag.IntVar(&o.changes, "changes", 1000, "how many changes are followed to their desktops")
	flag.StringVar(&o.only, "only", "waiting,requests,start", "which `parts` to measure")
	flag.IntVar(&o.rounds, "rounds", 5, "how often each kind of request is pressed")
	flag.IntVar(&o.few, "few", 1000, "how many requests the smaller read model has")
	flag.IntVar(&o.tickets, "tickets", 1_000_000, "how many requests the larger one has")
	flag.DurationVar(&o.press, "press", 3*time.Second, "how long each kind of request is pressed in each round")
	flag.StringVar(&o.out, "out", "", "also write the report to this `file`")
	flag.StringVar(&o.role, "role", "", "be a part of a run: server, portal or desktops")
	flag.StringVar(&o.server, "server", "", "with a role: the server's kind, or its address")
	flag.BoolVar(&o.tls, "tls", false, "with a role: speak TLS")
	flag.Parse()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench-gateway:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) (err error) {
	switch o.role {
	case "server":
		return serve(ctx, o)
	case "portal":
		return servePortal(ctx, o)
	case "desktops":
		return wait(ctx, o)
	}
	report := io.Writer(os.Stdout)
	if o.out != "" {
		f, err := os.Create(o.out)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		report = io.MultiWriter(os.Stdout, f)
	}
	b := &bench{options: o, report: report}
	commit, err := exec.CommandContext(ctx, "git", "log", "-1", "--format=%h of %cs (%s)").Output()
	if err != nil {
		return fmt.Errorf("asking git for the commit: %w", err)
	}
	b.say("# Portico's gateway, measured %s\n", time.Now().UTC().Format("2006-01-02"))
	b.say("%s, %d cores, %s, commit %s.\n", cpu(), runtime.NumCPU(), runtime.Version(), strings.TrimSpace(string(commit)))
	b.say("%s\n", method)
	for name := range strings.SplitSeq(o.only, ",") {
		part := parts()[name]
		if part == nil {
			return fmt.Errorf("there is no part %q; there are waiting, requests and start", name)
		}
		if err := part(ctx, b); err != nil {
			return err
		}
	}
	return nil
}

const method = "Server and desktops are processes of their own on one computer, and speak over loopback. Absolute times say much about the\n" +
	"computer; the other rows of a table are measured in the same run. Written by `make bench-gateway` (`cmd/internal/bench/gateway`)."

func parts() map[string]func(context.Context, *bench) error {
	return map[string]func(context.Context, *bench) error{"waiting": waitingPart, "requests": requestsPart, "start": startPart}
}

type bench struct {
	options
	report io.Writer
}

func (b *bench) say(format string, args ...any) { fmt.Fprintf(b.report, format+"\n", args...) }

func cpu() string {
	out, err := exec.Command("sh", "-c", `sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1`).Output()
	if err != nil || len(out) == 0 {
		return "unknown processor"
	}
	return strings.TrimSpace(string(out))
}
