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

	"github.com/portico-desktop/portico/cmd/internal/stage"
)

// usage is what the kernel has counted for a process.
type usage struct {
	rss, pss float64 // MiB
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

// idleAgent watches the agent with somebody signed in and no window open.
func (b *bench) idleAgent(ctx context.Context, watch time.Duration) error {
	desk, err := b.desk(ctx, "idle")
	if err != nil {
		return err
	}
	agent, err := b.agent(ctx, desk)
	if err != nil {
		return err
	}
	defer agent.Stop()
	b.say("\n## The agent, signed in and idle, no window open (%v)\n", watch)
	b.say("| | first half | second half | aim |\n|---|---|---|---|")
	// The start is over when the agent has given its memory back, 5 s after it.
	if err := pause(ctx, 10*time.Second); err != nil {
		return err
	}
	var halves [2]usage
	for i := range halves {
		before, err := readUsage(agent.PID())
		if err != nil {
			return err
		}
		if err := pause(ctx, watch/2); err != nil {
			return err
		}
		after, err := readUsage(agent.PID())
		if err != nil {
			return err
		}
		after.cpu -= before.cpu
		after.wakeups -= before.wakeups
		halves[i] = after
	}
	per := (watch / 2).Seconds()
	row := func(name, format string, value func(usage) any, aim string) {
		b.say("| %s | "+format+" | "+format+" | %s |", name, value(halves[0]), value(halves[1]), aim)
	}
	row("resident memory, MiB", "%.1f", func(u usage) any { return u.rss }, "≤ 16")
	row("proportional memory, MiB", "%.1f", func(u usage) any { return u.pss }, "")
	row("processor, % of one core", "%.3f", func(u usage) any { return 100 * u.cpu.Seconds() / per }, "")
	row("wake-ups a second", "%.2f", func(u usage) any { return float64(u.wakeups) / per }, "≤ 0.2")
	row("threads", "%d", func(u usage) any { return u.threads }, "")
	return nil
}

// agent starts the agent on a desk and waits until it is signed in.
func (b *bench) agent(ctx context.Context, desk []string) (*stage.Process, error) {
	agent, err := b.stage.Start(stage.Command{Name: b.program("portico-agent"), Env: desk})
	if err != nil {
		return nil, err
	}
	deadline := time.Now().Add(time.Minute)
	for {
		// Refresh makes the answer wait for the sign-in.
		result, err := b.stage.Run(ctx, stage.Command{Name: b.program("porticoctl"), Args: []string{"status", "--json", "--refresh"}, Env: desk})
		if err != nil {
			agent.Stop()
			return nil, err
		}
		var status map[string]any
		if result.Code == 0 && json.Unmarshal([]byte(result.Stdout), &status) == nil {
			return agent, nil
		}
		if time.Now().After(deadline) {
			tail := agent.Tail()
			agent.Stop()
			return nil, fmt.Errorf("the agent does not get signed in: %s\n%s", result.Tail, tail)
		}
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return nil, err
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
