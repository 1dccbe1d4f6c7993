package main

import (
	"cmp"
	"os"
	"runtime/debug"
	"strings"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/app/settings"
)

// collectLess has the garbage collected from 8 MB on instead of 4, unless somebody has
// decided on it: a silent start makes 5, and ends before a collection is worth anything.
func collectLess(env func(string) string) {
	if env("GOGC") == "" {
		debug.SetGCPercent(200)
	}
}

// environment is a variable's value. Blanks alone count as unset, as an empty one does
// for everybody.
func environment(name string) string {
	if value := os.Getenv(name); strings.TrimSpace(value) != "" {
		return value
	}
	return ""
}

// begin reads the decisions of IT and the person. The language is among them, and is
// needed before the command line is parsed: a refusal of it needs words.
func begin(args []string, env func(string) string) (settings.Start, policy.Settings) {
	paths, err := desktop.PathsFor(cmp.Or(dataDir(args), env("PORTICO_DATA_DIR")))
	if err != nil {
		paths = desktop.Paths{} // the folder's fault is told later
	}
	return settings.Begin(paths, nil, env)
}

func dataDir(args []string) (dir string) {
	for i, a := range args {
		if a == "--" {
			break
		}
		if value, named := strings.CutPrefix(a, "--data-dir="); named {
			dir = value
		} else if a == "--data-dir" && i+1 < len(args) {
			dir = args[i+1]
		}
	}
	return dir
}
