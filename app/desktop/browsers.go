package desktop

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"sort"
	"strings"
)

// Browser is a web browser installed on this computer.
type Browser struct {
	// ID is the system's name for it: on Linux the name of its desktop file, on Windows
	// its key in the registry, on macOS its bundle identifier.
	ID string
	// Name is the name that people see.
	Name string
}

// installed is a browser and how to start it.
type installed struct {
	Browser
	// command is the program and its arguments. The argument [addressMark] stands
	// for the address; without one the address is added as the last.
	command []string
}

// addressMark stands for the address among the arguments of a command. No
// command line can hold it.
const addressMark = "\x00"

// Browsers lists the browsers of this computer by name. It reads files or the registry
// and starts nothing. An unreadable entry is left out.
func Browsers() []Browser {
	var browsers []Browser
	for _, b := range byName(systemBrowsers()) {
		browsers = append(browsers, b.Browser)
	}
	return browsers
}

// OpenWith opens an http or https address in one of the [Browsers], named by its id.
// Like [OpenBrowser] it waits for at most a second, in case the browser fails at once,
// and leaves it running on its own. The error wraps [ErrAddress] or [ErrNoBrowser].
func OpenWith(ctx context.Context, id, address string) error {
	if err := checkAddress(address); err != nil {
		return err
	}
	if !isWeb(address) {
		return fmt.Errorf("%w: a browser opens http and https alone", ErrAddress)
	}
	for _, b := range systemBrowsers() {
		if b.ID != id {
			continue
		}
		o := opener{patience: patience}
		if err := o.start(ctx, b.with(address)); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return fmt.Errorf("%w: %w", ErrNoBrowser, err)
		}
		return nil
	}
	return fmt.Errorf("%w: %q is not installed", ErrNoBrowser, id)
}

// with is the browser's command for an address.
func (b installed) with(address string) []string {
	command := slices.Clone(b.command)
	named := false
	for i, word := range command {
		if strings.Contains(word, addressMark) {
			command[i] = strings.ReplaceAll(word, addressMark, address)
			named = true
		}
	}
	if !named {
		command = append(command, address)
	}
	return command
}

// byName sorts browsers for people.
func byName(browsers []installed) []installed {
	// Package slices would add its code once more for each sorted type.
	sort.SliceStable(browsers, func(i, j int) bool {
		a, b := browsers[i], browsers[j]
		return cmp.Or(cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), cmp.Compare(a.ID, b.ID)) < 0
	})
	return browsers
}

// start runs a command apart from this program.
func (o opener) start(ctx context.Context, words []string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := checkCommand(words[0]); err != nil {
		return fmt.Errorf("%w: %w", errNotThere, err)
	}
	// Not CommandContext: the browser outlives whoever opened it. Its output goes
	// nowhere: os/exec opens the null device for it.
	cmd := exec.Command(words[0], words[1:]...)
	cmd.SysProcAttr = detached()
	if err := Start(cmd); err != nil {
		return fmt.Errorf("start %s: %w: %w", words[0], errNotThere, err)
	}
	if err := o.watch(ctx, cmd.Wait); err != nil {
		var exited *exec.ExitError
		if errors.As(err, &exited) && (exited.ExitCode() == 126 || exited.ExitCode() == 127) {
			// env and shells say this of a command that they do not find (POSIX, env).
			return fmt.Errorf("run %s: %w: %w", words[0], errNotThere, err)
		}
		return fmt.Errorf("run %s: %w", words[0], err)
	}
	return nil
}
