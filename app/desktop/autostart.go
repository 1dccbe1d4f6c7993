package desktop

import "sort"

// The names under which Portico is registered to start at log-on. Packages write
// them and never change them.
const (
	// AutostartFile is the desktop file in the autostart folders of Linux.
	AutostartFile = appID + ".desktop"
	// AutostartUnit is the systemd user unit that may take its place.
	AutostartUnit = "portico-agent.service"
	// AutostartValue is the value below the Run key of Windows.
	AutostartValue = "Portico"
	// AutostartAgent is the launch agent's file on macOS.
	AutostartAgent = appID + ".plist"
)

// appID is the program's identifier where a system wants reverse domain names.
const appID = "io.github.portico_desktop.Portico"

// LogOnEntry is something that starts Portico when a person logs on.
type LogOnEntry struct {
	// Place is the file or the registry value.
	Place string
	// Command is what is started, as it is written there; "" where it cannot be read.
	Command string
}

// LogOnEntries lists what starts Portico when this person logs on, by place. More
// than one does no harm: the agents that come second end at once. Whether the
// program then stays is up to the policy Autostart and to the person; this is only
// what the packages, or the person with the desktop's own tools, have registered.
//
// It reads files or the registry and starts nothing; what cannot be read is left
// out.
func LogOnEntries() []LogOnEntry {
	entries := systemLogOnEntries()
	sort.Slice(entries, func(i, j int) bool { return entries[i].Place < entries[j].Place })
	return entries
}
