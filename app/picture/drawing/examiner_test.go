package drawing

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portico-desktop/portico/app/picture"
)

func TestExaminerFindsWhatCheckFinds(t *testing.T) {
	// With the race detector each start of this test's own program takes seconds.
	left := 1000
	if raceEnabled {
		left = 6
	}
	for name, raw := range goodLogos(t) {
		if left--; left < 0 || raceEnabled && len(raw) > 10_000 {
			continue
		}
		want, _ := Check(raw)
		got, err := picture.Examiner{}.Check(t.Context(), raw)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, logo := range hostileLogos() {
		if left--; left < 0 {
			break
		}
		_, err := picture.Examiner{}.Check(t.Context(), []byte(logo.raw))
		var refused *picture.Refused
		if !errors.As(err, &refused) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// greedy are drawings whose reading alone takes too much, by name.
func greedy() map[string]string {
	sheet := func(declarations string) string {
		return svg(`<style>.a{` + declarations + `}</style>` + strings.Repeat(`<g class="a"/>`, 9000))
	}
	var many strings.Builder
	for i := range 15_000 {
		fmt.Fprintf(&many, "a%d:b;", i)
	}
	return map[string]string{
		"declarations for every element": sheet(many.String()),
		"dashes for every element":       sheet("stroke-dasharray:" + strings.Repeat("1 ", 55_000)),
	}
}

func TestExaminerEndsWhatTakesTooMuch(t *testing.T) {
	for name, raw := range greedy() {
		if len(raw) > picture.MaxBytes {
			t.Fatalf("%s: %d bytes", name, len(raw))
		}
		_, err := picture.Examiner{}.Check(t.Context(), []byte(raw))
		var refused *picture.Refused
		if !errors.As(err, &refused) || !strings.Contains(refused.Reason, "takes more than") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A picture is not refused for what is wrong with this computer.
func TestWhatCannotBeExaminedIsNotRefused(t *testing.T) {
	logo := []byte(svg(`<path d="M0 0h9v9z"/>`))
	other := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(other, []byte("#!/bin/sh\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, program := range []string{filepath.Join(t.TempDir(), "missing"), other} {
		_, err := picture.Examiner{Program: func() (string, error) { return program, nil }}.Check(t.Context(), logo)
		var refused *picture.Refused
		if err == nil || errors.As(err, &refused) {
			t.Errorf("%s: %v", program, err)
		}
	}
	t.Setenv("PORTICO_EXAMINATION", "1")
	if _, err := (picture.Examiner{}).Check(t.Context(), logo); err == nil || !strings.Contains(err.Error(), "RunExamination") {
		t.Errorf("within an examination: %v", err)
	}
}
