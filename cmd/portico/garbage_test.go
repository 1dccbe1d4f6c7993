package main

import (
	"runtime/debug"
	"testing"
)

func TestGarbageIsCollectedLessWhileTheWindowOpens(t *testing.T) {
	before := debug.SetGCPercent(100)
	defer debug.SetGCPercent(before)
	now := func() int {
		percent := debug.SetGCPercent(100)
		debug.SetGCPercent(percent)
		return percent
	}
	after := collectLess(func(name string) string { return map[string]string{"GOGC": "50"}[name] })
	if got := now(); got != 100 {
		t.Errorf("somebody has decided: %d", got)
	}
	after()
	after = collectLess(func(string) string { return "" })
	if got := now(); got != 400 {
		t.Errorf("it opens: %d", got)
	}
	after()
	if got := now(); got != 100 {
		t.Errorf("it is open: %d", got)
	}
}
