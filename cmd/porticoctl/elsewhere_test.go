package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/app/localapi"
)

// signInsOf are the sign-ins that an agent was asked for.
func signInsOf(a *scripted) []localapi.SignInRequest {
	a.mu.Lock()
	defer a.mu.Unlock()
	var all []localapi.SignInRequest
	for _, what := range a.asked {
		if req, ok := what.(localapi.SignInRequest); ok {
			all = append(all, req)
		}
	}
	return all
}

// pastesOf are the addresses that an agent was handed.
func pastesOf(a *scripted) []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	var all []string
	for _, what := range a.asked {
		if req, ok := what.(localapi.PasteRequest); ok {
			all = append(all, req.Address)
		}
	}
	return all
}

func TestThePersonPastesWhereTheBrowserEnded(t *testing.T) {
	const ended = "http://127.0.0.1:4711/?code=x&state=y"
	for name, tc := range map[string]struct {
		args     []string
		terminal bool
		want     []string
		hint     bool
	}{
		"at a terminal":                     {[]string{"--no-browser"}, true, []string{"https://wrong.example/", ended}, true},
		"in a script":                       {[]string{"--no-browser"}, false, nil, false},
		"with a browser that comes back":    {nil, true, nil, false},
		"with a code for another device":    {[]string{"--device"}, true, nil, false},
		"with a code, and no browser opens": {[]string{"--device", "--no-browser"}, true, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			a := &pasted{scripted: newAgent(state(localapi.SignedOut)), right: ended}
			a.signIn = signIn()
			if slices.Contains(tc.args, "--device") {
				a.signIn.Stage = localapi.StageDevice
			}
			a.after["SignIn"] = []localapi.State{waiting(a.signIn.Stage), state(localapi.SignedIn)}
			if tc.want != nil {
				a.after["SignIn"] = []localapi.State{waiting(a.signIn.Stage)} // only the paste ends it
			}
			a.after["Paste"] = []localapi.State{waiting(localapi.StageExchanging), state(localapi.SignedIn)}
			c := newConsole(a, false)
			c.terminal, c.in = tc.terminal, strings.NewReader("https://wrong.example/\r\n\n  "+ended+" \n")
			if code := c.run(t.Context(), t, append([]string{"login"}, tc.args...)...); code != 0 {
				t.Errorf("exit %d\n%s", code, &c.progress)
			}
			if (c.hidden == 1) != (tc.want != nil) || c.hidden != c.shown {
				t.Errorf("the terminal was changed %d times and restored %d times", c.hidden, c.shown)
			}
			if diff := cmp.Diff(tc.want, pastesOf(a.scripted)); diff != "" {
				t.Errorf("pasted (-want +got):\n%s", diff)
			}
			if got := strings.Contains(c.progress.String(), "paste"); got != tc.hint {
				t.Errorf("told of pasting: %v\n%s", got, &c.progress)
			}
			if got := strings.Contains(c.progress.String(), "This is not the address"); got != (tc.want != nil) {
				t.Errorf("told of the wrong address: %v\n%s", got, &c.progress)
			}
			if in := signInsOf(a.scripted); len(in) != 1 || in[0].Elsewhere != (tc.terminal && slices.Contains(tc.args, "--no-browser")) {
				t.Errorf("asked for %+v", in)
			}
		})
	}
}

// pasted is an agent that knows the right address.
type pasted struct {
	*scripted
	right string
}

func (a *pasted) Paste(ctx context.Context, req localapi.PasteRequest) error {
	if req.Address != a.right {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.asked = append(a.asked, req)
		return problem(localapi.NotThisSignIn)
	}
	return a.scripted.Paste(ctx, req)
}

// TestATerminalThatSaysNothingHoldsNothingUp: the browser comes back while a read
// from the terminal is under way.
func TestATerminalThatSaysNothingHoldsNothingUp(t *testing.T) {
	silent, writer := io.Pipe()
	defer func() { _ = writer.Close() }()
	a := newAgent(state(localapi.SignedOut))
	a.signIn = signIn()
	a.after["SignIn"] = []localapi.State{waiting(localapi.StageBrowser), state(localapi.SignedIn)}
	c := newConsole(a, false)
	c.terminal, c.in = true, silent
	if code := c.run(t.Context(), t, "login", "--no-browser", "--json"); code != 0 {
		t.Errorf("exit %d", code)
	}
}

