//go:build linux

package main

import (
	"context"
	"fmt"
	"slices"
)

// redirect compares the time from the browser's coming back to the end: somebody is
// signed in, saved too, and the program has ended.
func (r *room) redirect(ctx context.Context, o options) error {
	contenders := slices.Concat(r.both(func(of build) contender {
		n := 0
		return contender{name: "porticoctl login", run: func(ctx context.Context) ([]float64, error) {
			// Each time on a desk with nobody signed in yet.
			n++
			took, err := r.login(ctx, of, r.env(fmt.Sprintf("redirect-%t-%d", of.other, n)), "ada")
			return []float64{took}, err
		}}
	}), r.peersThat("login", func(ctx context.Context, p peer) ([]float64, error) {
		took, err := r.signIn(ctx, p.command(r, "login"), "ada")
		return []float64{took}, err
	}))
	all, err := inTurn(ctx, 1, o.pairs, contenders, nil)
	if err != nil {
		return err
	}
	r.say("From the request of a scripted browser that comes back until the program has ended: code exchanged, ID token checked, refresh token")
	r.say("saved. %d rounds. oauth2cli answers the browser before it asks for the token, and checks no ID token; MSAL Node saves to a file.\n", o.pairs)
	r.spreads(quantity{name: "redirect to signed in", unit: "ms", digits: 1, aim: "≤ 25 ms"}, 0, all, "")
	return nil
}
