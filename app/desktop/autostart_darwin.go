package desktop

import (
	"os"
	"path/filepath"
)

// systemLogOnEntries is the launch agent, put there by the installer or the person. An
// entry turned off in the system settings is listed all the same: only Apple's
// frameworks could tell.
func systemLogOnEntries() []LogOnEntry {
	folders := []string{"/Library/LaunchAgents"}
	if home, err := os.UserHomeDir(); err == nil {
		folders = append(folders, filepath.Join(home, "Library/LaunchAgents"))
	}
	var found []LogOnEntry
	for _, folder := range folders {
		path := filepath.Join(folder, AutostartAgent)
		if text, err := os.ReadFile(path); err == nil {
			found = append(found, LogOnEntry{Place: path, Command: programArguments(string(text))})
		}
	}
	return found
}
