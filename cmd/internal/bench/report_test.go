//go:build linux

package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSummaryPairsTheBuilds(t *testing.T) {
	var report bytes.Buffer
	b := &bench{report: &report, builds: []build{{}, {from: "/old/bin", other: true}}}
	status := quantity{name: "status", unit: "ms"}
	// One pair was slow altogether: the medians say 1.5, the pairs 1.1.
	b.compare(status, 0, []samples{
		{contender: contender{}, rounds: [][]float64{{11}, {33}, {330}}},
		{contender: contender{other: true}, rounds: [][]float64{{10}, {22}, {300}}},
	})
	b.compare(quantity{name: "window", unit: "ms"}, 0, []samples{
		{contender: contender{}, rounds: [][]float64{{11}}},
		{contender: contender{other: true}, missing: errors.New("status ended with 2:\n\tunknown flag")},
	})
	b.summary()
	for _, want := range []string{
		"/old/bin",
		"| status, ms | 33 | 22 | 1.10 |  | 1.10 | 1.50 |",
		"* status: 1.10 1.50 1.10\n",
		"* window: status ended with 2: unknown flag\n",
	} {
		if !strings.Contains(report.String(), want) {
			t.Errorf("there is no %q in\n%s", want, &report)
		}
	}
}

func TestTableHasBothBuildsAndTheFloor(t *testing.T) {
	ours := samples{contender: contender{name: "status"}, rounds: [][]float64{{10}, {30}}, floor: [][]float64{{5}, {10}}}
	theirs := samples{contender: contender{name: "status (the other build)", other: true}, rounds: [][]float64{{20}, {20}}, floor: [][]float64{{10}, {20}}}
	for name, test := range map[string]struct {
		all  []samples
		want string
	}{
		"alone": {[]samples{ours}, `
| status, ms | 10 | 20 | 30 |
| curl, ms | 5 | 8 | 10 |
| ratio (aim 1) | 2.00 | 2.50 | 3.00 |
`},
		"paired": {[]samples{ours, theirs}, `
| status, ms | 10 | 20 | 30 |
| status (the other build), ms | 20 | 20 | 20 |
| curl, ms | 5 | 10 | 20 |
| ratio (aim 1) | 2.00 | 2.50 | 3.00 |
| ratio (the other build) | 1.00 | 1.50 | 2.00 |
| this build to the other one | 0.50 | 1.00 | 1.50 |
`},
		"the other one fails": {[]samples{ours, {contender: theirs.contender, missing: errors.New("no")}}, `
| status, ms | 10 | 20 | 30 |
| curl, ms | 5 | 8 | 10 |
| ratio (aim 1) | 2.00 | 2.50 | 3.00 |
`},
	} {
		var report bytes.Buffer
		b := &bench{report: &report}
		b.spreads(quantity{name: "status", unit: "ms", aim: "1"}, 0, test.all, "curl")
		if diff := cmp.Diff("| | min | median | max |\n|---|---|---|---|"+test.want, report.String()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestOneReasonIsSaidOnce(t *testing.T) {
	got := byReason([]absence{{"memory", "no"}, {"version", "unknown command"}, {"threads", "no"}})
	if diff := cmp.Diff([]string{"memory; threads: no", "version: unknown command"}, got); diff != "" {
		t.Error(diff)
	}
}
