//go:build linux

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// process is this program in a role.
type process struct {
	*exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func start(ctx context.Context, args ...string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &process{Cmd: exec.CommandContext(ctx, self, args...)}
	p.Stderr = os.Stderr
	if p.in, err = p.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewReader(out)
	return p, p.Start()
}

func (p *process) say(line string) error {
	_, err := io.WriteString(p.in, line+"\n")
	return err
}

func (p *process) hear(into any) error {
	line, err := p.out.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("hearing of %s: %w", p.Args[2], err)
	}
	return json.Unmarshal(line, into)
}

func (p *process) ask(line string, into any) error {
	return errors.Join(p.say(line), p.hear(into))
}

// end ends a process that obeys until its input ends.
func (p *process) end() error {
	p.in.Close()
	return p.Wait()
}

// waited are the figures of one server with all its desktops.
type waited struct {
	name                 string
	resident, heap       float64 // KiB each
	goroutines           float64 // each
	rest                 float64 // % of one core
	came, wokenProcessor time.Duration
	one, all             lateness
	limit                string
}

func waitingPart(ctx context.Context, b *bench) error {
	b.say("## %d desktops that wait\n", b.waiting)
	b.say("Memory is of the server, for each desktop, beyond the same server with none, after a garbage collection: resident (RssAnon, without the pages of")
	b.say("the program's file), and the bytes in Go's objects and stacks. Both have the same desk, in memory; net/http's handlers wait in their goroutines. Processor: until all wait (with TLS the handshakes), and while nothing happens for %s.\n", b.rest)
	var all []waited
	for _, secure := range []bool{false, true} {
		for _, kind := range []string{"gateway", "net/http"} {
			w, err := b.measureWaiting(ctx, kind, secure)
			if err != nil {
				return fmt.Errorf("%s: %w", kind, err)
			}
			all = append(all, w)
		}
	}
	b.say("| | resident, KiB | objects and stacks, KiB | aim, KiB | goroutines | processor until all wait, s | at rest, %% of one core |")
	b.say("|---|---|---|---|---|---|---|")
	for _, w := range all {
		b.say("| %s | %.2f | %.2f | %s | %.2f | %.2f | %.2f |", w.name, w.resident, w.heap, w.limit, w.goroutines, w.came.Seconds(), w.rest)
	}
	b.say("\n## A change is at its desktop\n")
	b.say("From the ring in the server to the whole answer in the desktop, while all the others wait: %d changes one after the other; and everybody", b.changes)
	b.say("at once, not spread, together with the processor time for it. Aim: p99 ≤ 100 ms for one.\n")
	b.say("| | one: p50, ms | p99, ms | all: p50, ms | p99, ms | last, ms | processor for all, s |")
	b.say("|---|---|---|---|---|---|---|")
	for _, w := range all {
		b.say("| %s | %s | %s | %s | %s | %s | %.2f |", w.name, ms(w.one.P50), ms(w.one.P99), ms(w.all.P50), ms(w.all.P99), ms(w.all.Most), w.wokenProcessor.Seconds())
	}
	b.say("")
	return nil
}

func ms(d time.Duration) string { return fmt.Sprintf("%.2f", float64(d)/float64(time.Millisecond)) }

func (b *bench) measureWaiting(ctx context.Context, kind string, secure bool) (w waited, err error) {
	w.name, w.limit = kind, ""
	if kind == "gateway" {
		w.name, w.limit = "**gateway**", "≤ 2"
	}
	if secure {
		w.name += ", TLS"
		if kind == "gateway" {
			w.limit = "≤ 12"
		}
	}
	tls := fmt.Sprintf("-tls=%t", secure)
	server, err := start(ctx, "-role", "server", "-server", kind, tls)
	if err != nil {
		return w, err
	}
	defer func() { err = errors.Join(err, server.end()) }()
	address, err := server.out.ReadString('\n')
	if err != nil {
		return w, err
	}
	var empty, full, rested, after figures
	if err := server.ask("look", &empty); err != nil {
		return w, err
	}
	desktops, err := start(ctx, "-role", "desktops", "-server", address[:len(address)-1], tls, "-waiting", fmt.Sprint(b.waiting))
	if err != nil {
		return w, err
	}
	defer func() { err = errors.Join(err, desktops.end()) }()
	if err := b.allWait(ctx, server); err != nil {
		return w, err
	}
	if err := server.ask("look", &full); err != nil {
		return w, err
	}
	each := float64(b.waiting) * 1024
	w.resident, w.heap = float64(full.Resident-empty.Resident)/each, float64(full.Heap-empty.Heap)/each
	w.goroutines = float64(full.Goroutines-empty.Goroutines) / float64(b.waiting)
	w.came = full.Processor - empty.Processor
	if err := server.ask("look", &full); err != nil { // the first look's own processor time is not the rest's
		return w, err
	}
	select {
	case <-time.After(b.rest):
	case <-ctx.Done():
		return w, ctx.Err()
	}
	var beside figures
	if err := errors.Join(server.ask("look", &rested), server.ask("look", &beside)); err != nil {
		return w, err
	}
	w.rest = 100 * max(0, (rested.Processor-full.Processor-(beside.Processor-rested.Processor)).Seconds()) / b.rest.Seconds()
	var ones []time.Duration
	for i := range b.changes {
		var l lateness
		if err := server.say(fmt.Sprintf("ring %d", i*7919%b.waiting)); err != nil {
			return w, err
		}
		if err := desktops.ask("expect 1", &l); err != nil {
			return w, err
		}
		ones = append(ones, l.Most)
		if err := b.allWait(ctx, server); err != nil {
			return w, err
		}
	}
	w.one = latenessOf(ones)
	if err := server.ask("look", &full); err != nil {
		return w, err
	}
	if err := errors.Join(server.say("ring -1"), desktops.ask(fmt.Sprintf("expect %d", b.waiting), &w.all)); err != nil {
		return w, err
	}
	if err := b.allWait(ctx, server); err != nil {
		return w, err
	}
	if err := errors.Join(server.ask("look", &after), server.ask("look", &beside)); err != nil {
		return w, err
	}
	w.wokenProcessor = after.Processor - full.Processor - (beside.Processor - after.Processor)
	return w, nil
}

// allWait returns once everybody waits.
func (b *bench) allWait(ctx context.Context, server *process) error {
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for {
		var f figures
		if err := server.ask("count", &f); err != nil {
			return err
		}
		if f.Waiting == b.waiting {
			return nil
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
