package main

import (
	"log/slog"
	"os"

	"github.com/portico-desktop/portico/app/agent"
	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/desktop/tray"
	"github.com/portico-desktop/portico/app/diag"
	"github.com/portico-desktop/portico/app/picture"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/app/settings"
	"github.com/portico-desktop/portico/assets"
)

// params begin the log, and are those of the agent.
func (o options) params(start settings.Start, prefer policy.Settings) agent.Params {
	level := new(slog.LevelVar)
	level.Set(diag.Level(prefer.Text(policy.LogLevel)))
	console := slog.LevelWarn
	if o.verbose {
		console = min(level.Level(), slog.LevelInfo)
	}
	log := diag.NewLog(diag.LogParams{Dir: start.Paths.Logs, Level: level, Console: os.Stderr, ConsoleLevel: console})
	slog.SetDefault(log) // for libraries
	if err := diag.KeepCrashes(start.Paths.Logs, "portico-agent"); err != nil {
		log.Warn("a crash would not be kept", "error", err)
	}
	log.Info("started", "version", assets.Version, "pid", os.Getpid(), "at_log_on", o.atLogOn)
	return agent.Params{
		Start: start, Network: agent.NetworkOptions(os.Getenv), PolicyChanges: settings.PolicyChanges, Pictures: picture.Examiner{Program: examiner}.Check,
		OpenWindow: windowStarter(o.dataDir), AtLogOn: o.atLogOn, Desktop: true, Tray: newTray, EndsWithSession: true,
		Log: agent.Log{To: log, Level: level, Dir: start.Paths.Logs},
	}
}

func newTray(p desktop.TrayParams) agent.Tray { return tray.New(p) }

// examiner is the program for examining pictures. This one runs all day, and the code for
// drawing them would stay in its memory.
func examiner() (string, error) { return desktop.Neighbour("porticoctl") }
