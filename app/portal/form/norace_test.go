//go:build !race

package form

// slower is how many times slower a program may be with the race detector.
const slower = 1
