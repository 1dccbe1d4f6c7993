package main

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"github.com/portico-desktop/portico/app/localapi"
)

// root is the command line with all its commands.
func (p *program) root() command { return p.rootOf(p.commands()) }

// parse runs the constructor of a command with a run that only takes note.
func parse(c *console, build func(p *program, seen *any) *cobra.Command, args ...string) (any, int) {
	var seen any
	root := c.root()
	mine := build(c.program, &seen)
	for _, cmd := range root.Commands() {
		if cmd.Name() == mine.Name() {
			root.RemoveCommand(cmd)
		}
	}
	root.AddCommand(mine)
	err := root.run(context.Background(), append([]string{mine.Name()}, args...))
	if err != nil {
		return seen, asProblem(context.Background(), err).Exit()
	}
	return seen, 0
}

func TestCommandLinesAreParsed(t *testing.T) {
	type login struct {
		Provider, Account, Manifest string
		Device, NoBrowser           bool
		NoRemember, Wait            bool
		Timeout, Limit              time.Duration
	}
	type logout struct {
		Browser bool
		Account string
	}
	loginCommand := func(p *program, seen *any) *cobra.Command {
		return newLogin(p, func(_ context.Context, o *loginOptions) error {
			*seen = login{o.Provider, o.Account, o.Manifest, o.Device, o.NoBrowser, o.NoRemember, o.Wait, o.Timeout, o.Limit}
			return nil
		})
	}
	logoutCommand := func(p *program, seen *any) *cobra.Command {
		return newLogout(p, func(_ context.Context, o *logoutOptions) error { *seen = logout{o.Browser, o.Account}; return nil })
	}
	statusCommand := func(p *program, seen *any) *cobra.Command {
		return newStatus(p, func(_ context.Context, o *statusOptions) error { *seen = o.Refresh; return nil })
	}
	forgetCommand := func(p *program, seen *any) *cobra.Command {
		return newForget(p, func(_ context.Context, o *forgetOptions) error { *seen = o.Yes; return nil })
	}
	completionCommand := func(p *program, seen *any) *cobra.Command {
		return newCompletion(p, func(_ context.Context, o *completionOptions) error { *seen = o.Shell; return nil })
	}
	for name, tc := range map[string]struct {
		build func(p *program, seen *any) *cobra.Command
		args  []string
		want  any
		exit  int
	}{
		"login alone": {loginCommand, nil, login{Timeout: 5 * time.Minute}, 0},
		"login with everything": {
			loginCommand,
			[]string{"--provider", "demo", "--account=ada@contoso.example", "--manifest", "m.json", "--device", "--no-browser", "--no-remember", "--timeout", "90s"},
			login{"demo", "ada@contoso.example", "m.json", true, true, true, false, 90 * time.Second, 0}, 0,
		},
		"login that waits":             {loginCommand, []string{"--wait"}, login{Wait: true, Timeout: 5 * time.Minute}, 0},
		"login that waits for an hour": {loginCommand, []string{"--wait", "--timeout", "1h"}, login{Wait: true, Timeout: time.Hour, Limit: time.Hour}, 0},

		"login for no time":         {loginCommand, []string{"--timeout", "0"}, nil, localapi.ExitUsage},
		"login for negative time":   {loginCommand, []string{"--timeout=-1s"}, nil, localapi.ExitUsage},
		"login for what is no time": {loginCommand, []string{"--timeout", "soon"}, nil, localapi.ExitUsage},
		"login with an argument":    {loginCommand, []string{"ada"}, nil, localapi.ExitUsage},
		"login with a secret":       {loginCommand, []string{"--password", "x"}, nil, localapi.ExitUsage},
		"logout":                    {logoutCommand, nil, logout{}, 0},
		"logout of the browser":     {logoutCommand, []string{"--browser"}, logout{Browser: true}, 0},
		"logout of somebody":        {logoutCommand, []string{"--account", "a1"}, logout{Account: "a1"}, 0},
		"status":                    {statusCommand, nil, false, 0},
		"status, refreshed":         {statusCommand, []string{"--refresh"}, true, 0},
		"forget":                    {forgetCommand, nil, false, 0},
		"forget, yes":               {forgetCommand, []string{"--yes"}, true, 0},
		"completion":                {completionCommand, []string{"fish"}, "fish", 0},
		"completion of nothing":     {completionCommand, nil, nil, localapi.ExitUsage},
		"completion of a stranger":  {completionCommand, []string{"tcsh"}, nil, localapi.ExitUsage},
	} {
		t.Run(name, func(t *testing.T) {
			got, exit := parse(newConsole(nil, false), tc.build, tc.args...)
			if exit != tc.exit {
				t.Errorf("exit %d, want %d", exit, tc.exit)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("options (-want +got):\n%s", diff)
			}
		})
	}
}

func TestGlobalFlagsCountEverywhere(t *testing.T) {
	build := func(p *program, seen *any) *cobra.Command {
		return newStatus(p, func(_ context.Context, o *statusOptions) error {
			*seen = []any{o.json, o.dataDir}
			return nil
		})
	}
	got, exit := parse(newConsole(nil, false), build, "--json", "--data-dir", "/d")
	if diff := cmp.Diff([]any{true, "/d"}, got); diff != "" || exit != 0 {
		t.Errorf("exit %d, options (-want +got):\n%s", exit, diff)
	}
}

func TestDataDirectory(t *testing.T) {
	for name, tc := range map[string]struct {
		flag, env, want string
	}{
		"flag":      {"/flag", "", "/flag/run"},
		"variable":  {"", "/env", "/env/run"},
		"flag wins": {"/flag", "/env", "/flag/run"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newConsole(nil, false)
			c.dataDir = tc.flag
			c.environment["PORTICO_DATA_DIR"] = tc.env
			got, err := c.paths()
			if err != nil || got.Runtime != tc.want || !got.Custom {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

func TestWhatIsNotUnderstoodIsAnsweredInTheFormAskedFor(t *testing.T) {
	for _, args := range [][]string{
		{"stats"}, {"status", "--refrsh"}, {"--nothing"}, {"login", "--timeout", "soon"}, {"version", "now"}, {"help", "nothing"},
	} {
		c := newConsole(nil, false)
		if code := c.run(t.Context(), t, args...); code != localapi.ExitUsage || c.out.Len() > 0 || c.progress.Len() == 0 {
			t.Errorf("%q: exit %d, output %q, progress %q", args, code, &c.out, &c.progress)
		}
		c = newConsole(nil, false)
		if code := c.run(t.Context(), t, append(args, "--json")...); code != localapi.ExitUsage || c.progress.Len() > 0 {
			t.Errorf("%q --json: exit %d, progress %q", args, code, &c.progress)
		}
	}
}

func TestHelp(t *testing.T) {
	for _, args := range [][]string{{}, {"--help"}, {"help"}, {"login", "--help"}, {"help", "login"}} {
		c := newConsole(nil, false)
		if code := c.execute(t.Context(), args); code != 0 || c.out.Len() == 0 {
			t.Errorf("%q: exit %d, output %q", args, code, &c.out)
		}
	}
}
