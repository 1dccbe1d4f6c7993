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

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/vault"
	"github.com/portico-desktop/portico/cmd/internal/demoidp"
	"github.com/portico-desktop/portico/cmd/internal/demoportal"
)

// everyCommand calls visit with each command and the words that call it, with the
// arguments that it wants.
func everyCommand(root *cobra.Command, visit func(cmd *cobra.Command, words []string)) {
	arguments := map[string]string{"secret": "m365", "key": "m365", "completion": "bash", "autostart": "off"}
	for _, cmd := range root.Commands() {
		if cmd.Name() != "help" {
			words := strings.Fields(cmd.CommandPath())[1:]
			if argument := arguments[cmd.Name()]; argument != "" {
				words = append(words, argument)
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
					c.connect = func(context.Context, *program) (*connection, error) {
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
		switch words[0] {
		case "version", "completion":
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

// Without anything that could hold a sign-in for longer than the command, nobody knows
// whether there is one.
func TestStatusWithoutTheKeyStoreDoesNotKnow(t *testing.T) {
	site := manifestSite(t)
	for name, tc := range map[string]struct {
		decided map[policy.Name]any
		fault   vault.Kind
		want    int
	}{
		"as built in":           {nil, vault.Missing, localapi.ExitKeyStore},
		"the store is wanted":   {map[policy.Name]any{policy.TokenStore: "os"}, vault.Missing, localapi.ExitKeyStore},
		"locked":                {nil, vault.Locked, localapi.ExitKeyStore},
		"files hold sign-ins":   {map[policy.Name]any{policy.TokenStore: "file"}, vault.Missing, localapi.ExitSignInNeeded},
		"memory holds sign-ins": {map[policy.Name]any{policy.TokenStore: "memory"}, vault.Missing, localapi.ExitSignInNeeded},
		"nobody is remembered":  {map[policy.Name]any{policy.RememberMe: policy.Never}, vault.Missing, localapi.ExitSignInNeeded},
		"it answers":            {nil, 0, localapi.ExitSignInNeeded},
	} {
		t.Run(name, func(t *testing.T) {
			backend := authtest.NewKeyStore()
			if tc.fault != 0 {
				backend.Fail(tc.fault)
			}
			c := newConsole(nil, false)
			c.connect, c.store = connect, vault.New(vault.Params{Service: "test", Backend: backend})
			c.policies = func() *policy.Policies { return policy.Of(tc.decided, nil, nil) }
			c.environment["PORTICO_PORTAL"] = site
			if code := c.run(t.Context(), t, "status", "--json", "--data-dir", t.TempDir()); code != tc.want {
				t.Errorf("exit %d, want %d\n%s", code, tc.want, &c.out)
			}
		})
	}
	// An agent that runs on holds a sign-in in memory, and knows that there is none.
	c := newConsole(newAgent(state(localapi.SignedOut, func(s *localapi.State) { s.Notices = []localapi.Problem{{Code: localapi.KeyStoreMissing}} })), false)
	if code := c.run(t.Context(), t, "status", "--json"); code != localapi.ExitSignInNeeded {
		t.Errorf("with an agent: exit %d", code)
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

func TestStatusFromTheRunningAgentAlone(t *testing.T) {
	dir := t.TempDir()
	status := func(args ...string) (*console, int) {
		c := newConsole(nil, false)
		c.connect = connect
		return c, c.run(t.Context(), t, append([]string{"status", "--cached", "--data-dir", dir}, args...)...)
	}
	if c, code := status("--json"); code != problem(localapi.AgentGone).Exit() {
		t.Errorf("without an agent: exit %d\n%s", code, &c.out)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Errorf("made %v, %v", entries, err)
	}
	a := newAgent(state(localapi.SignedIn))
	a.errs["Watch"] = errors.New("an agent that is watched asks others")
	listen(t, dir, a, localapi.Info{Build: "0.1.0"})
	if c, code := status("--json"); code != 0 || !strings.Contains(c.out.String(), "signed-in") {
		t.Errorf("exit %d\n%s", code, &c.out)
	}
	if len(a.asked) > 0 {
		t.Errorf("asked %v", a.asked)
	}
	c, code := status("--short")
	if code != 0 || c.out.String() != "ada@contoso.example\n" || c.progress.Len() > 0 {
		t.Errorf("exit %d, %q, %q", code, &c.out, &c.progress)
	}
}

func TestShortIsOneLine(t *testing.T) {
	for name, tc := range map[string]struct {
		state localapi.State
		exit  int
		want  string
	}{
		"signed in":     {state(localapi.SignedIn), 0, "ada@contoso.example\n"},
		"no address":    {state(localapi.SignedIn, func(s *localapi.State) { s.Session.Account.Email = "" }), 0, "Ada Lovelace\n"},
		"signed out":    {state(localapi.SignedOut), localapi.ExitSignInNeeded, "Not signed in\n"},
		"needs consent": {state(localapi.Blocked, with(localapi.ConsentNeeded)), localapi.ExitConsent, "Not signed in\n"},
		"with a notice": {state(localapi.SignedIn, func(s *localapi.State) { s.Notices = []localapi.Problem{{Code: localapi.KeyStoreMissing}} }), 0, "ada@contoso.example\n"},
	} {
		c := newConsole(newAgent(tc.state), false)
		if code := c.run(t.Context(), t, "status", "--short"); code != tc.exit || c.out.String() != tc.want || c.progress.Len() > 0 {
			t.Errorf("%s: exit %d, %q, %q", name, code, &c.out, &c.progress)
		}
	}
}

func TestTimeoutsEndACommand(t *testing.T) {
	for line, s := range map[string]localapi.State{
		"status --timeout 5s": state(localapi.Starting), "status --cached": state(localapi.Starting), "wait --timeout 1h": state(localapi.SignedOut),
	} {
		synctest.Test(t, func(t *testing.T) {
			c := newConsole(newAgent(s), false)
			code := c.run(t.Context(), t, append(strings.Fields(line), "--json")...)
			if code != localapi.ExitCancelled || !strings.Contains(c.out.String(), `"took-too-long"`) || strings.Contains(c.out.String(), "browser") {
				t.Errorf("%s: exit %d\n%s", line, code, &c.out)
			}
		})
	}
	for _, line := range []string{"status --timeout 0", "status --timeout=-1s", "wait --timeout 0", "status --cached --refresh", "status --everybody --cached", "status --everybody --data-dir /d", "logout --all --account a1", "login --portal p.example --manifest m.json"} {
		if code := newConsole(nil, false).run(t.Context(), t, append(strings.Fields(line), "--json")...); code != localapi.ExitUsage {
			t.Errorf("%s: exit %d", line, code)
		}
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
		c.connect = func(_ context.Context, p *program) (*connection, error) {
			connects++
			found := &connection{info: localapi.Info{API: 1, Build: "0.1.0", PID: 42}, Agent: newAgent(state(localapi.SignedOut)), own: true, close: func() error { return nil }}
			switch {
			case p.running != (connects > 1):
				t.Errorf("connection %d: only a running one: %v", connects, p.running)
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
	c.connect = func(context.Context, *program) (*connection, error) { return nil, problem(localapi.VersionMismatch) }
	if code := c.run(t.Context(), t, "wait"); code != problem(localapi.VersionMismatch).Exit() {
		t.Errorf("exit %d", code)
	}
}

func TestLogoutOfEverybody(t *testing.T) {
	active, other, past := *ada(), *ada(), *ada()
	active.Active = true
	other.ID, other.Email = "b2", "bo@contoso.example"
	past.ID, past.Remembered = "c3", false
	done := localapi.SignOutReport{Local: localapi.StepDone, Revoked: localapi.StepDone, Browser: localapi.StepNotAsked}
	for name, tc := range map[string]struct {
		accounts []localapi.Account
		state    localapi.State
		report   localapi.SignOutReport
		exit     int
		asks     []any
		text     string
	}{
		"two, who is signed in last": {
			[]localapi.Account{active, past, other}, state(localapi.SignedIn), done, 0,
			[]any{"accounts", localapi.SignOutRequest{Account: "b2"}, localapi.SignOutRequest{Account: "a1"}}, "(bo@contoso.example)",
		},
		"nobody": {nil, state(localapi.SignedOut), done, 0, []any{"accounts"}, "Nobody is signed in"},
		"nobody that can be told": {
			nil, state(localapi.Blocked, with(localapi.KeyStoreLocked)), done, localapi.ExitKeyStore, []any{"accounts"}, "locked",
		},
		"one that stays": {
			[]localapi.Account{active}, state(localapi.SignedIn), localapi.SignOutReport{Local: localapi.StepFailed, Revoked: localapi.StepDone, Browser: localapi.StepNotAsked},
			localapi.ExitKeyStore, []any{"accounts", localapi.SignOutRequest{Account: "a1"}}, "could not be signed out",
		},
	} {
		for _, more := range [][]string{nil, {"--json"}} {
			a := newAgent(tc.state)
			a.accounts, a.signOut = tc.accounts, tc.report
			c := newConsole(a, false)
			if code := c.run(t.Context(), t, append([]string{"logout", "--all"}, more...)...); code != tc.exit {
				t.Errorf("%s: exit %d, want %d\n%s", name, code, tc.exit, &c.out)
			}
			if diff := cmp.Diff(tc.asks, a.asked); diff != "" {
				t.Errorf("%s: asked (-want +got):\n%s", name, diff)
			}
			if more == nil && !strings.Contains(c.out.String()+c.progress.String(), tc.text) {
				t.Errorf("%s: no %q in\n%s%s", name, tc.text, &c.out, &c.progress)
			}
		}
	}
}

// TestThePortalOfASignInIsKept: --portal is kept once somebody has signed in there, and
// PORTICO_PORTAL is not.
func TestThePortalOfASignInIsKept(t *testing.T) {
	idp, err := demoidp.Start(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = idp.Close() }()
	site, err := demoportal.Params{Providers: []demoportal.Provider{
		{ID: "demo", Title: "Demo sign-in", Authority: idp.Issuer(), ClientID: demoidp.ClientID},
	}}.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = site.Close() }()
	store := vault.New(vault.Params{Service: "test", Backend: authtest.NewKeyStore()})
	dir := t.TempDir()
	run := func(browser bool, env string, args ...string) (int, string) {
		c := newConsole(nil, false)
		c.connect, c.store, c.policies = connect, store, policy.None
		c.environment["PORTICO_PORTAL"] = env
		c.browse = func(context.Context, string) error { return errors.New("no browser") }
		if browser {
			c.browse = personInBrowser(idp.Issuer())
		}
		code := c.run(t.Context(), t, append(args, "--json", "--data-dir", dir)...)
		return code, c.out.String()
	}
	for _, step := range []struct {
		says    string
		browser bool
		env     string
		args    []string
		exit    int
	}{
		{"nothing is set up", true, "", []string{"status"}, localapi.ExitConfig},
		{"who does not sign in keeps nothing", false, "", []string{"login", "--portal", site.URL(), "--timeout", "1s"}, localapi.ExitCancelled},
		{"still nothing", true, "", []string{"status"}, localapi.ExitConfig},
		{"an address of the environment", true, site.URL(), []string{"login"}, 0},
		{"is gone in the next run", true, "", []string{"status"}, localapi.ExitConfig},
		{"one that is no portal", true, "", []string{"login", "--portal", "http://127.0.0.1:1"}, localapi.ExitUnreachable},
		{"one before that of the environment", true, "http://127.0.0.1:1", []string{"login", "--portal", site.URL()}, 0},
		{"stays", true, "", []string{"status"}, 0},
	} {
		if code, out := run(step.browser, step.env, step.args...); code != step.exit {
			t.Errorf("%s: exit %d, want %d\n%s", step.says, code, step.exit, out)
		}
	}
}

// A running agent that nobody could sign in with at the new portal has its own again.
func TestThePortalIsGivenBack(t *testing.T) {
	for name, tc := range map[string]struct {
		flag string
		want []any
	}{
		"--portal":       {"https://other.example", []any{localapi.PortalRequest{Address: "https://other.example"}, localapi.PortalRequest{Address: "https://portal.example"}}},
		"PORTICO_PORTAL": {"", []any{localapi.PortalRequest{Address: "https://other.example"}}},
	} {
		a := newAgent(state(localapi.SignedOut))
		a.check = localapi.PortalCheck{Address: "https://other.example"}
		a.errs["SignIn"] = problem(localapi.ProviderUnreachable)
		a.after["SetPortal"] = []localapi.State{state(localapi.SignedOut, func(s *localapi.State) { s.PortalAddress = "https://other.example" })}
		c := newConsole(a, false)
		args := []string{"login"}
		if tc.flag != "" {
			args = append(args, "--portal", tc.flag)
		} else {
			c.environment["PORTICO_PORTAL"] = "https://other.example"
		}
		if code := c.run(t.Context(), t, args...); code != localapi.ExitUnreachable {
			t.Errorf("%s: exit %d", name, code)
		}
		var set []any
		for i, what := range a.asked {
			if req, ok := what.(localapi.PortalRequest); ok && i > 0 { // the first one only looks
				set = append(set, req)
			}
		}
		if diff := cmp.Diff(tc.want, set); diff != "" {
			t.Errorf("%s: set (-want +got):\n%s", name, diff)
		}
	}
}

func TestRootIsToldWhoseStatusItSees(t *testing.T) {
	for uid, want := range map[int]bool{0: true, 1000: false, -1: false} {
		c := newConsole(newAgent(state(localapi.SignedIn)), false)
		c.user = func() int { return uid }
		if code := c.run(t.Context(), t, "status"); code != 0 || strings.Contains(c.progress.String(), "--everybody") != want {
			t.Errorf("user %d: exit %d, said %q", uid, code, &c.progress)
		}
		c = newConsole(newAgent(state(localapi.SignedIn)), false)
		c.user = func() int { return uid }
		if c.run(t.Context(), t, "status", "--json"); strings.Contains(c.out.String(), `"looks-at-root"`) != want || c.progress.Len() > 0 {
			t.Errorf("user %d: %s%s", uid, &c.out, &c.progress)
		}
	}
}

func TestOnlyRootAsksForEverybody(t *testing.T) {
	for _, uid := range []int{1000, -1} {
		c := newConsole(nil, false)
		c.user = func() int { return uid }
		if code := c.run(t.Context(), t, "status", "--everybody", "--json"); code != localapi.ExitUsage {
			t.Errorf("user %d: exit %d", uid, code)
		}
	}
	c := newConsole(nil, false)
	c.user, c.loggedOn = func() int { return 0 }, func() ([]loggedOn, error) { return nil, nil }
	if code := c.run(t.Context(), t, "status", "--everybody", "--json"); code != 0 {
		t.Errorf("nobody logged on: exit %d", code)
	}
}

func TestWhatAnotherPersonsProgramSaysIsBounded(t *testing.T) {
	b := &bounded{left: 4}
	if _, err := b.Write([]byte("1234")); err != nil {
		t.Error(err)
	}
	if _, err := b.Write([]byte("5")); !errors.Is(err, errTooMuch) || b.Len() != 4 {
		t.Errorf("%v, %d bytes", err, b.Len())
	}
	if got := printable("Ada\x1b[2J\u202e Lovelace\n"); got != "Ada[2J Lovelace" {
		t.Errorf("got %q", got)
	}
}
