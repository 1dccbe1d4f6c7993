//go:build !linux

package desktop

// Display names the display that this program opens its windows on, where a log-on
// session may have several. Here it has one, which is "".
func Display() string { return "" }
