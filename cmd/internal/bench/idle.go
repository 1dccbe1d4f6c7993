//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/portico-desktop/portico/cmd/internal/stage"
)

// usage is what the kernel has counted for a process.
type usage struct {
	rss, pss float64 // MiB
	private  float64 // MiB that the process has written to, shared by nothing
	cpu      time.Duration
	wakeups  int // voluntary context switches of all threads: each ends a sleep
	switches int // all of them
	threads  int
}

// since leaves what was counted after before.
func (u usage) since(before usage) usage {
	u.cpu -= before.cpu
	u.wakeups -= before.wakeups
	u.switches -= before.switches
	return u
}

// add is the sum of both; shared pages count twice in the resident memory.
func (u usage) add(v usage) usage {
	return usage{u.rss + v.rss, u.pss + v.pss, u.private + v.private, u.cpu + v.cpu, u.wakeups + v.wakeups, u.switches + v.switches, u.threads + v.threads}
}

// tick is the unit of times in /proc; it is 100 Hz on every Linux that Go runs on.
const tick = 10 * time.Millisecond

func readUsage(pid int) (usage, error) {
	var u usage
	proc := filepath.Join("/proc", strconv.Itoa(pid))
	rollup, err := os.ReadFile(filepath.Join(proc, "smaps_rollup"))
	if err != nil {
		return u, err
	}
	u.rss, u.pss = field(rollup, "Rss:")/1024, field(rollup, "Pss:")/1024
	// Not Private_Dirty: it has a program's own pages in it while its file is new and
	// not yet on the disk.
	u.private = field(rollup, "Anonymous:") / 1024
	stat, err := os.ReadFile(filepath.Join(proc, "stat"))
	if err != nil {
		return u, err
	}
	// The fields behind the name. The name is in parentheses and may hold anything.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	for _, i := range []int{11, 12} { // utime, stime
		n, err := strconv.Atoi(fields[i])
		if err != nil {
			return u, err
		}
		u.cpu += time.Duration(n) * tick
	}
	tasks, err := filepath.Glob(filepath.Join(proc, "task", "*", "status"))
	if err != nil {
		return u, err
	}
	u.threads = len(tasks)
	for _, task := range tasks {
		status, err := os.ReadFile(task)
		if err != nil {
			return u, err
		}
		own := int(field(status, "voluntary_ctxt_switches:"))
		u.wakeups += own
		u.switches += own + int(field(status, "nonvoluntary_ctxt_switches:"))
	}
	return u, nil
}

func field(text []byte, name string) float64 {
	for line := range strings.SplitSeq(string(text), "\n") {
		if rest, ok := strings.CutPrefix(line, name); ok {
			n, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return n
		}
	}
	return 0
}

// settle is how long the agent's start takes: it gives memory back 5 s after it.
const settle = 10 * time.Second

// idleQuantities are the columns of an idle agent, in the order of [usage.values].
func idleQuantities() []quantity {
	return []quantity{
		{name: "resident", unit: "MiB", digits: 1, aim: "≤ 14"},
		{name: "proportional", unit: "MiB", digits: 1},
		{name: "private", unit: "MiB", digits: 1, aim: "≤ 4.5"},
		{name: "processor", unit: "% of one core", digits: 3},
		{name: "wake-ups", unit: "a second", digits: 2, aim: "≤ 0.2"},
		{name: "threads", unit: "number", digits: 0},
	}
}

// values of a watch of this length.
func (u usage) values(watch time.Duration) []float64 {
	per := watch.Seconds()
	return []float64{u.rss, u.pss, u.private, 100 * u.cpu.Seconds() / per, float64(u.wakeups) / per, float64(u.threads)}
}