func TestACodeIsShownAsAPictureWhereItFits(t *testing.T) {
	device := localapi.SignIn{Stage: localapi.StageDevice, UserCode: "ABCD-EFGH", VerificationURL: "https://id.example/device", URL: "https://id.example/device?user_code=ABCD-EFGH"}
	for name, tc := range map[string]struct {
		columns int
		lines   int
	}{
		"no terminal":       {0, 0},
		"a narrow terminal": {36, 0},
		"just wide enough":  {37, 19}, // 29 modules and the border; two rows a line
		"a wide one":        {200, 19},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAgent(state(localapi.SignedOut))
			a.signIn = device
			a.after["SignIn"] = []localapi.State{waiting(localapi.StageDevice), state(localapi.SignedIn)}
			c := newConsole(a, false)
			c.columns = func() int { return tc.columns }
			if code := c.run(t.Context(), t, "login", "--device"); code != 0 {
				t.Errorf("exit %d", code)
			}
			if n := strings.Count(c.progress.String(), blackOnWhite); n != tc.lines {
				t.Errorf("%d lines of picture, want %d\n%s", n, tc.lines, &c.progress)
			}
		})
	}
}

// TestThePictureIsTheCode reads the drawing back, module by module.
func TestThePictureIsTheCode(t *testing.T) {
	var drawn strings.Builder
	qrCode(&drawn, "https://id.example/device?user_code=ABCD-EFGH", 80)
	var rows [][]bool
	for line := range strings.Lines(drawn.String()) {
		line = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(line), blackOnWhite), plain)
		var upper, lower []bool
		for _, r := range line {
			upper = append(upper, r == '█' || r == '▀')
			lower = append(lower, r == '█' || r == '▄')
		}
		rows = append(rows, upper, lower)
	}
	// The finder pattern of the upper left corner (ISO/IEC 18004), in its border.
	for y, row := range []string{".........", ".#######.", ".#.....#.", ".#.###.#.", ".#.###.#.", ".#.###.#.", ".#.....#.", ".#######.", "........."} {
		for x, want := range row {
			// The last row and column belong to the code itself: always white there.
			if got := rows[y+quiet-1][x+quiet-1]; got != (want == '#') {
				t.Fatalf("module %d,%d is black: %v", x, y, got)
			}
		}
	}
	for i := range quiet {
		if slices.Contains(rows[i], true) || slices.ContainsFunc(rows, func(row []bool) bool { return row[i] }) {
			t.Errorf("no quiet border of %d", quiet)
		}
	}
}

func TestNotRememberingNeedsARunningAgent(t *testing.T) {
	for name, tc := range map[string]struct {
		own  bool
		exit int
	}{"running": {false, 0}, "its own": {true, localapi.ExitUsage}} {
		t.Run(name, func(t *testing.T) {
			a := newAgent(state(localapi.SignedOut))
			a.signIn = signIn()
			a.after["SignIn"] = []localapi.State{state(localapi.SignedIn, func(s *localapi.State) { s.Session.Account.Remembered = false })}
			c := newConsole(a, tc.own)
			if code := c.run(t.Context(), t, "login", "--no-remember"); code != tc.exit {
				t.Errorf("exit %d, want %d", code, tc.exit)
			}
			in := signInsOf(a)
			if tc.own && len(in) > 0 || !tc.own && (len(in) != 1 || !in[0].MemoryOnly) {
				t.Errorf("asked for %+v", in)
			}
			if !tc.own && !strings.Contains(c.out.String(), "ends with Portico") {
				t.Errorf("does not say that it is not remembered:\n%s", &c.out)
			}
		})
	}
}

