//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portico-desktop/portico/cmd/internal/demoportal"
	"github.com/portico-desktop/portico/cmd/internal/stage"
)

// scriptedPart is a part that needs nothing and says how it ends.
func scriptedPart(name string, err error) part {
	return part{name, "Part " + name, stage.Params{KeyStore: stage.NoSessionBus}, func(r *room, _ context.Context, _ options) error {
		if err == nil {
			r.say("%s was measured.", name)
		}
		return err
	}}
}

func TestWhatIsMissingStopsNothing(t *testing.T) {
	var report bytes.Buffer
	b := &bench{report: &report, log: io.Discard, builds: []build{{}}}
	err := b.measure(t.Context(), options{}, []part{
		scriptedPart("silent", fmt.Errorf("start: %w", &stage.Missing{Program: "gnome-keyring-daemon", Package: "gnome-keyring"})),
		scriptedPart("herd", lack{errors.New("there is no provider")}),
		scriptedPart("sizes", nil),
	})
	if err != nil {
		t.Errorf("what is missing is nobody's fault: %v", err)
	}
	for _, want := range []string{
		"## Part silent\n\n\nNot measured, since something is missing here: start: gnome-keyring-daemon is not installed; install the system package gnome-keyring.\n",
		"Not measured, since something is missing here: there is no provider.\n",
		"sizes was measured.",
	} {
		if !strings.Contains(report.String(), want) {
			t.Errorf("there is no %q in\n%s", want, &report)
		}
	}
}

func TestAFailureLeavesTheOtherParts(t *testing.T) {
	var report bytes.Buffer
	b := &bench{report: &report, log: io.Discard, builds: []build{{}}}
	err := b.measure(t.Context(), options{}, []part{scriptedPart("silent", errors.New("status ended with 1")), scriptedPart("sizes", nil)})
	if err == nil || !strings.Contains(err.Error(), "silent: status ended with 1") {
		t.Errorf("nobody hears of it: %v", err)
	}
	if !strings.Contains(report.String(), "Not measured, since it failed: status ended with 1.") || !strings.Contains(report.String(), "sizes was measured.") {
		t.Errorf("the report is\n%s", &report)
	}
}

func TestParts(t *testing.T) {
	all, err := choose(strings.Join(partNames(), ","))
	if err != nil || len(all) != len(parts()) {
		t.Errorf("%d of %d parts, %v", len(all), len(parts()), err)
	}
	if _, err := choose("sizes,speed"); err == nil || !strings.Contains(err.Error(), `"speed"; there are sizes,`) {
		t.Errorf("a part that is not there: %v", err)
	}
}

// A real run, of what needs nothing but programs: curl where it is, and here a
// script in the place of each of ours.
func TestRunOfWhatNeedsNothing(t *testing.T) {
	if err := stage.Require("curl"); err != nil {
		t.Skip(err)
	}
	var report bytes.Buffer
	dir := t.TempDir()
	for _, name := range programs() {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	portal, err := demoportal.Params{}.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer portal.Close()
	b := &bench{report: &report, log: io.Discard, builds: []build{{dir: dir}, {dir: dir, from: "the same", other: true}}, portal: portal}
	chosen, err := choose("sizes,version")
	if err != nil {
		t.Fatal(err)
	}
	if err := b.measure(t.Context(), options{pairs: 1}, chosen); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"| portico-agent | 0.0 |", "| porticoctl version (the other build) |", "| curl --version |", "* porticoctl version: ", "The other one is the same."} {
		if !strings.Contains(report.String(), want) {
			t.Errorf("there is no %q in\n%s", want, &report)
		}
	}
}
