// Package desktoptest starts parts of a desktop for tests, by themselves and real.
package desktoptest
