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
// decided on that: a silent start makes 5, and ends before that is worth anything.
func collectLess(env func(string) string) {
	if env("GOGC") == "" {
		debug.SetGCPercent(200)
	}
}

// environment is a variable's value. One of blanks alone is as if unset, which an
// empty one is for everybody.
func environment(name string) string {
	if value := os.Getenv(name); strings.TrimSpace(value) != "" {
		return value
	}
	return ""
}

// begin reads what IT and the person have decided. It has to be known before the command
// line is understood, since that may have to be refused in words.
func begin(args []string, env func(string) string) (settings.Start, policy.Settings) {
	paths, err := desktop.PathsFor(cmp.Or(dataDir(args), env("PORTICO_DATA_DIR")))
	if err != nil {
		paths = desktop.Paths{} // what is wrong with the folder is said later
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
