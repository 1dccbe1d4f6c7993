//go:build !linux

package desktop

// ReleaseProgram does nothing here: a Mac's and Windows' lists of programs do not count
// such pages in what a program uses, and Windows' call to release them takes the
// program's own data along, which would have to be written to the page file.
func ReleaseProgram() error { return nil }
