//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/portico-desktop/portico/cmd/internal/stage"
)

// part is one of the things that are measured.
type part struct {
	name, title string
	// room is what it needs.
	room stage.Params
	run  func(*room, context.Context, options) error
}

// parts are all of them, in the order of the report.
func parts() []part {
	bare := stage.Params{KeyStore: stage.NoSessionBus}
	keyStore := stage.Params{}
	display := stage.Params{Display: true, Screen: "1280x900", Framebuffer: true}
	return []part{
		{"sizes", "Files", bare, (*room).sizes},
		{"version", "The console's start", bare, (*room).version},
		{"silent", "The silent start", keyStore, (*room).silentStart},
		{"proxy", "The silent start through a proxy that wants Kerberos", keyStore, (*room).proxyStart},
		{"redirect", "From the redirect to signed in and saved", keyStore, (*room).redirect},
		{"herd", "Many processes at once", keyStore, (*room).herd},
		{"growth", "Growth", keyStore, (*room).growth},
		{"idle", "The idle agent", keyStore, (*room).idleAgent},
		{"crowd", "Agents of many people", keyStore, (*room).crowd},
		{"window", "The window's start", display, (*room).windowStart},
		{"rest", "The window at rest", display, (*room).windowAtRest},
		{"keys", "A key in a window at rest", display, (*room).keysSeen},
	}
}

func partNames() []string {
	var names []string
	for _, p := range parts() {
		names = append(names, p.name)
	}
	return names
}

// choose finds the named parts, in the order of the names.
func choose(names string) ([]part, error) {
	known := make(map[string]part)
	for _, p := range parts() {
		known[p.name] = p
	}
	var chosen []part
	for name := range strings.SplitSeq(names, ",") {
		p, ok := known[name]
		if !ok {
			return nil, fmt.Errorf("there is no part %q; there are %s", name, strings.Join(partNames(), ", "))
		}
		chosen = append(chosen, p)
	}
	return chosen, nil
}

// lack is why something cannot be measured on this computer. It is nobody's fault.
type lack struct{ error }

func (l lack) Unwrap() error { return l.error }

// isLack is true for an error about something not installed.
func isLack(err error) bool {
	var l lack
	var m *stage.Missing
	return errors.As(err, &l) || errors.As(err, &m)
}

// measure takes the parts one after the other. One that fails does not take the others
// along: the earlier results are worth minutes.
func (b *bench) measure(ctx context.Context, o options, chosen []part) error {
	var failed []error
	for _, p := range chosen {
		b.say("\n## %s\n", p.title)
		err := b.part(ctx, p, o)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil:
		case isLack(err):
			b.say("\nNot measured, since something is missing here: %s.", strings.TrimRight(b.oneLine(err), "."))
		default:
			b.say("\nNot measured, since it failed: %s.", strings.TrimRight(b.oneLine(err), "."))
			failed = append(failed, fmt.Errorf("%s: %w", p.name, err))
		}
	}
	if len(b.builds) > 1 {
		b.summary()
		if len(b.compared) == 0 && len(failed) == 0 {
			failed = append(failed, fmt.Errorf("nothing could be measured of the programs of %s", b.builds[1].from))
		}
	}
	return errors.Join(failed...)
}

func (b *bench) part(ctx context.Context, p part, o options) (err error) {
	r, err := b.room(ctx, p.room)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	return p.run(r, ctx, o)
}

func (r *room) sizes(ctx context.Context, _ options) error {
	r.say("| program | MiB |\n|---|---|")
	for _, name := range programs() {
		all, err := inTurn(ctx, 0, 1, r.both(func(of build) contender {
			return contender{name: name, run: func(context.Context) ([]float64, error) {
				info, err := os.Stat(of.program(name))
				if err != nil {
					return nil, err
				}
				return []float64{float64(info.Size()) / (1 << 20)}, nil
			}}
		}), nil)
		if err != nil {
			return err
		}
		q := quantity{name: "size of " + name, unit: "MiB", digits: 1, ratioDigits: 3}
		for _, s := range all {
			if s.missing == nil {
				r.say("| %s | %s |", s.name, q.format(s.rounds[0][0]))
			}
		}
		r.compare(q, 0, all)
	}
	return nil
}

// version compares the least that the console does with the least that curl does.
func (r *room) version(ctx context.Context, o options) error {
	floor := contender{name: "curl --version", run: func(ctx context.Context) ([]float64, error) {
		return r.timed(ctx, stage.Command{Name: "curl", Args: []string{"--version"}})
	}}
	all, err := inTurn(ctx, 1, 2*o.pairs, r.both(func(of build) contender {
		return contender{name: "porticoctl version", run: func(ctx context.Context) ([]float64, error) {
			return r.timed(ctx, stage.Command{Name: of.program("porticoctl"), Args: []string{"version"}, Env: r.env("version")})
		}}
	}), &floor)
	if err != nil {
		return err
	}
	r.say("%d rounds.\n", 2*o.pairs)
	r.spreads(quantity{name: "porticoctl version", unit: "ms", digits: 1, aim: "≤ 3 ms"}, 0, all, floor.name)
	return nil
}
