package desktop

import (
	"strconv"

	"golang.org/x/sys/windows"
)

// LogOnSession tells the log-on sessions of one user on one computer apart, if each has
// a Portico of its own: on Windows it is the number of the session
// (ProcessIdToSessionId), as on a terminal server. On other systems it is "": the
// runtime directory is the user's, and so is the one agent in it.
func LogOnSession() string {
	var id uint32
	if err := windows.ProcessIdToSessionId(windows.GetCurrentProcessId(), &id); err != nil {
		return ""
	}
	return strconv.FormatUint(uint64(id), 10)
}
