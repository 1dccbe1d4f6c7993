package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/cmd/internal/demoidp"
	"github.com/portico-desktop/portico/cmd/internal/demoportal"
)

// everyCommand calls visit with each command and the words that call it, with the
// arguments that it wants.
func everyCommand(root *cobra.Command, visit func(cmd *cobra.Command, words []string)) {
	arguments := map[string]string{"secret": "m365", "key": "m365", "completion": "bash", "autostart": "off", "proxy": "set proxy.example:8080", "check": "portal.example"}
	for _, cmd := range root.Commands() {
		if cmd.Name() != "help" {
			words := strings.Fields(cmd.CommandPath())[1:]
			if argument := arguments[cmd.Name()]; argument != "" {
				words = append(words, strings.Fields(argument)...)
			}
			visit(cmd, words)
		}
		everyCommand(cmd, visit)
	}
}

// An option whose value is empty comes from a script whose variable is, and does
// nothing.
func TestAnEmptyValueIsRefused(t *testing.T) {
	tried := 0
	everyCommand(newConsole(nil, false).root().Command, func(cmd *cobra.Command, words []string) {
		allFlags(cmd).VisitAll(func(f *pflag.Flag) {
			if f.Value.Type() == "bool" {
				return
			}
			for _, value := range []string{"", " ", "\t"} {
				for _, args := range [][]string{{"--" + f.Name, value}, {"--" + f.Name + "=" + value}} {
					tried++
					c := newConsole(nil, false)
					c.connect = func(context.Context, *program, connectOptions) (*connection, error) {
						t.Errorf("%q %q: an agent is asked", words, args)
						return nil, errors.New("not to be asked")
					}
					args = slices.Concat(words, []string{"--json"}, args)
					if cmd.Name() == "forget" {
						args = append(args, "--yes")
					}
					var doc struct{ Problem *localapi.Problem }
					code := c.execute(t.Context(), args)
					if err := json.Unmarshal(c.out.Bytes(), &doc); err != nil || code != localapi.ExitUsage || doc.Problem == nil || !strings.Contains(doc.Problem.Params["reason"], "--"+f.Name) {
						t.Errorf("%q: exit %d, %v\n%s", args, code, err, &c.out)
					}
				}
			}
		})
	})
	if tried < 100 {
		t.Errorf("only %d command lines tried, the test shows little", tried)
	}
}

func TestAnEmptyVariableIsNone(t *testing.T) {
	for _, name := range []string{"PORTICO_DATA_DIR", "PORTICO_PORTAL", "PORTICO_EXTRA_CA_FILE"} {
		for _, value := range []string{"", " "} {
			t.Setenv(name, value)
			if got := environment(name); got != "" {
				t.Errorf("%s=%q counts as %q", name, value, got)
			}
		}
	}
	t.Setenv("PORTICO_PORTAL", " portal.example")
	if got := environment("PORTICO_PORTAL"); got != " portal.example" {
		t.Errorf("got %q", got)
	}
}

func TestOutputThatCannotBeWrittenIsAFailure(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has /dev/full")
	}
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = full.Close() }()
	for _, args := range [][]string{
		{"status"}, {"status", "--json"}, {"status", "--short"}, {"accounts"}, {"accounts", "--json"}, {"logout"}, {"logout", "--json"}, {"forget", "--yes"},
		{"version"}, {"--version"}, {"version", "--json"}, {"completion", "bash"}, {"--help"}, {"login", "--help"}, {"stats", "--json"}, {"doctor"}, {"policy"},
	} {
		a := newAgent(state(localapi.SignedIn))
		a.signOut = localapi.SignOutReport{Local: localapi.StepDone, Revoked: localapi.StepDone, Browser: localapi.StepNotAsked}
		c := newConsole(a, false)
		c.program.out = full
		if code := c.execute(t.Context(), args); code != localapi.ExitUnexpected || !strings.Contains(c.progress.String(), "no space left") {
			t.Errorf("%q: exit %d\n%s", args, code, &c.progress)
		}
	}
}

func TestAFileIsNoDataDirectory(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	everyCommand(newConsole(nil, false).root().Command, func(_ *cobra.Command, words []string) {
		switch strings.Join(words, " ") {
		case "version", "completion bash", "manifest", "manifest init": // which touch no folder of Portico
			return
		}
		for name, how := range map[string]func(c *console) []string{
			"--data-dir": func(*console) []string { return []string{"--data-dir", file} },
			"PORTICO_DATA_DIR": func(c *console) []string {
				c.environment["PORTICO_DATA_DIR"] = filepath.Join(file, "below")
				return nil
			},
		} {
			c := newConsole(nil, false)
			c.connect = connect
			args := slices.Concat(words, how(c))
			if words[0] == "forget" {
				args = append(args, "--yes")
			}
			want := name + " has to name a folder, and " + file + " is a file."
			if code := c.execute(t.Context(), args); code != localapi.ExitUsage || !strings.Contains(c.progress.String(), want) {
				t.Errorf("%q: exit %d\n%s", args, code, &c.progress)
			}
		}
	})
}

func TestAMistypedNameIsRecognised(t *testing.T) {
	for line, want := range map[string]string{
		"stauts":               "porticoctl status",
		"logn":                 "porticoctl login",
		"help acounts":         "porticoctl accounts",
		"providers secrt":      "porticoctl providers secret",
		"status --refrsh":      "--refresh",
		"login --no-brwoser":   "--no-browser",
		"accounts --jsn":       "--json",
		"somethingelse":        "",
		"status --nothinglike": "",
	} {
		c := newConsole(nil, false)
		code := c.execute(t.Context(), strings.Fields(line))
		if got := strings.Contains(c.progress.String(), "Did you mean"); code != localapi.ExitUsage || got != (want != "") || !strings.Contains(c.progress.String(), want) {
			t.Errorf("%s: exit %d, want %q in\n%s", line, code, want, &c.progress)
		}
	}
}

