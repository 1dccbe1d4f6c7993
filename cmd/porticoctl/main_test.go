package main

import (
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"testing"

	"github.com/portico-desktop/portico/app/agent"
	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy/policytest"
	"github.com/portico-desktop/portico/app/settings"
	"github.com/portico-desktop/portico/app/words"
)

// The console speaks the language that the person has chosen in the window.
func TestTheConsoleSpeaksTheChosenLanguage(t *testing.T) {
	dir := t.TempDir()
	paths, err := desktop.PathsFor(dir)
	if err != nil {
		t.Fatal(err)
	}
	a := agent.New(agent.Params{Start: settings.Start{Paths: paths, Words: words.New("en"), Policies: policytest.None}, Passive: true})
	if err := a.Parts().Set(t.Context(), localapi.SettingRequest{Key: "Language", Value: "de"}); err != nil {
		t.Fatal(err)
	}
	chosen := func(args []string, env func(string) string) []string {
		_, counts := begin(args, env)
		return settings.Languages(counts)
	}
	none := func(string) string { return "" }
	for name, got := range map[string][]string{
		"flag": chosen([]string{"status", "--data-dir", dir}, none), "flag with =": chosen([]string{"--data-dir=" + dir, "status"}, none),
		"environment": chosen([]string{"status"}, func(name string) string { return map[string]string{"PORTICO_DATA_DIR": dir}[name] }),
	} {
		if !slices.Equal(got, []string{"de"}) {
			t.Errorf("%s: %v", name, got)
		}
	}
	other := filepath.Join(dir, "other")
	if err := os.Mkdir(other, 0o700); err != nil {
		t.Fatal(err)
	}
	if got := chosen([]string{"--data-dir", other}, none); !slices.Equal(got, desktop.Language()) {
		t.Errorf("nobody has chosen: %v", got)
	}
}

func TestGarbageIsCollectedAsSomebodyHasDecided(t *testing.T) {
	before := debug.SetGCPercent(100)
	defer debug.SetGCPercent(before)
	collectLess(func(name string) string { return map[string]string{"GOGC": "50"}[name] })
	if got := debug.SetGCPercent(100); got != 100 {
		t.Errorf("decided: %d", got)
	}
	collectLess(func(string) string { return "" })
	if got := debug.SetGCPercent(100); got != 200 {
		t.Errorf("not decided: %d", got)
	}
}