func TestARememberedAccountNeedsNoBrowser(t *testing.T) {
	bo := localapi.Account{ID: "b2", Provider: "other", Email: "Bo@contoso.example", Issuer: "https://o.example", Subject: "7", Remembered: true}
	forgotten := bo
	forgotten.Remembered = false
	twin := bo
	twin.ID, twin.Provider = "b3", "third"
	former := bo
	former.Former = true
	asBo := state(localapi.SignedIn, func(s *localapi.State) { s.Session.Account, s.Session.Provider = &bo, bo.Provider })
	login := []string{"--account", "bo@contoso.example"}
	for name, tc := range map[string]struct {
		args     []string
		accounts []localapi.Account
		err      *localapi.Problem // of UseAccount
		then     localapi.State    // after it
		exit     int
		uses     string
		signsIn  bool
	}{
		"known":                          {login, []localapi.Account{*ada(), bo}, nil, asBo, 0, "b2", false},
		"known by another provider":      {append(login, "--provider", "demo"), []localapi.Account{bo}, nil, asBo, 0, "", true},
		"two with that address":          {login, []localapi.Account{bo, twin}, nil, asBo, 0, "", true},
		"two, and the provider is named": {append(login, "--provider", "other"), []localapi.Account{twin, bo}, nil, asBo, 0, "b2", false},
		"unknown":                        {login, []localapi.Account{*ada()}, nil, asBo, 0, "", true},
		"signed out":                     {login, []localapi.Account{forgotten}, nil, asBo, 0, "", true},
		"of a former provider":           {login, []localapi.Account{former}, nil, asBo, 0, "", true},
		"a code is wanted":               {append(login, "--device"), []localapi.Account{bo}, nil, asBo, 0, "", true},
		"not to be remembered":           {append(login, "--no-remember"), []localapi.Account{bo}, nil, asBo, 0, "", true},
		"known, has to sign in":          {login, []localapi.Account{bo}, nil, state(localapi.NeedsSignIn, with(localapi.SignInExpired)), 0, "b2", true},
		"known, and gone meanwhile":      {login, []localapi.Account{bo}, problem(localapi.UnknownAccount), asBo, 0, "b2", true},
		"known, and expired":             {login, []localapi.Account{bo}, problem(localapi.SignInExpired), asBo, 0, "b2", true},
		"known, without a network":       {login, []localapi.Account{bo}, nil, state(localapi.Offline, with(localapi.ProviderUnreachable)), localapi.ExitUnreachable, "b2", false},
		"known, behind a lock":           {login, []localapi.Account{bo}, problem(localapi.KeyStoreLocked), asBo, localapi.ExitKeyStore, "b2", false},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAgent(state(localapi.SignedIn))
			a.signIn, a.accounts = signIn(), tc.accounts
			if tc.err != nil {
				a.errs["UseAccount"] = tc.err
			}
			a.after["UseAccount"] = []localapi.State{tc.then}
			a.after["SignIn"] = []localapi.State{waiting(localapi.StageBrowser), asBo}
			c := newConsole(a, false)
			if code := c.run(t.Context(), t, append([]string{"login", "--json"}, tc.args...)...); code != tc.exit {
				t.Errorf("exit %d, want %d\n%s", code, tc.exit, &c.out)
			}
			used := ""
			for _, what := range a.asked {
				if req, ok := what.(localapi.AccountRequest); ok {
					used += req.Account
				}
			}
			if used != tc.uses {
				t.Errorf("used %q, want %q", used, tc.uses)
			}
			if got := len(signInsOf(a)) > 0; got != tc.signsIn {
				t.Errorf("asked %v", a.asked)
			}
			if !tc.signsIn && len(c.opened) > 0 {
				t.Errorf("opened %q", c.opened)
			}
		})
	}
}

func TestAManifestIsRehearsedApartFromEverything(t *testing.T) {
	file := filepath.Join(t.TempDir(), "portico.json")
	if err := os.WriteFile(file, []byte(`{"version":1}`), 0o600); err != nil {
		t.Fatal(err)
	}
	want := []connected{{Rehearse: &localapi.PortalRequest{Address: file, Manifest: []byte(`{"version":1}`)}}}
	for name, tc := range map[string]struct {
		start, end localapi.State
		exit       int
		text       string
	}{
		"somebody gets in": {
			state(localapi.SignedOut), state(localapi.SignedIn, func(s *localapi.State) { s.Session.Account.Remembered = false }),
			0, "This was a rehearsal; nothing was stored.",
		},
		"nobody gets in":  {state(localapi.SignedOut), state(localapi.Blocked, with(localapi.NotAssigned)), localapi.ExitRefused, ""},
		"a wrong address": {state(localapi.SignedOut), state(localapi.Blocked, with(localapi.RedirectNotRegistered, "redirect", "http://localhost")), localapi.ExitConfig, ""},
		"a bad manifest": {
			state(localapi.SignedOut, func(s *localapi.State) {
				s.Portal, s.PortalProblem = nil, problem(localapi.ManifestInvalid, "field", "name", "reason", "is missing")
			}), localapi.State{}, localapi.ExitConfig, "",
		},
	} {
		for form, more := range map[string][]string{"text": nil, "json": {"--json"}} {
			t.Run(name+", "+form, func(t *testing.T) {
				a := newAgent(tc.start)
				a.signIn = signIn()
				a.after["SignIn"] = []localapi.State{waiting(localapi.StageBrowser), tc.end}
				c := newConsole(a, false)
				c.environment["PORTICO_PORTAL"] = "portal.example" // the file counts
				args := append([]string{"login", "--manifest", file, "--account", "ada@contoso.example"}, more...)
				if code := c.run(t.Context(), t, args...); code != tc.exit {
					t.Errorf("exit %d, want %d\n%s", code, tc.exit, &c.progress)
				}
				if diff := cmp.Diff(want, c.connected); diff != "" {
					t.Errorf("connected (-want +got):\n%s", diff)
				}
				for _, what := range a.asked {
					if _, ok := what.(localapi.SignInRequest); !ok {
						t.Errorf("asked %v", what)
					}
				}
				if form == "text" && !strings.Contains(c.out.String(), tc.text) {
					t.Errorf("no %q in\n%s", tc.text, &c.out)
				}
				if tc.exit == 0 && form == "text" && !strings.Contains(c.out.String(), "https://id.example") {
					t.Errorf("does not say who vouches:\n%s", &c.out)
				}
				if tc.exit == 0 && form == "json" && !strings.Contains(c.out.String(), `"rehearsal": true`) {
					t.Errorf("no word of the rehearsal:\n%s", &c.out)
				}
			})
		}
	}
}
