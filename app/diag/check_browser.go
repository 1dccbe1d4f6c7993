package diag

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/localapi"
)

// checkBrowser looks for what would open a sign-in, and starts nothing.
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
	switch command := strings.TrimSpace(x.Env("BROWSER")); {
	case x.Browser != "" && !isInstalled(installed, x.Browser):
		return missing(x.Browser, "the chosen browser (setting Browser) is not installed: %s", x.Browser)
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

func isInstalled(browsers []desktop.Browser, chosen string) bool {
	if filepath.IsAbs(chosen) {
		_, err := os.Stat(chosen)
		return err == nil
	}
	short := func(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".desktop")) }
	for _, b := range browsers {
		if short(b.ID) == short(chosen) || strings.EqualFold(b.Name, chosen) {
			return true
		}
	}
	return false
}

// firstProgram is the first of the commands in BROWSER whose program is there. Their
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
