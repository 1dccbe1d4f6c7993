package desktop

import "golang.org/x/sys/windows/registry"

const runPath = `Software\Microsoft\Windows\CurrentVersion\Run`

// systemLogOnEntries are the values of the Run keys: the installer writes the
// computer's, in the 64-bit view, and a person may have written one of their own. A
// value turned off in the Task Manager starts nothing.
func systemLogOnEntries() []LogOnEntry {
	var found []LogOnEntry
	for _, place := range []struct {
		root registry.Key
		name string
	}{{registry.LOCAL_MACHINE, "HKLM"}, {registry.CURRENT_USER, "HKCU"}} {
		command := readString(place.root, registry.WOW64_64KEY, runPath, AutostartValue)
		if command != "" && !turnedOff(place.root) {
			found = append(found, LogOnEntry{Place: place.name + `\` + runPath + `\` + AutostartValue, Command: command})
		}
	}
	return found
}

// turnedOff reads the decisions of the Task Manager's start-up page: an odd first byte
// in a value means off. Windows has no documentation of it; without the value, or with
// another form of it, the entry counts.
func turnedOff(root registry.Key) bool {
	key, err := registry.OpenKey(root, `Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run`, registry.QUERY_VALUE|registry.WOW64_64KEY)
	if err != nil {
		return false
	}
	defer func() { _ = key.Close() }()
	value, _, err := key.GetBinaryValue(AutostartValue)
	return err == nil && len(value) > 0 && value[0]&1 == 1
}
