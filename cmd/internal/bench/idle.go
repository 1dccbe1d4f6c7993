//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/cmd/internal/stage"
)

// usage is what the kernel has counted for a process.
type usage struct {
	rss, pss float64 // MiB
	private  float64 // MiB that the process has written to, which nothing shares
	cpu      time.Duration
	wakeups  int // voluntary context switches of all threads: each ends a sleep
	threads  int
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
	// Not Private_Dirty: that has a program's own pages in it while its file is new
	// and not yet on the disk.
	u.private = field(rollup, "Anonymous:") / 1024
	stat, err := os.ReadFile(filepath.Join(proc, "stat"))
	if err != nil {
		return u, err
	}
	// The fields behind the name, which is in parentheses and may hold anything.
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
		u.wakeups += int(field(status, "voluntary_ctxt_switches:"))
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

// idleQuantities are what the rows of an idle agent are, in the order of
// [usage.values].
func idleQuantities() []quantity {
	return []quantity{
		{name: "resident memory", unit: "MiB", digits: 1, aim: "≤ 16"},
		{name: "proportional memory", unit: "MiB", digits: 1},
		{name: "private memory", unit: "MiB", digits: 1},
		{name: "processor", unit: "% of one core", digits: 3},
		{name: "wake-ups", unit: "a second", digits: 2, aim: "≤ 0.2"},
		{name: "threads", unit: "number", digits: 0},
	}
}

// values of a watch that lasted this long.
func (u usage) values(watch time.Duration) []float64 {
	per := watch.Seconds()
	return []float64{u.rss, u.pss, u.private, 100 * u.cpu.Seconds() / per, float64(u.wakeups) / per, float64(u.threads)}
}

// idleAgent watches the agent with somebody signed in and no window open: two
// halves of one life, or with another build halves of several lives in turn.
func (b *bench) idleAgent(ctx context.Context, watch time.Duration, agents int) error {
	if len(b.builds) > 1 {
		return b.idleAgents(ctx, watch/2, agents)
	}
	agent, err := b.settledAgent(ctx, b.builds[0])
	if err != nil {
		return err
	}
	defer agent.Stop()
	var halves [2][]float64
	for i := range halves {
		if halves[i], err = b.watch(ctx, agent, watch/2); err != nil {
			return err
		}
	}
	b.say("\n## The agent, signed in and idle, no window open (%v)\n", watch)
	b.say("| | first half | second half | aim |\n|---|---|---|---|")
	for i, q := range idleQuantities() {
		b.say("| %s, %s | %s | %s | %s |", q.name, q.unit, q.format(halves[0][i]), q.format(halves[1][i]), q.aim)
	}
	return nil
}

// idleAgents watches an agent of each build in turn, and starts each anew: how much
// memory one has depends on its start.
func (b *bench) idleAgents(ctx context.Context, watch time.Duration, agents int) error {
	all, err := inTurn(ctx, 0, agents, b.both(func(of build) contender {
		return contender{name: "portico-agent", run: func(ctx context.Context) ([]float64, error) {
			agent, err := b.settledAgent(ctx, of)
			if err != nil {
				return nil, err
			}
			defer agent.Stop()
			return b.watch(ctx, agent, watch)
		}}
	}), nil)
	if err != nil {
		return err
	}
	b.say("\n## The agent, signed in and idle, no window open (%d of each build in turn, %v each; medians)\n", agents, watch)
	b.say("| | this build | the other build | aim |\n|---|---|---|---|")
	ours, theirs := ofThis(all), ofOther(all)
	for i, q := range idleQuantities() {
		other := "–"
		if theirs != nil {
			other = q.format(spreadOf(column(theirs.rounds, i)).median)
		}
		b.say("| %s, %s | %s | %s | %s |", q.name, q.unit, q.format(spreadOf(column(ours.rounds, i)).median), other, q.aim)
		q.name = "idle agent, " + q.name
		b.compare(q, i, all)
	}
	return nil
}

// watch returns what an agent has used meanwhile.
func (b *bench) watch(ctx context.Context, agent *stage.Process, d time.Duration) ([]float64, error) {
	before, err := readUsage(agent.PID())
	if err != nil {
		return nil, err
	}
	if err := pause(ctx, d); err != nil {
		return nil, err
	}
	after, err := readUsage(agent.PID())
	if err != nil {
		return nil, err
	}
	after.cpu -= before.cpu
	after.wakeups -= before.wakeups
	return after.values(d), nil
}

// settledAgent is an agent whose start is over.
func (b *bench) settledAgent(ctx context.Context, of build) (*stage.Process, error) {
	desk, err := b.desk(ctx, of, "idle")
	if err != nil {
		return nil, err
	}
	agent, err := b.agent(ctx, of, desk)
	if err != nil {
		return nil, err
	}
	if err := pause(ctx, settle); err != nil {
		agent.Stop()
		return nil, err
	}
	return agent, nil
}

// agent starts the agent on a desk and waits until it is signed in.
func (b *bench) agent(ctx context.Context, of build, desk []string) (*stage.Process, error) {
	agent, err := b.stage.Start(stage.Command{Name: of.program("portico-agent"), Env: desk})
	if err != nil {
		return nil, err
	}
	if err := b.agentSignsIn(ctx, of, desk, agent); err != nil {
		agent.Stop()
		return nil, err
	}
	return agent, nil
}

func (b *bench) agentSignsIn(ctx context.Context, of build, desk []string, agent *stage.Process) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	ctx, stop := whileAlive(ctx, agent)
	defer stop()
	for {
		// Refresh makes the answer wait for the sign-in.
		result, err := b.stage.Run(ctx, stage.Command{Name: of.program("porticoctl"), Args: []string{"status", "--json", "--refresh"}, Env: desk})
		if err == nil && result.Code == localapi.ExitUsage {
			return fmt.Errorf("porticoctl status --json --refresh: %s", result.Tail)
		}
		var status map[string]any
		if err == nil && result.Code == 0 && json.Unmarshal([]byte(result.Stdout), &status) == nil {
			return nil
		}
		if err == nil {
			err = pause(ctx, 100*time.Millisecond)
		}
		if err != nil {
			return fmt.Errorf("the agent does not get signed in: %w: %s\n%s", context.Cause(ctx), result.Tail, agent.Tail())
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
