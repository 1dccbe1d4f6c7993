package diag

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/portico-desktop/portico/app/redact"
	"github.com/portico-desktop/portico/assets"
	"github.com/portico-desktop/portico/auth/fetch"
)

// crashLimit bounds the reading of a crash, in bytes: the stacks of all goroutines.
const crashLimit = 256 << 10

// Programs lists the programs with kept crashes.
func Programs() []string { return []string{"portico-agent", "portico"} }

// The runtime writes to crashFile. lastCrash is its content, found at a later start.
func crashFile(dir, program string) string { return filepath.Join(dir, program+".crash") }
func lastCrash(dir, program string) string { return filepath.Join(dir, program+".last-crash") }

// KeepCrashes has the runtime write a panic or a fatal error of this process to a file
// in dir, besides standard error. The crash of an earlier run is kept as the last one,
// without secrets; until then the file holds the panic's words as they are. If dir
// cannot be written, nothing is kept.
func KeepCrashes(dir, program string) error {
	if err := keepLast(dir, program); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("keep crashes: %w", err)
	}
	f, err := createShared(crashFile(dir, program))
	if err != nil {
		return fmt.Errorf("keep crashes: %w", err)
	}
	defer f.Close() // the runtime has a handle of its own
	fmt.Fprintf(f, "%s %s, %s, %s/%s, started %s\n", program, assets.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH, time.Now().UTC().Format(time.RFC3339))
	if err := debug.SetCrashOutput(f, debug.CrashOptions{}); err != nil {
		return fmt.Errorf("keep crashes: %w", err)
	}
	return nil
}

// keepLast puts a crash of an earlier run aside.
func keepLast(dir, program string) error {
	text, at, err := readCrash(crashFile(dir, program))
	if err != nil || text == "" {
		return err
	}
	path := lastCrash(dir, program)
	if err := fetch.WriteFile(path, []byte(redact.Text(text))); err != nil {
		return fmt.Errorf("keep the last crash: %w", err)
	}
	_ = os.Chtimes(path, at, at) // its time is when it happened
	return nil
}

// readCrash is the runtime's text, and its time; "" for nothing beyond the program's
// own first line.
func readCrash(path string) (string, time.Time, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", time.Time{}, nil
	}
	if err != nil {
		return "", time.Time{}, fmt.Errorf("read the last crash: %w", err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return "", time.Time{}, fmt.Errorf("read the last crash: %w", err)
	}
	if _, rest, _ := bytes.Cut(raw, []byte("\n")); len(bytes.TrimSpace(rest)) == 0 {
		return "", time.Time{}, nil
	}
	return string(raw[:min(len(raw), crashLimit)]), info.ModTime(), nil
}

// Crashes returns the last crash of each program, without secrets, "" when there is
// none. A program that has not started again since its crash is among them.
func Crashes(dir string) (string, error) {
	var b strings.Builder
	var problems []error
	for _, program := range Programs() {
		text, at, err := readCrash(crashFile(dir, program))
		if text == "" {
			var kept error
			text, at, kept = readCrash(lastCrash(dir, program))
			err = errors.Join(err, kept)
		}
		if err != nil {
			problems = append(problems, err)
		}
		if text != "" {
			fmt.Fprintf(&b, "Crashed %s\n%s\n", at.UTC().Format(time.RFC3339), redact.Text(strings.TrimSpace(text)))
		}
	}
	return b.String(), errors.Join(problems...)
}
