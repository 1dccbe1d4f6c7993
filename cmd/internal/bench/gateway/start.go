//go:build linux

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// starts is how many starts are measured.
const starts = 15

// startPart measures the real program: its size, and how soon it is ready.
func startPart(ctx context.Context, b *bench) error {
	folder, err := os.MkdirTemp("", "bench-gateway")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	program := filepath.Join(folder, "portico-gateway")
	build := exec.CommandContext(ctx, "go", "build", "-ldflags=-s -w", "-o", program, "github.com/portico-desktop/portico/cmd/portico-gateway")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building portico-gateway: %w\n%s", err, out)
	}
	info, err := os.Stat(program)
	if err != nil {
		return err
	}
	portal := filepath.Join(folder, "portal")
	if out, err := exec.CommandContext(ctx, program, "init", "--url", "https://portal.example", "--name", "Bench", "--email", "it@portal.example",
		"--authority", "https://login.example", "--client-id", "c", "--tls", "off", portal).CombinedOutput(); err != nil {
		return fmt.Errorf("portico-gateway init: %w\n%s", err, out)
	}
	var first time.Duration
	var all []time.Duration
	for n := range starts + 1 {
		took, err := untilReady(ctx, program, portal)
		if err != nil {
			return err
		}
		if n == 0 {
			first = took // makes the store
		} else {
			all = append(all, took)
		}
	}
	slices.Sort(all)
	b.say("## The program\n")
	b.say("Size without symbols; the time from its start until /readyz says 200: the first time, with a new store, and the median of %d more.\n", starts)
	b.say("| | |\n|---|---|")
	b.say("| size, MiB | %.1f |", float64(info.Size())/(1<<20))
	b.say("| first start to ready, ms | %s |", ms(first))
	b.say("| start to ready, ms | %s |\n", ms(all[len(all)/2]))
	return nil
}

// untilReady starts the program, waits until it is ready, and ends it.
func untilReady(ctx context.Context, program, folder string) (took time.Duration, err error) {
	cmd := exec.CommandContext(ctx, program, "serve")
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "PORTICO_GATEWAY_LISTEN=127.0.0.1:0", "PORTICO_GATEWAY_OPERATIONS=127.0.0.2:0")
	log, err := cmd.StderrPipe()
	if err != nil {
		return 0, err
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	defer func() {
		err = errors.Join(err, cmd.Process.Signal(syscall.SIGTERM), cmd.Wait())
	}()
	for lines := bufio.NewScanner(log); lines.Scan(); {
		var line struct{ Msg, Operations string }
		if json.Unmarshal(lines.Bytes(), &line) != nil || line.Msg != "ready" {
			continue
		}
		for ctx.Err() == nil {
			res, err := http.Get("http://" + line.Operations + "/readyz")
			if err != nil {
				return 0, err
			}
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return time.Since(began), nil
			}
		}
	}
	return 0, errors.New("portico-gateway ended before it was ready")
}
