// Portico-agent is Portico's background program: the tray icon, the sign-in, and
// what the window and the console talk to. It draws nothing and needs no window
// system.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"syscall"

	"github.com/portico-desktop/portico/app/agent"
	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/desktop/tray"
	"github.com/portico-desktop/portico/app/diag"
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/picture"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/app/settings"
	"github.com/portico-desktop/portico/app/words"
	"github.com/portico-desktop/portico/assets"
)

// processors is how many run the program's code at once. It waits nearly all of its life;
// each one more costs memory, and more threads that wake each other.
const processors = 1

func main() {
	runtime.GOMAXPROCS(processors)
	os.Exit(run(os.Args[1:], policy.Read))
}

// run is the program; policies says what IT has decided.
func run(args []string, policies func() *policy.Policies) int {
	surviveLostOutput()
	desktop.NoCoreDumps()
	flags := flag.NewFlagSet("portico-agent", flag.ContinueOnError)
	dataDir := flags.String("data-dir", desktop.ChosenDataDir(), "keep every file below this `directory`")
	atLogOn := flags.Bool("autostart", false, "started at log-on: end at once where that is turned off, and wait for a key store that is late")
	verbose := flags.Bool("verbose", false, "say on standard error what happens")
	report := flags.Bool("report", false, "say on standard output, as JSON, why it could not start")
	version := flags.Bool("version", false, "print the version and end")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return localapi.ExitDone
		}
		return localapi.ExitUsage
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(os.Stderr, "portico-agent: %q is not a flag; --help lists them\n", flags.Arg(0))
		return localapi.ExitUsage
	}
	empty := ""
	flags.Visit(func(f *flag.Flag) {
		if strings.TrimSpace(f.Value.String()) == "" {
			empty = f.Name
		}
	})
	if empty != "" {
		fmt.Fprintf(os.Stderr, "portico-agent: --%s needs something after it\n", empty)
		return localapi.ExitUsage
	}
	if *version {
		fmt.Println("portico-agent", assets.Version)
		return localapi.ExitDone
	}
	paths, err := desktop.PathsFor(*dataDir)
	if err != nil {
		fmt.Fprintln(os.Stderr, "portico-agent:", err)
		return localapi.ExitUnexpected
	}
	if err := paths.CheckOwner(); err != nil {
		fmt.Fprintln(os.Stderr, "portico-agent:", err)
		if *report {
			tellWhy(err, paths)
		}
		return localapi.ExitConfig
	}
	// Asked before anything is made or connected: who does not want Portico at log-on
	// is to notice nothing of it.
	found := settings.Find(paths, policies)
	prefer := found.Preferences(os.Getenv)
	if *atLogOn && !prefer.On(policy.Autostart) {
		if *verbose {
			fmt.Fprintf(os.Stderr, "portico-agent: not started at log-on: Autostart is %s (%s)\n", policy.Never, prefer.Get(policy.Autostart).Source.Kind)
		}
		return localapi.ExitDone
	}
	level := new(slog.LevelVar)
	level.Set(diag.Level(prefer.Text(policy.LogLevel)))
	console := slog.LevelWarn
	if *verbose {
		console = min(level.Level(), slog.LevelInfo)
	}
	log := diag.NewLog(diag.LogParams{Dir: paths.Logs, Level: level, Console: os.Stderr, ConsoleLevel: console})
	slog.SetDefault(log) // for libraries
	if err := diag.KeepCrashes(paths.Logs, "portico-agent"); err != nil {
		log.Warn("a crash would not be kept", "error", err)
	}
	p := agent.Params{
		Paths: paths, Words: words.New(settings.Languages(prefer)...), Portal: os.Getenv("PORTICO_PORTAL"), Network: agent.NetworkOptions(os.Getenv),
		Policies: policies, Found: found, PolicyChanges: settings.PolicyChanges, Pictures: picture.Examiner{Program: examiner}.Check,
		OpenWindow: windowStarter(*dataDir), AtLogOn: *atLogOn, Desktop: true, Tray: newTray, EndsWithSession: true,
		LogDir: paths.Logs, Log: log, LogLevel: level,
	}
	log.Info("started", "version", assets.Version, "pid", os.Getpid(), "at_log_on", *atLogOn)
	if err := desktop.Identify(again(*dataDir)...); err != nil {
		p.Log.Info("the desktop does not know this program", "error", err)
	}
	desktop.WaitForInherited()
	own, err := desktop.FindOwnFile("portico-agent")
	if err != nil {
		log.Warn("an upgrade waits for the next start", "error", err)
	} else {
		p.Program = own
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err = agent.Serve(ctx, agent.New(p), p)
	for errors.Is(err, agent.ErrReplaced) && ctx.Err() == nil {
		log.Info("starting anew")
		if err = own.Succeed(anew(*dataDir, *verbose)...); err == nil {
			return localapi.ExitDone
		}
		log.Error("the successor did not start; going on with the program from before", "error", err)
		p.AtLogOn, p.Found = false, nil
		err = agent.Serve(ctx, agent.New(p), p)
	}
	switch {
	case errors.Is(err, localapi.ErrDisplaced):
		log.Warn("ends, because nobody finds it any longer", "error", err)
	case errors.Is(err, localapi.ErrRunning):
		// At log-on this is normal: the window may have been faster.
		fmt.Fprintln(os.Stderr, "portico-agent: Portico is already running")
	case err != nil && !errors.Is(err, agent.ErrReplaced):
		log.Error("ended", "error", err)
		fmt.Fprintln(os.Stderr, "portico-agent:", diag.Redact(err.Error()))
		if *report {
			tellWhy(err, paths)
		}
		return localapi.ExitUnexpected
	}
	log.Info("ended")
	return localapi.ExitDone
}

func newTray(p desktop.TrayParams) agent.Tray { return tray.New(p) }

// examiner is the program that examines pictures for this one, which runs all day and
// must not hold what draws them.
func examiner() (string, error) { return desktop.Neighbour("porticoctl") }

// tellWhy says on standard output, to the window that has started the program, why it
// could not start.
func tellWhy(err error, paths desktop.Paths) {
	_ = json.NewEncoder(os.Stdout).Encode(agent.CannotStart(err, paths))
}

// again are the arguments with which an update starts the program again: as at
// log-on, so that it asks whether it is wanted.
func again(dataDir string) []string {
	args := []string{"--autostart"}
	if dataDir != "" {
		args = append(args, "--data-dir", dataDir)
	}
	return args
}

// anew are the arguments with which the program's successor is started. It is not asked
// whether it is wanted at log-on: this one was, or somebody has started it by hand.
func anew(dataDir string, verbose bool) []string {
	var args []string
	if dataDir != "" {
		args = append(args, "--data-dir", dataDir)
	}
	if verbose {
		args = append(args, "--verbose")
	}
	return args
}

// windowStarter finds the window program beside this one; nil where there is
// none, as on a server.
func windowStarter(dataDir string) func() error {
	window, err := desktop.Neighbour("portico")
	if err != nil {
		return nil
	}
	if _, err := os.Stat(window); err != nil {
		return nil
	}
	return func() error {
		cmd := exec.Command(window)
		if dataDir != "" {
			cmd.Args = append(cmd.Args, "--data-dir", dataDir)
		}
		if err := desktop.Start(cmd); err != nil {
			return fmt.Errorf("starting %s: %w", window, err)
		}
		// The window outlives nobody: whether it ends first or last is its own
		// business, it only must not stay behind as a zombie.
		go func() { _ = cmd.Wait() }()
		return nil
	}
}
