//go:build !linux

package desktop

// WaitForInherited does nothing here: Windows has no such children, and macOS does not
// tell of them.
func WaitForInherited() {}
