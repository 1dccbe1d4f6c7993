//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// scripted notes in log when it is run, and fails in the round that is named.
func scripted(log *[]string, name string, other bool, failsIn int) contender {
	round := 0
	return contender{name: name, other: other, run: func(context.Context) ([]float64, error) {
		round++
		*log = append(*log, name)
		if round == failsIn {
			return nil, errors.New("unknown flag")
		}
		return []float64{float64(round), 7}, nil
	}}
}

func TestBuildsTakeTurnsAndEachFollowsTheFloor(t *testing.T) {
	var log []string
	floor := scripted(&log, "floor", false, 0)
	all, err := inTurn(t.Context(), 1, 2, []contender{scripted(&log, "A", false, 0), scripted(&log, "B", true, 0)}, &floor)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(log, " "), strings.TrimSpace(strings.Repeat(" A floor B floor", 3)); got != want {
		t.Errorf("ran %s, want %s", got, want)
	}
	// The first round does not count, and the floor is that build's own.
	for i, floor := range [][]float64{{3, 5}, {4, 6}} {
		if diff := cmp.Diff([][]float64{{2, 7}, {3, 7}}, all[i].rounds); diff != "" {
			t.Errorf("%s: %s", all[i].name, diff)
		}
		if diff := cmp.Diff(floor, column(all[i].floor, 0)); diff != "" {
			t.Errorf("the floor of %s: %s", all[i].name, diff)
		}
	}
}

func TestTheOtherBuildsFailureStopsNothing(t *testing.T) {
	var log []string
	all, err := inTurn(t.Context(), 0, 3, []contender{scripted(&log, "A", false, 0), scripted(&log, "B", true, 2)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(log, " "); got != "A B A B A" {
		t.Errorf("ran %s", got)
	}
	if ours := ofThis(all); ours == nil || len(ours.rounds) != 3 {
		t.Errorf("this build has %+v", ours)
	}
	if theirs := ofOther(all); theirs != nil {
		t.Errorf("half a series counts: %+v", theirs.rounds)
	}
	if all[1].missing == nil {
		t.Error("nobody says why")
	}
}

// A peer that fails is left out, and is no build.
func TestPeersFailuresStopNothing(t *testing.T) {
	var log []string
	peer := scripted(&log, "P", false, 2)
	peer.optional = true
	all, err := inTurn(t.Context(), 0, 3, []contender{peer, scripted(&log, "A", false, 0)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(log, " "); got != "P A P A A" {
		t.Errorf("ran %s", got)
	}
	if ours := ofThis(all); ours == nil || ours.name != "A" || len(ours.rounds) != 3 {
		t.Errorf("this build has %+v", ours)
	}
	if got := ofThis([]samples{{contender: peer}, all[1]}); got == nil || got.name != "A" {
		t.Errorf("a peer counts as a build: %+v", got)
	}
	if all[0].missing == nil || all[0].rounds != nil || all[1].floor != nil {
		t.Errorf("%+v", all)
	}
}

func TestOwnFailuresEndTheRun(t *testing.T) {
	for name, fails := range map[string]struct{ ours, floor int }{"this build": {2, 0}, "the floor": {0, 2}} {
		var log []string
		floor := scripted(&log, "the floor", false, fails.floor)
		_, err := inTurn(t.Context(), 0, 3, []contender{scripted(&log, "this build", false, fails.ours), scripted(&log, "B", true, 0)}, &floor)
		if err == nil || !strings.Contains(err.Error(), name+": unknown flag") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Ctrl-C makes the other build fail as well, which is nothing to go on from.
func TestAnInterruptIsNobodysFailure(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	b := contender{other: true, run: func(context.Context) ([]float64, error) {
		cancel()
		return nil, context.Canceled
	}}
	if _, err := inTurn(ctx, 0, 3, []contender{b}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("went on: %v", err)
	}
}

func TestRatiosAreOfPairs(t *testing.T) {
	got := ratios([]float64{2, 3, 0, 1}, []float64{1, 6, 0, 0})
	if diff := cmp.Diff([]float64{2, 0.5, 1, math.Inf(1)}, got); diff != "" {
		t.Error(diff)
	}
	if got := numbers(append(got, math.NaN()), 2); got != "2.00 0.50 1.00 ∞ –" {
		t.Errorf("written as %s", got)
	}
}

func TestSpreadLeavesPairsInOrder(t *testing.T) {
	for want, values := range map[spread][]float64{
		{1, 2, 9}:   {9, 1, 2},
		{1, 2.5, 9}: {9, 1, 2, 3},
		{4, 4, 4}:   {4},
	} {
		before := fmt.Sprint(values)
		if got := spreadOf(values); got != want {
			t.Errorf("%v: %+v, want %+v", values, got, want)
		}
		if fmt.Sprint(values) != before {
			t.Errorf("%s became %v", before, values)
		}
	}
	if got := spreadOf(nil); !math.IsNaN(got.median) {
		t.Errorf("nothing has a median of %v", got.median)
	}
}

// The ranks are those of tables of the sign test.
func TestWhereTheMedianLies(t *testing.T) {
	for n, want := range map[int][2]float64{6: {1, 6}, 8: {1, 8}, 9: {2, 8}, 10: {2, 9}, 20: {6, 15}, 30: {10, 21}, 40: {14, 27}} {
		values := make([]float64, n)
		for i := range values {
			values[i] = float64(n - i)
		}
		if from, to, ok := within(values); !ok || from != want[0] || to != want[1] {
			t.Errorf("%d values: %v to %v, %v; want %v", n, from, to, ok, want)
		}
	}
	for n := range 6 {
		if from, to, ok := within(make([]float64, n)); ok {
			t.Errorf("%d values are enough for %v to %v", n, from, to)
		}
	}
}
