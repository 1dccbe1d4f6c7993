//go:build !race

package drawing

const raceEnabled = false