func TestVersionIsAnOptionToo(t *testing.T) {
	asked, named := newConsole(nil, false), newConsole(nil, false)
	asked.run(t.Context(), t, "version")
	if code := named.run(t.Context(), t, "--version"); code != 0 || named.out.String() != asked.out.String() {
		t.Errorf("exit %d, %q instead of %q", code, &named.out, &asked.out)
	}
	if code := newConsole(nil, false).run(t.Context(), t, "--version", "--json"); code != 0 {
		t.Errorf("with --json: exit %d", code)
	}
}

// manifestSite is a portal with one provider that nobody reaches.
func manifestSite(t *testing.T) string {
	t.Helper()
	site, err := demoportal.Params{Providers: []demoportal.Provider{
		{ID: "demo", Title: "Demo sign-in", Authority: "http://127.0.0.1:1", ClientID: demoidp.ClientID},
	}}.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = site.Close() })
	return site.URL()
}

func TestOverSSHTheWayIsNamed(t *testing.T) {
	for name, tc := range map[string]struct {
		env             map[string]string
		terminal, fails bool
		paste, device   bool
		elsewhere       bool
	}{
		"at a terminal":          {map[string]string{"SSH_CONNECTION": "a"}, true, true, true, true, true},
		"by SSH_TTY alone":       {map[string]string{"SSH_TTY": "/dev/pts/1"}, true, true, true, true, true},
		"in a script":            {map[string]string{"SSH_CONNECTION": "a"}, false, true, false, true, false},
		"with a browser":         {map[string]string{"SSH_CONNECTION": "a"}, true, false, false, false, true},
		"with a display":         {map[string]string{"SSH_CONNECTION": "a", "DISPLAY": ":10"}, true, true, false, false, false},
		"with Wayland":           {map[string]string{"SSH_TTY": "a", "WAYLAND_DISPLAY": "wayland-0"}, true, true, false, false, false},
		"empty variables":        {map[string]string{"SSH_CONNECTION": "", "SSH_TTY": ""}, true, true, false, false, false},
		"not over SSH":           {nil, true, true, false, false, false},
		"an empty DISPLAY is no": {map[string]string{"SSH_TTY": "x", "DISPLAY": ""}, true, true, true, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			const ended = "http://127.0.0.1:4711/?code=x&state=y"
			a := &pasted{scripted: newAgent(state(localapi.SignedOut)), right: ended}
			a.signIn = signIn()
			a.after["SignIn"] = []localapi.State{waiting(localapi.StageBrowser), state(localapi.SignedIn)}
			if tc.paste {
				a.after["SignIn"] = []localapi.State{waiting(localapi.StageBrowser)}
				a.after["Paste"] = []localapi.State{state(localapi.SignedIn)}
			}
			c := newConsole(a, false)
			c.terminal, c.in, c.environment = tc.terminal, strings.NewReader(ended+"\n"), tc.env
			if tc.fails {
				c.openErr = errors.New("no browser")
			}
			if code := c.run(t.Context(), t, "login"); code != 0 {
				t.Errorf("exit %d\n%s", code, &c.progress)
			}
			said := c.progress.String()
			if strings.Contains(said, "paste that page's") != tc.paste || strings.Contains(said, "login --device") != tc.device {
				t.Errorf("said\n%s", said)
			}
			if in := signInsOf(a.scripted); len(in) != 1 || in[0].Elsewhere != tc.elsewhere {
				t.Errorf("asked for %+v", in)
			}
			if got := len(pastesOf(a.scripted)) == 1; got != tc.paste {
				t.Errorf("pasted %q", pastesOf(a.scripted))
			}
		})
	}
}

func TestWaitEndsOnceSomebodyIsSignedIn(t *testing.T) {
	// A running agent is watched.
	c := newConsole(newAgent(state(localapi.Starting), state(localapi.SignedOut), state(localapi.SigningIn), state(localapi.SignedIn)), false)
	if code := c.run(t.Context(), t, "wait", "--json"); code != 0 || !strings.Contains(c.out.String(), `"signed-in"`) {
		t.Errorf("exit %d\n%s", code, &c.out)
	}
	// Without one, an agent of our own looks once, and a running one is waited for.
	synctest.Test(t, func(t *testing.T) {
		c := newConsole(nil, false)
		connects := 0
		c.connect = func(_ context.Context, _ *program, options connectOptions) (*connection, error) {
			connects++
			found := &connection{info: localapi.Info{API: 1, Build: "0.1.0", PID: 42}, Agent: newAgent(state(localapi.SignedOut)), own: true, close: func() error { return nil }}
			switch {
			case options.Running != (connects > 1):
				t.Errorf("connection %d: only a running one: %v", connects, options.Running)
			case connects > 1 && connects < 5:
				return nil, problem(localapi.AgentGone)
			case connects == 5:
				found.Agent, found.own = newAgent(state(localapi.SignedOut), state(localapi.SignedIn)), false
			}
			return found, nil
		}
		began := time.Now()
		if code := c.run(t.Context(), t, "wait", "--json"); code != 0 || connects != 5 || time.Since(began) != 4*again {
			t.Errorf("exit %d after %d connections and %v\n%s", code, connects, time.Since(began), &c.out)
		}
	})
	// What does not pass is said at once.
	c = newConsole(nil, false)
	c.connect = func(context.Context, *program, connectOptions) (*connection, error) {
		return nil, problem(localapi.VersionMismatch)
	}
	if code := c.run(t.Context(), t, "wait"); code != problem(localapi.VersionMismatch).Exit() {
		t.Errorf("exit %d", code)
	}
}
