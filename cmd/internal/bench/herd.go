//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/portico-desktop/portico/cmd/internal/stage"
)

const (
	// herdSize is how many processes start at once, as after a log-on with many
	// scripts.
	herdSize = 64
	// farAway is how long the provider takes for a token request.
	farAway = 300 * time.Millisecond
	// herdRounds is few: counts are exact, and one round can take half a minute.
	herdRounds = 2
)

// herd starts many processes at once, and all want to sign in silently as the same
// person. A refresh token used twice ends the sign-in.
func (r *room) herd(ctx context.Context, _ options) (err error) {
	if r.providerLack != nil {
		return r.providerLack
	}
	far, ok := r.provider.(stage.DelaysTokens)
	if !ok {
		return lack{errors.New("this provider cannot be slowed down")}
	}
	contenders := slices.Concat(r.both(func(of build) contender {
		return contender{name: fmt.Sprintf("%d × porticoctl status", herdSize), run: func(ctx context.Context) ([]float64, error) {
			desk, err := r.desk(ctx, of, "herd")
			if err != nil {
				return nil, err
			}
			return r.stampede(ctx, far, stage.Command{Name: of.program("porticoctl"), Args: []string{"status", "--json"}, Env: desk})
		}}
	}), r.peersThat("herd", func(ctx context.Context, p peer) ([]float64, error) {
		// One that was signed out has to begin anew.
		if err := p.seed(ctx, r); err != nil {
			return nil, err
		}
		return r.stampede(ctx, far, p.command(r, "silent"))
	}))
	all, err := inTurn(ctx, 0, herdRounds, contenders, nil)
	if err != nil {
		return err
	}
	qs := []quantity{
		{name: "until the last one ended", unit: "s", digits: 1, aim: "≤ 2"},
		{name: "token requests", unit: "number", aim: "≤ 2"},
		{name: "processes that failed", unit: "number", aim: "0"},
		{name: "the person is signed out afterwards", unit: "1 = yes", aim: "0"},
	}
	r.say("%d processes at once, no agent running, a provider that takes %v for each token request and ends a sign-in whose refresh token", herdSize, farAway)
	r.say("is used twice. Medians of %d rounds.\n", herdRounds)
	r.table(qs, all)
	for i, q := range qs {
		q.name = fmt.Sprintf("%d at once, %s", herdSize, q.name)
		r.compare(q, i, all)
	}
	return nil
}

// stampede starts a command many times at once, and once more when all have ended, to
// see if the person is still signed in.
func (r *room) stampede(ctx context.Context, far stage.DelaysTokens, c stage.Command) (values []float64, err error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	if err := far.DelayTokens(ctx, farAway); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, far.DelayTokens(context.WithoutCancel(ctx), 0)) }()
	before, err := r.provider.Requests(ctx)
	if err != nil {
		return nil, err
	}
	var all []*stage.Process
	defer func() {
		for _, p := range all {
			p.Stop()
		}
	}()
	started := time.Now()
	for range herdSize {
		p, err := r.Start(c)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	failed := 0
	for _, p := range all {
		code, err := p.Wait(ctx)
		if err != nil {
			return nil, err
		}
		if code != 0 {
			failed++
		}
	}
	took := time.Since(started)
	after, err := r.provider.Requests(ctx)
	if err != nil {
		return nil, err
	}
	signedOut := 0.0
	if last, err := r.Run(ctx, c); err != nil {
		return nil, err
	} else if last.Code != 0 {
		signedOut = 1
	}
	path := r.provider.TokenPath()
	return []float64{took.Seconds(), float64(after[path] - before[path]), float64(failed), signedOut}, nil
}
