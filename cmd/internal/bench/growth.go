//go:build linux

package main

import (
	"context"
	"errors"
	"runtime"
	"sync"

	"github.com/portico-desktop/portico/cmd/internal/stage"
)

// grown is a silent start with more of something.
type grown struct {
	name string
	// base is the name of what it is compared with, aim the most that its ratio to that
	// should be.
	base, aim string
	// early is for what takes long to set up, beside others of its kind.
	early bool
	// desk returns how `porticoctl status` is run there.
	desk func(ctx context.Context, of build) (stage.Command, error)
}

// ready is a desk that is set up once, or why it cannot be.
type ready struct {
	once    sync.Once
	command stage.Command
	err     error
}

func (r *ready) get(ctx context.Context, g grown, of build) (stage.Command, error) {
	r.once.Do(func() { r.command, r.err = g.desk(ctx, of) })
	return r.command, r.err
}

// growth compares silent starts with more accounts, policies and apps with those with
// few of them.
func (r *room) growth(ctx context.Context, o options) (err error) {
	if r.providerLack != nil {
		return r.providerLack
	}
	var closers closers
	defer func() { err = errors.Join(err, closers.close()) }()
	cases, err := r.grownCases(ctx, &closers)
	if err != nil {
		return err
	}
	rounds := max(o.pairs/2, 1)
	var contenders []contender
	var settingUp sync.WaitGroup
	atOnce := make(chan struct{}, runtime.NumCPU())
	for _, g := range cases {
		for _, of := range r.builds {
			desk := &ready{}
			if g.early {
				settingUp.Go(func() {
					atOnce <- struct{}{}
					_, _ = desk.get(ctx, g, of) // whoever runs it gets the error
					<-atOnce
				})
			}
			contenders = append(contenders, contender{name: g.name, other: of.other, optional: g.base != "", run: func(ctx context.Context) ([]float64, error) {
				command, err := desk.get(ctx, g, of)
				if err != nil {
					return nil, err
				}
				return r.timed(ctx, command)
			}})
		}
	}
	settingUp.Wait()
	all, err := inTurn(ctx, 1, rounds, contenders, nil)
	if err != nil {
		return err
	}
	r.say("`porticoctl status` with no agent running, %d rounds in turn. Each number of accounts has a key store of its own. Policies are measured in a mount", rounds)
	r.say("namespace that has them in `/etc/portico`, entered by `nsenter`, and compared with a policy of one key there.\n")
	r.say("| | median, ms | compared with | ratio, median (least–most) | aim |\n|---|---|---|---|---|")
	for i, s := range all {
		g := cases[i/len(r.builds)]
		if s.missing != nil {
			continue
		}
		base := baseOf(all, g.base, s.other)
		ratio := ""
		if base != nil {
			ratio = spreadWords(ratios(column(s.rounds, 0), column(base.rounds, 0)))
		}
		r.say("| %s | %s | %s | %s | %s |", s.name+suffix(s.other), number(spreadOf(column(s.rounds, 0)).median, 1), g.base, ratio, g.aim)
	}
	for i := 0; i < len(all); i += len(r.builds) {
		pair := all[i : i+len(r.builds)]
		if pair[0].missing == nil {
			for n := range pair {
				pair[n].optional = false
			}
			r.compare(quantity{name: "silent start, " + cases[i/len(r.builds)].name, unit: "ms", digits: 1}, 0, pair)
		}
	}
	for i := range all {
		all[i].name += suffix(all[i].other)
	}
	r.left(all)
	return nil
}

// baseOf finds the samples of this name of the same build, nil for none.
func baseOf(all []samples, name string, other bool) *samples {
	for i := range all {
		if name != "" && all[i].name == name && all[i].other == other && all[i].missing == nil {
			return &all[i]
		}
	}
	return nil
}
