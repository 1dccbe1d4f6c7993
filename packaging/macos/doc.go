// Package macos holds what makes Portico an application of macOS: the bundle, the
// package, the LaunchAgent and the scripts around them. Its tests check everything that
// can be checked elsewhere: the property lists, and the scripts against stand-ins for
// Apple's programs. The package itself is built on a Mac, by build.sh.
package macos
