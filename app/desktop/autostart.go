package desktop

import "sort"

// The names under which Portico is registered to start at log-on. Packages write
// them and never change them.
const (
	// AutostartFile is the desktop file in the autostart folders of Linux.
	AutostartFile = appID + ".desktop"
	// AutostartUnit is the systemd user unit. It may take the file's place.
	AutostartUnit = "portico-agent.service"
	// AutostartValue is the value below the Run key of Windows.
	AutostartValue = "Portico"
	// AutostartAgent is the launch agent's file on macOS.
	AutostartAgent = appID + ".plist"
)

// appID is the program's identifier on systems with reverse domain names.
const appID = "io.github.portico_desktop.Portico"

// LogOnEntry is one registration that starts Portico when a person logs on.
type LogOnEntry struct {
	// Place is the file or the registry value.
	Place string
	// Command is the command as the entry has it; "" if it cannot be read.
	Command string
}

// LogOnEntries lists the entries that start Portico when this person logs on, by place.
// More than one does no harm: a second agent ends at once. The list has only the
// registrations, made by the packages, or by the person with the desktop's own tools.
// Whether the program then stays is up to the policy Autostart and to the person.
//
// It reads files or the registry and starts nothing. An unreadable entry is left out.
func LogOnEntries() []LogOnEntry {
	entries := systemLogOnEntries()
	sort.Slice(entries, func(i, j int) bool { return entries[i].Place < entries[j].Place })
	return entries
}
