//go:build !linux

package desktop

// ReleaseProgram does nothing here. A Mac's and Windows' lists of programs do not count
// such pages as a program's. Windows' call to release them takes the program's own data
// along, and that would have to be written to the page file.
func ReleaseProgram() error { return nil }
