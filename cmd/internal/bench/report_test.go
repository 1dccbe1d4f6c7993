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

func TestTableHasBuildsPeersAndTheFloor(t *testing.T) {
	ours := samples{contender: contender{name: "status"}, rounds: [][]float64{{10}, {30}}, floor: [][]float64{{5}, {10}}}
	theirs := samples{contender: contender{name: "status (the other build)", other: true}, rounds: [][]float64{{20}, {20}}, floor: [][]float64{{10}, {20}}}
	peer := samples{contender: contender{name: "MSAL", optional: true}, rounds: [][]float64{{40}, {60}}, floor: [][]float64{{5}, {10}}}
	for name, test := range map[string]struct {
		all  []samples
		want string
	}{
		"alone": {[]samples{ours}, `
| status | 10 | 20 | 30 | 2.50 (2.00–3.00) |  |
| curl | 5 | 8 | 10 | 1 | 2.50 (2.00–3.00) |

Aim: 1.
`},
		"paired": {[]samples{ours, theirs}, `
| status | 10 | 20 | 30 | 2.50 (2.00–3.00) |  |
| status (the other build) | 20 | 20 | 20 | 1.50 (1.00–2.00) | 1.00 (0.50–1.50) |
| curl | 5 | 10 | 20 | 1 | 2.50 (2.00–3.00) |

Aim: 1.
`},
		"with a peer": {[]samples{ours, peer}, `
| status | 10 | 20 | 30 | 2.50 (2.00–3.00) |  |
| MSAL | 40 | 50 | 60 | 7.00 (6.00–8.00) | 0.38 (0.25–0.50) |
| curl | 5 | 8 | 10 | 1 | 2.50 (2.00–3.00) |

Aim: 1.
`},
		"the others fail": {[]samples{ours, {contender: theirs.contender, missing: errors.New("no")}, {contender: peer.contender, missing: errors.New("not\ninstalled.")}}, `
| status | 10 | 20 | 30 | 2.50 (2.00–3.00) |  |
| curl | 5 | 8 | 10 | 1 | 2.50 (2.00–3.00) |

Aim: 1.

Not measured: status (the other build): no.

Not measured: MSAL: not installed.
`},
	} {
		var report bytes.Buffer
		b := &bench{report: &report}
		b.spreads(quantity{name: "status", unit: "ms", aim: "1"}, 0, test.all, "curl")
		if diff := cmp.Diff("| ms | min | median | max | to curl | this build to it |\n|---|---|---|---|---|---|"+test.want, report.String()); diff != "" {
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

// A table of several quantities has who is there, and says who is not.
func TestTableOfSeveralQuantities(t *testing.T) {
	var report bytes.Buffer
	b := &bench{report: &report}
	b.table([]quantity{{name: "took", unit: "s", digits: 1, aim: "≤ 2"}, {name: "requests", unit: "number"}}, []samples{
		{contender: contender{name: "64 × status"}, rounds: [][]float64{{1, 64}, {2, 2}}},
		{contender: contender{name: "MSAL", optional: true}, missing: errors.New("no")},
	})
	want := `| | took, s | requests, number |
|---|---|---|
| 64 × status | 1.5 | 33 |
| aim | ≤ 2 |  |

Not measured: MSAL: no.
`
	if diff := cmp.Diff(want, report.String()); diff != "" {
		t.Error(diff)
	}
}

// Where this run has its files is different each time, and nobody's business.
func TestReportsNameNoFoldersOfTheRun(t *testing.T) {
	b := &bench{dir: "/tmp/bench1", root: "/home/ada/portico"}
	got := b.oneLine(errors.New("/tmp/bench1/peer-x and node /home/ada/portico/peers/x.mjs\n\tended with 1"))
	if want := "peer-x and node peers/x.mjs ended with 1"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
