//go:build !linux

package desktop

// Display names the display for this program's windows, on systems with several in a
// log-on session. Here there is one: "".
func Display() string { return "" }
