package network

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// EvaluatorError is a desktop on which nobody can run proxy scripts, with the packages
// to install.
type EvaluatorError struct {
	// Install is the command for it, as in "sudo apt install glib-networking-services
	// libproxy1-plugin-webkit", "" if it is not known.
	Install string
}

func (e *EvaluatorError) Error() string {
	if e.Install == "" {
		return "this desktop has nothing that runs proxy scripts: the service org.gtk.GLib.PACRunner of glib-networking, with libproxy's JavaScript, is missing"
	}
	return "this desktop has nothing that runs proxy scripts; " + e.Install + " installs it"
}

// Unasked takes the error of an [Answer] or of [Fault.ScriptErr]. script is the one
// that was not asked: its address, or "WPAD" for the network's own offer. install is
// the command for a program that can, "" for none. A nil error has neither.
func Unasked(err error) (script, install string) {
	var failed *ScriptError
	var missing *EvaluatorError
	if errors.As(err, &failed) {
		script = cmp.Or(failed.Script, "WPAD")
	}
	if errors.As(err, &missing) {
		install = missing.Install
	}
	return script, install
}

// evaluatorFor names the packages of a distribution by the text of its /etc/os-release.
func evaluatorFor(release string) *EvaluatorError {
	values := map[string]string{}
	for line := range strings.Lines(release) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
			values[key] = strings.Trim(value, `"'`)
		}
	}
	is := func(id string) bool {
		return values["ID"] == id || slices.Contains(strings.Fields(values["ID_LIKE"]), id)
	}
	switch {
	case is("debian") || is("ubuntu"):
		packages := "glib-networking-services"
		if isOldDebian(values) {
			packages += " libproxy1-plugin-webkit" // newer ones have it built in
		}
		return &EvaluatorError{Install: "sudo apt install " + packages}
	case is("fedora") || is("rhel"):
		return &EvaluatorError{Install: "sudo dnf install glib-networking libproxy-duktape"}
	case is("suse") || is("opensuse"):
		return &EvaluatorError{Install: "sudo zypper install glib-networking"}
	case is("arch"):
		return &EvaluatorError{Install: "sudo pacman -S glib-networking"}
	}
	return &EvaluatorError{}
}

// isOldDebian is true if libproxy is older than version 0.5, the first one with an engine
// of its own.
func isOldDebian(release map[string]string) bool {
	number := 0
	_, err := fmt.Sscanf(release["VERSION_ID"], "%d", &number)
	if err != nil {
		return false // testing
	}
	if release["ID"] == "ubuntu" || number > 20 {
		return number < 24
	}
	return number < 13
}
