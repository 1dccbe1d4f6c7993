package main

import (
	"strings"
	"testing"

	"github.com/portico-desktop/portico/app/localapi"
)

func TestForgetAsksFirst(t *testing.T) {
	for name, tc := range map[string]struct {
		args     []string
		terminal bool
		answer   string
		exit     int
		forgets  bool
	}{
		"yes, on a terminal":          {nil, true, "yes\n", 0, true},
		"Y, on a terminal":            {nil, true, "  Y \n", 0, true},
		"no, on a terminal":           {nil, true, "no\n", 15, false},
		"nothing, on a terminal":      {nil, true, "\n", 15, false},
		"end of input, on a terminal": {nil, true, "", 15, false},
		"told, on a terminal":         {[]string{"--yes"}, true, "", 0, true},
		"told, in a script":           {[]string{"--yes"}, false, "", 0, true},
		"not told, in a script":       {nil, false, "yes\n", 2, false},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAgent(state(localapi.SignedIn))
			a.forget = localapi.ForgetReport{Accounts: 1, Files: 3}
			c := newConsole(a, false)
			c.terminal, c.in = tc.terminal, strings.NewReader(tc.answer)
			if code := c.run(t.Context(), t, append([]string{"forget", "--json"}, tc.args...)...); code != tc.exit {
				t.Errorf("exit %d, want %d", code, tc.exit)
			}
			if got := len(a.asked) > 0; got != tc.forgets {
				t.Errorf("asked %v", a.asked)
			}
		})
	}
}

// TestForgetSaysThatSecretsGo: it is the one command that takes what an
// administrator set up for a person.
func TestForgetSaysThatSecretsGo(t *testing.T) {
	for name, tc := range map[string]struct {
		args     []string
		terminal bool
	}{
		"asked": {[]string{"forget"}, true}, "not told": {[]string{"forget"}, false}, "help": {[]string{"forget", "--help"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			c := newConsole(newAgent(state(localapi.SignedIn)), false)
			c.terminal = tc.terminal
			c.run(t.Context(), t, tc.args...)
			if said := c.out.String() + c.progress.String(); !strings.Contains(said, "client secrets and keys that were set here") {
				t.Errorf("said\n%s", said)
			}
		})
	}
}

func TestForgetSaysWhatIsLeft(t *testing.T) {
	for name, tc := range map[string]struct {
		problems []localapi.Problem
		exit     int
		text     string
	}{
		"nothing":                       {nil, 0, "forgotten you"},
		"a provider that was not told":  {[]localapi.Problem{{Code: localapi.ProviderUnreachable}}, 0, "forgotten you"},
		"a sign-in behind a lock":       {[]localapi.Problem{{Code: localapi.KeyStoreLocked}}, 14, "Not everything"},
		"a file":                        {[]localapi.Problem{{Code: localapi.Unexpected}}, 1, "Not everything"},
		"both, and the network is down": {[]localapi.Problem{{Code: localapi.ProviderUnreachable}, {Code: localapi.KeyStoreLocked}}, 14, "Not everything"},
	} {
		for form, more := range map[string][]string{"text": nil, "json": {"--json"}} {
			t.Run(name+", "+form, func(t *testing.T) {
				a := newAgent(state(localapi.SignedIn))
				a.forget = localapi.ForgetReport{Accounts: 1, Files: 3, Problems: tc.problems}
				c := newConsole(a, false)
				if code := c.run(t.Context(), t, append([]string{"forget", "--yes"}, more...)...); code != tc.exit {
					t.Errorf("exit %d, want %d", code, tc.exit)
				}
				if form == "text" && (!strings.Contains(c.out.String(), tc.text) || !strings.Contains(c.out.String(), "1 account removed\n  3 files removed")) {
					t.Errorf("no %q in\n%s", tc.text, &c.out)
				}
			})
		}
	}
}
