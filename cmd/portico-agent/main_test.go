package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/app/policy/policytest"
)

func TestArgumentsThatAreNoUseAreRefused(t *testing.T) {
	for _, test := range []struct {
		args []string
		exit int
	}{
		{[]string{"--version"}, localapi.ExitDone},
		{[]string{"--help"}, localapi.ExitDone},
		{[]string{"extra"}, localapi.ExitUsage},
		{[]string{"--no-such-flag"}, localapi.ExitUsage},
		{[]string{"--data-dir", ""}, localapi.ExitUsage},
		{[]string{"--data-dir="}, localapi.ExitUsage},
		{[]string{"--data-dir", " \t"}, localapi.ExitUsage},
	} {
		if got := run(test.args, policytest.None); got != test.exit {
			t.Errorf("%v: exit %d, want %d", test.args, got, test.exit)
		}
	}
}

func TestAutostartAsksWhetherItIsWanted(t *testing.T) {
	for name, test := range map[string]struct {
		machine map[policy.Name]any
		kept    string // the person's settings.json
		starts  bool
	}{
		"nobody has decided":           {nil, "", true},
		"the person has turned it off": {nil, `{"settings":{"Autostart":"never"}}`, false},
		"IT has turned it off":         {map[policy.Name]any{policy.Autostart: policy.Never}, "", false},
		"IT wants it all the same":     {map[policy.Name]any{policy.Autostart: policy.Always}, `{"settings":{"Autostart":"never"}}`, true},
		"IT leaves it to the person":   {map[policy.Name]any{policy.Autostart: policy.UserDecides}, `{"settings":{"Autostart":"never"}}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if test.kept != "" {
				if err := os.MkdirAll(filepath.Join(dir, "data"), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(dir, "data", "settings.json"), []byte(test.kept), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			// Whoever holds the socket keeps an agent that is wanted from going on.
			l, err := localapi.Listen(filepath.Join(dir, "run"))
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			policies := func() *policy.Policies { return policytest.Of(test.machine, nil) }
			if exit := run([]string{"--autostart", "--data-dir", dir}, policies); exit != localapi.ExitDone {
				t.Errorf("exit %d", exit)
			}
			_, err = os.Stat(filepath.Join(dir, "cache"))
			if started := err == nil; started != test.starts {
				t.Errorf("started %v, want %v", started, test.starts)
			}
			if _, err := os.Stat(filepath.Join(dir, "logs")); !test.starts && err == nil {
				t.Error("an agent that is not wanted has begun a log")
			}
		})
	}
}

// Where both a desktop file and a systemd unit start it, one agent stays.
func TestSecondAgentEndsAsIfAllWereWell(t *testing.T) {
	dir := t.TempDir()
	l, err := localapi.Listen(filepath.Join(dir, "run"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if exit := run([]string{"--autostart", "--data-dir", dir}, policytest.None); exit != localapi.ExitDone {
		t.Errorf("exit %d", exit)
	}
}
