package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"

	"github.com/portico-desktop/portico/app/agent"
	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/desktop/tray"
	"github.com/portico-desktop/portico/app/diag"
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/picture"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/app/words"
)

// beside starts the background program beside this one's file, and says when that
// has ended, with why it could not start where it says so. It outlives the window.
func beside(dataDir string) func() (<-chan error, error) {
	return func() (<-chan error, error) {
		program, err := desktop.Neighbour("portico-agent")
		if err != nil {
			return nil, err
		}
		if _, err := os.Stat(program); errors.Is(err, fs.ErrNotExist) {
			return nil, errNoProgram
		}
		return startAgent(program, dataDir)
	}
}

// startAgent starts the background program.
func startAgent(program, dataDir string) (<-chan error, error) {
	cmd := exec.Command(program, "--report")
	if dataDir != "" {
		dataDir, err := filepath.Abs(dataDir)
		if err != nil {
			return nil, fmt.Errorf("find the data directory: %w", err)
		}
		cmd.Args = append(cmd.Args, "--data-dir", dataDir)
	}
	cmd.SysProcAttr = detached()
	report, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("hear %s: %w", program, err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", program, err)
	}
	ended := make(chan error, 1)
	go func() {
		defer close(ended)
		var why localapi.Problem
		told := json.NewDecoder(io.LimitReader(report, reportLimit)).Decode(&why) == nil && why.Code != ""
		_ = cmd.Wait()
		if told {
			ended <- &why
		}
	}()
	return ended, nil
}

// reportLimit bounds what is read of the background program's report, in bytes.
const reportLimit = 64 << 10

// agentLog is the log of an agent in this process.
func agentLog(paths desktop.Paths) *slog.Logger {
	level := diag.Level(policy.Read().Resolve(policy.Layers{}).Text(policy.LogLevel))
	return diag.NewLog(diag.LogParams{Dir: paths.Logs, Level: level, Console: os.Stderr, ConsoleLevel: slog.LevelWarn}).With("program", "portico")
}

// inside runs the agent in this process, for a checkout without an agent
// program. Consoles reach it like any other; it ends with the window.
func inside(paths desktop.Paths, w *words.Words, log *slog.Logger) func() (localapi.Agent, func()) {
	return func() (localapi.Agent, func()) {
		desktop.NoCoreDumps() // as the agent's program
		p := agent.Params{
			Paths: paths, Words: w, Portal: os.Getenv("PORTICO_PORTAL"), Network: agent.NetworkOptions(os.Getenv), Log: agentLog(paths), LogDir: paths.Logs,
			// macOS shows a tray on the main thread only, which is the window's.
			Desktop:  runtime.GOOS != "darwin",
			Tray:     func(p desktop.TrayParams) agent.Tray { return tray.New(p) },
			Pictures: picture.Examiner{}.Check,
		}
		a := agent.New(p)
		ctx, cancel := context.WithCancel(context.Background())
		var serving sync.WaitGroup
		serving.Go(func() {
			if err := agent.Serve(ctx, a, p); err != nil {
				log.Warn("the agent within the window ended", "error", err)
			}
		})
		return a.Parts(), func() {
			cancel()
			serving.Wait()
		}
	}
}
