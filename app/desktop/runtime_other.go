//go:build !linux

package desktop

// AlsoAt are other runtime directories in which an agent of this user may listen. Only
// Linux has them.
func (p Paths) AlsoAt() []string { return nil }
