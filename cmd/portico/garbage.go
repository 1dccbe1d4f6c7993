package main

import "runtime/debug"

// collectLess has the garbage collected from 16 MB on instead of 4 while the window
// opens, unless somebody has decided on it: three collections fall into that time, and
// what they find is used for as long as the window is there. Call after once it is open.
func collectLess(env func(string) string) (after func()) {
	if env("GOGC") != "" {
		return func() {}
	}
	before := debug.SetGCPercent(400)
	return func() { debug.SetGCPercent(before) }
}
