package drawing

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portico-desktop/portico/app/localapi"
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
		if !errors.As(err, &refused) || !strings.Contains(refused.Reason, "takes more than") || refused.Passing != strings.Contains(refused.Reason, "processor") {
			t.Errorf("%s: %+v, %v", name, refused, err)
		}
	}
}

// Names under which this test's own program does something else than examine.
const (
	crashing = "crashing.exe"
	older    = "older.exe"
)

// actAsNamed is what it does then.
func actAsNamed() {
	switch filepath.Base(os.Args[0]) {
	case crashing:
		fmt.Print(picture.Handshake)
		panic("crashed")
	case older:
		os.Exit(localapi.ExitUsage)
	}
}

// copyAs is this test's own program under a name.
func copyAs(t *testing.T, name string) string {
	t.Helper()
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(own)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, program, 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

// One that has begun and crashes says that the picture is no good.
func TestCrashOfAnExaminationRefusesThePicture(t *testing.T) {
	crashes := copyAs(t, crashing)
	_, err := picture.Examiner{Program: func() (string, error) { return crashes, nil }}.Check(t.Context(), []byte(svg(`<path d="M0 0h9v9z"/>`)))
	var refused *picture.Refused
	if !errors.As(err, &refused) || !strings.Contains(refused.Reason, "crashes") || refused.Passing {
		t.Errorf("%+v, %v", refused, err)
	}
}

// A picture is not refused for what is wrong with this computer.
func TestWhatCannotBeExaminedIsNotRefused(t *testing.T) {
	logo := []byte(svg(`<path d="M0 0h9v9z"/>`))
	// An older console does not know the argument, and ends as for any wrong one.
	programs := []string{filepath.Join(t.TempDir(), "missing"), copyAs(t, older)}
	for _, code := range []int{0, 1, 2, picture.ExitTime, picture.ExitMemory} {
		other := filepath.Join(t.TempDir(), "program")
		if err := os.WriteFile(other, fmt.Appendf(nil, "#!/bin/sh\nexit %d\n", code), 0o700); err != nil {
			t.Fatal(err)
		}
		programs = append(programs, other)
	}
	for _, program := range programs {
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
