//go:build linux

package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
)

// contender is one of those measured in turn.
type contender struct {
	name string
	// other marks the other build's.
	other bool
	// optional marks a contender that the run can do without: a peer, or a case a build
	// may refuse.
	optional bool
	// run measures it once. Its values are in the same order each time.
	run func(context.Context) ([]float64, error)
}

// samples are what was measured of a build, a row for each round, and of the floor
// right after each.
type samples struct {
	contender
	rounds, floor [][]float64
	// missing is why there are none.
	missing error
}

// column is one of the values, round by round.
func column(rounds [][]float64, i int) []float64 {
	values := make([]float64, len(rounds))
	for n, round := range rounds {
		values[n] = round[i]
	}
	return values
}

// inTurn measures every build once a round, one after the other, so any other work of
// the machine happens to all of them alike. The floor, if there is one, does no more
// than has to be done. It comes after each build, so each build comes after it: whoever
// follows the like of it finds everything warm. Rounds of warming up come first and do
// not count.
//
// The other build, and any optional contender, is left out from the first failure on; a
// failure of any other is an error.
func inTurn(ctx context.Context, warmUp, rounds int, builds []contender, floor *contender) ([]samples, error) {
	all := make([]samples, len(builds))
	for i, c := range builds {
		all[i].contender = c
	}
	for round := range warmUp + rounds {
		for i := range all {
			s := &all[i]
			if s.missing != nil {
				continue
			}
			values, err := s.run(ctx)
			if err != nil && (s.other || s.optional) && ctx.Err() == nil {
				s.missing, s.rounds, s.floor = err, nil, nil
				continue
			}
			if err != nil {
				return nil, fmt.Errorf("%s: %w", s.name, err)
			}
			var least []float64
			if floor != nil {
				if least, err = floor.run(ctx); err != nil {
					return nil, fmt.Errorf("%s: %w", floor.name, err)
				}
			}
			if round < warmUp {
				continue
			}
			s.rounds = append(s.rounds, values)
			if floor != nil {
				s.floor = append(s.floor, least)
			}
		}
	}
	return all, nil
}

// ofThis and ofOther find a build's samples among those not optional. Nil: there are
// none.
func ofThis(all []samples) *samples  { return find(all, false) }
func ofOther(all []samples) *samples { return find(all, true) }

func find(all []samples, other bool) *samples {
	for i := range all {
		if all[i].other == other && !all[i].optional && all[i].missing == nil {
			return &all[i]
		}
	}
	return nil
}

// ratios divides pair by pair. Two zeros are equal; something to nothing is
// infinite.
func ratios(a, b []float64) []float64 {
	r := make([]float64, min(len(a), len(b)))
	for i := range r {
		if r[i] = a[i] / b[i]; a[i] == b[i] {
			r[i] = 1
		}
	}
	return r
}

// spread is how far values lie apart.
type spread struct{ least, median, most float64 }

// spreadOf leaves the order of values as it is: it pairs them. No values have no
// spread: NaN.
func spreadOf(values []float64) spread {
	if len(values) == 0 {
		return spread{math.NaN(), math.NaN(), math.NaN()}
	}
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return spread{sorted[0], (sorted[(n-1)/2] + sorted[n/2]) / 2, sorted[n-1]}
}

// within is the range of the true median with a probability of 95 % at least, for any
// spread of the values: as often as not a value is on either side of it, a matter of
// coins (the sign test). It takes six values; ok is true if there are.
func within(values []float64) (from, to float64, ok bool) {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	// below is the probability of at most k heads of n coins; both ends together may
	// have 5 %.
	k, below, next := -1, 0.0, math.Pow(0.5, float64(n))
	for below+next <= 0.025 {
		k++
		below += next
		next *= float64(n-k) / float64(k+1)
	}
	if k < 0 {
		return 0, 0, false
	}
	return sorted[k], sorted[n-1-k], true
}

// quantity is what is measured, and how it is written.
type quantity struct {
	name   string
	unit   string
	digits int
	// aim is the most that it should be, or its ratio to the bare one, "" for none.
	aim string
	// ratioDigits is 2 for 0.
	ratioDigits int
}

func (q quantity) format(value float64) string { return number(value, q.digits) }

// number writes signs for infinity and for no number at all.
func number(value float64, digits int) string {
	switch {
	case math.IsNaN(value):
		return "–"
	case math.IsInf(value, 0):
		return "∞"
	}
	return fmt.Sprintf("%.*f", digits, value)
}

// numbers writes values in their order.
func numbers(values []float64, digits int) string {
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = number(v, digits)
	}
	return strings.Join(words, " ")
}