// idleAgent watches agents with somebody signed in and no window open. Each round
// starts an agent of each build anew, since how much memory one has depends on its
// start, and watches them at the same time: at rest nobody is in another's way.
func (r *room) idleAgent(ctx context.Context, o options) error {
	all := make([]samples, len(r.builds))
	for i, of := range r.builds {
		all[i].contender = contender{name: "portico-agent" + suffix(of.other), other: of.other}
	}
	for range o.agents {
		if err := r.idleRound(ctx, o.idle, all); err != nil {
			return err
		}
	}
	r.say("Signed in silently over TLS, no window open; %d agents of each build, each watched for %v from %v after its sign-in on; medians.\n", o.agents, o.idle, settle)
	r.table(idleQuantities(), all)
	for i, q := range idleQuantities() {
		q.name = "idle agent, " + q.name
		r.compare(q, i, all)
	}
	return nil
}

func (r *room) idleRound(ctx context.Context, watch time.Duration, all []samples) error {
	agents := make([]*stage.Process, len(r.builds))
	for i, of := range r.builds {
		if all[i].missing != nil {
			continue
		}
		agent, err := r.idling(ctx, of, "idle")
		if err != nil && of.other && ctx.Err() == nil {
			all[i].missing, all[i].rounds = err, nil
			continue
		}
		if err != nil {
			return err
		}
		defer agent.Stop()
		agents[i] = agent
	}
	if err := pause(ctx, settle); err != nil {
		return err
	}
	before, err := usages(agents)
	if err != nil {
		return err
	}
	if err := pause(ctx, watch); err != nil {
		return err
	}
	after, err := usages(agents)
	if err != nil {
		return err
	}
	for i, now := range after {
		if agents[i] != nil {
			all[i].rounds = append(all[i].rounds, now.since(before[i]).values(watch))
		}
	}
	return nil
}

// idling is an agent, signed in, on a desk with this name.
func (r *room) idling(ctx context.Context, of build, name string) (*stage.Process, error) {
	desk, err := r.desk(ctx, of, name)
	if err != nil {
		return nil, err
	}
	return r.agent(ctx, of, desk)
}

// usages reads what processes have used; nil is nobody.
func usages(of []*stage.Process) ([]usage, error) {
	all := make([]usage, len(of))
	for i, p := range of {
		if p == nil {
			continue
		}
		var err error
		if all[i], err = readUsage(p.PID()); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// crowdSize is how many people share a terminal server in the crowd.
const crowdSize = 40

// crowd is the memory of many agents at once, in sum: their shared pages count once in
// the proportional one.
func (r *room) crowd(ctx context.Context, _ options) error {
	all, err := inTurn(ctx, 0, 1, r.both(func(of build) contender {
		return contender{name: fmt.Sprintf("%d agents", crowdSize), run: func(ctx context.Context) ([]float64, error) {
			return r.crowdOf(ctx, of)
		}}
	}), nil)
	if err != nil {
		return err
	}
	qs := []quantity{
		{name: "proportional in sum", unit: "MiB", aim: "≤ 200"}, {name: "private in sum", unit: "MiB"}, {name: "resident in sum", unit: "MiB"},
	}
	r.say("All run at once, each signed in on a desk of its own; read %v after the last sign-in. The proportional sum counts shared pages once.\n", settle)
	r.table(qs, all)
	for i, q := range qs {
		q.name = fmt.Sprintf("%d agents, %s", crowdSize, q.name)
		r.compare(q, i, all)
	}
	return nil
}

func (r *room) crowdOf(ctx context.Context, of build) ([]float64, error) {
	var agents []*stage.Process
	defer func() {
		for _, agent := range agents {
			agent.Stop()
		}
	}()
	for i := range crowdSize {
		agent, err := r.idling(ctx, of, fmt.Sprint("crowd-", i))
		if err != nil {
			return nil, err
		}
		agents = append(agents, agent)
	}
	if err := pause(ctx, settle); err != nil {
		return nil, err
	}
	all, err := usages(agents)
	if err != nil {
		return nil, err
	}
	sum := make([]float64, 3)
	for _, u := range all {
		sum[0], sum[1], sum[2] = sum[0]+u.pss, sum[1]+u.private, sum[2]+u.rss
	}
	return sum, nil
}
