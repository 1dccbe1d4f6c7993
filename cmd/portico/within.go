package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"runtime"

	"github.com/portico-desktop/portico/app/agent"
	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/desktop/tray"
	"github.com/portico-desktop/portico/app/diag"
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/picture"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/app/settings"
)

// agentLog is the log of an agent in this process.
func agentLog(paths desktop.Paths, prefer policy.Settings) *slog.Logger {
	level := diag.Level(prefer.Text(policy.LogLevel))
	return diag.NewLog(diag.LogParams{Dir: paths.Logs, Level: level, Console: os.Stderr, ConsoleLevel: slog.LevelWarn}).With("program", "portico")
}

// inside runs the agent in this process, for a checkout without an agent program.
// Windows and consoles reach it like any other; it ends with the window.
func inside(start settings.Start, prefer policy.Settings, log *slog.Logger) func(context.Context) error {
	return func(ctx context.Context) error {
		desktop.NoCoreDumps() // as the agent's program
		start.Found = nil     // it may be of long ago
		p := agent.Params{
			Start: start, Network: agent.NetworkOptions(os.Getenv), Log: agent.Log{To: agentLog(start.Paths, prefer), Dir: start.Paths.Logs},
			// macOS shows a tray on the main thread only, and the window has it.
			Desktop:  runtime.GOOS != "darwin",
			Tray:     func(p desktop.TrayParams) agent.Tray { return tray.New(p) },
			Pictures: picture.Examiner{}.Check,
		}
		err := agent.Serve(ctx, agent.New(p), p)
		if err == nil {
			return nil
		}
		log.Warn("the agent within the window ended", "error", err)
		if errors.Is(err, localapi.ErrRunning) || errors.Is(err, localapi.ErrDisplaced) {
			return nil // there is another one
		}
		return agent.CannotStart(err, start.Paths)
	}
}
