//go:build !linux

package desktop

// AlsoAt are other runtime directories for an agent of this user. Only Linux has them.
func (p Paths) AlsoAt() []string { return nil }
