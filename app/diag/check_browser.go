package diag

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/localapi"
)

// checkBrowser looks for the browser of a sign-in, and starts nothing.
func (x *examination) checkBrowser(context.Context) []*check {
	installed := x.Browsers()
	var names []string
	for _, b := range installed {
		names = append(names, fmt.Sprintf("%s (%s)", b.Name, b.ID))
	}
	listed := "installed: " + strings.Join(names, ", ")
	if names == nil {
		listed = "installed: none was found"
	}
	missing := func(subject, format string, args ...any) []*check {
		err := fmt.Errorf(format, args...)
		return []*check{bad("browser", groupComputer, subject, x.problem(localapi.BrowserMissing, err), listed)}
	}
	if _, found := desktop.FindBrowser(x.Browser); x.Browser != "" && !found {
		// The system's takes its place.
		wrong := x.problem(localapi.SettingWrong, nil, "key", "Browser", "value", x.Browser, "allowed", strings.Join(ids(installed), ", "), "where", "Browser")
		return []*check{warning("browser", groupComputer, x.Browser, wrong, listed)}
	}
	switch command := strings.TrimSpace(x.Env("BROWSER")); {
	case x.Browser != "":
		return []*check{good("browser", groupComputer, x.Browser, "chosen by the setting Browser", listed)}
	case command != "":
		program, err := firstProgram(command)
		if err != nil {
			return missing("BROWSER", "the environment variable BROWSER names no program that is there")
		}
		return []*check{good("browser", groupComputer, filepath.Base(program), "named by the environment variable BROWSER", listed)}
	case len(installed) == 0:
		return missing("", "no program on this computer opens web pages")
	}
	return []*check{good("browser", groupComputer, "", listed)}
}

func ids(browsers []desktop.Browser) []string {
	var all []string
	for _, b := range browsers {
		all = append(all, b.ID)
	}
	return all
}

// firstProgram is the first of the commands in BROWSER with an existing program. Their
// arguments are nobody's business.
func firstProgram(commands string) (string, error) {
	for _, command := range filepath.SplitList(commands) {
		words := strings.Fields(command)
		if len(words) == 0 {
			continue
		}
		if program, err := exec.LookPath(strings.Trim(words[0], `"'`)); err == nil {
			return program, nil
		}
	}
	return "", errors.New("not found")
}
