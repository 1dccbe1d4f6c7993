//go:build !windows

package desktop

// Identify does nothing here: this desktop goes by the .desktop file or the
// bundle.
func Identify(...string) error { return nil }
