package desktop

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func systemLogOnEntries() []LogOnEntry {
	return logOnDirs{
		config:  append([]string{configHome()}, xdgList("XDG_CONFIG_DIRS", "/etc/xdg")...),
		units:   unitDirs(),
		desktop: strings.FieldsFunc(os.Getenv("XDG_CURRENT_DESKTOP"), func(r rune) bool { return r == ':' }),
	}.entries()
}

// unitDirs are the folders in which systemd looks for the units of users
// (systemd.unit(5)), most important first.
func unitDirs() []string {
	var dirs []string
	if home := configHome(); home != "" {
		dirs = append(dirs, filepath.Join(home, "systemd/user"))
	}
	dirs = append(dirs, "/etc/systemd/user")
	if run := os.Getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(run) {
		dirs = append(dirs, filepath.Join(run, "systemd/user"))
	}
	dirs = append(dirs, "/run/systemd/user")
	if data := dataHome(); data != "" {
		dirs = append(dirs, filepath.Join(data, "systemd/user"))
	}
	return append(dirs, "/usr/local/lib/systemd/user", "/usr/lib/systemd/user")
}

// logOnDirs are the folders for a log-on.
type logOnDirs struct {
	// config are the base directories of the autostart folders, units the folders of
	// systemd's user units, most important first.
	config, units []string
	// desktop are the names of the running desktop, as in XDG_CURRENT_DESKTOP.
	desktop []string
}

func (d logOnDirs) entries() []LogOnEntry {
	var found []LogOnEntry
	if e, ok := d.autostartFile(); ok {
		found = append(found, e)
	}
	if e, ok := d.unit(); ok {
		found = append(found, e)
	}
	return found
}

// autostartFile follows the Desktop Application Autostart Specification 0.5: the
// first file of the name counts, and Hidden takes it away.
func (d logOnDirs) autostartFile() (LogOnEntry, bool) {
	for _, dir := range d.config {
		if dir == "" {
			continue
		}
		path := filepath.Join(dir, "autostart", AutostartFile)
		text, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		entry := readDesktopFile(string(text))
		if err != nil || entry["Hidden"] == "true" || !d.shows(entry) {
			return LogOnEntry{}, false
		}
		// GNOME's own tools write this switch.
		if entry["X-GNOME-Autostart-enabled"] == "false" && slices.Contains(d.desktop, "GNOME") {
			return LogOnEntry{}, false
		}
		return LogOnEntry{Place: path, Command: unescape(entry["Exec"])}, true
	}
	return LogOnEntry{}, false
}

// shows is true if the entry is for this desktop. Without a desktop, as in a console,
// it is for any.
func (d logOnDirs) shows(entry desktopFile) bool {
	in := func(key string) bool {
		return slices.ContainsFunc(list(entry[key]), func(name string) bool { return slices.Contains(d.desktop, name) })
	}
	switch {
	case len(d.desktop) == 0:
		return true
	case entry["OnlyShowIn"] != "":
		return in("OnlyShowIn")
	}
	return !in("NotShowIn")
}

// unit is the systemd unit, if it is enabled: some target's folder of wants, the
// person's or everybody's, links to it. A masked unit starts for nobody.
func (d logOnDirs) unit() (LogOnEntry, bool) {
	file, command := d.unitFile()
	if file == "" {
		return LogOnEntry{}, false
	}
	for _, dir := range d.units {
		for _, kind := range []string{"wants", "requires"} {
			links, err := filepath.Glob(filepath.Join(dir, "*."+kind, AutostartUnit))
			if err == nil && len(links) > 0 {
				return LogOnEntry{Place: links[0], Command: command}, true
			}
		}
	}
	return LogOnEntry{}, false
}

// unitFile is the unit in force. It is "" for none and for a masked one: an empty file
// or a link to /dev/null.
func (d logOnDirs) unitFile() (path, command string) {
	for _, dir := range d.units {
		path := filepath.Join(dir, AutostartUnit)
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil || !info.Mode().IsRegular() || info.Size() == 0:
			return "", ""
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return path, "" // it is there, and systemd can read it
		}
		return path, readGroup(string(text), "Service")["ExecStart"]
	}
	return "", ""
}
