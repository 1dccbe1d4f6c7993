// Command fyne prepares the Fyne for Portico's window: the version in go.mod, with small
// changes that wait upstream (UPSTREAM.md). An open window at rest then waits for events,
// where Fyne looks for them sixty times a second, and a window opens sooner.
//
//	go build -modfile="$(go run ./packaging/fyne)" ./cmd/portico
//
// It works in the repository's folder, copies Fyne from the module cache into .cache/fyne,
// and prints the name of the file in go.mod's place. Without it everything is built as
// well, with Fyne as it is; macOS is, since nobody has tried the changes there.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gofrs/flock"
)

// module is Fyne's, and made is the place of the changed one, from the repository's
// folder.
const (
	module = "fyne.io/fyne/v2"
	made   = ".cache/fyne"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "fyne:", err)
		os.Exit(1)
	}
	fmt.Println(made + ".mod")
}

func run() error {
	version, dir, err := pinned()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(made), 0o755); err != nil {
		return err
	}
	// Two builds may begin at once, and would put the copy in each other's way.
	alone := flock.New(made + ".lock")
	if err := alone.Lock(); err != nil {
		return err
	}
	defer func() { _ = alone.Unlock() }()
	if err := standIn(); err != nil {
		return err
	}
	stamp := stampFor(version)
	if last, err := os.ReadFile(filepath.Join(made, "portico.stamp")); err == nil && string(last) == stamp {
		return nil
	}
	fresh, err := os.MkdirTemp(filepath.Dir(made), "fyne.*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(fresh)
	if err := write(dir, fresh); err != nil {
		return fmt.Errorf("change Fyne %s: %w", version, err)
	}
	if err := os.WriteFile(filepath.Join(fresh, "portico.stamp"), []byte(stamp), 0o644); err != nil {
		return err
	}
	return errors.Join(os.Chmod(fresh, 0o755), os.RemoveAll(made), os.Rename(fresh, made))
}

// pinned is the Fyne that go.mod names.
func pinned() (version, dir string, err error) {
	download := exec.Command("go", "mod", "download", "-json", module)
	download.Stderr = os.Stderr
	out, err := download.Output()
	if err != nil {
		return "", "", fmt.Errorf("find %s: %w", module, err)
	}
	var found struct{ Version, Dir string }
	if err := json.Unmarshal(out, &found); err != nil {
		return "", "", err
	}
	return found.Version, found.Dir, nil
}

// standIn writes the files in the place of go.mod and go.sum. The go command does not
// let files of the module cache be overlaid (go help build, -overlay); it does let a
// module be replaced.
func standIn() error {
	for from, line := range map[string]string{"go.mod": "\nreplace " + module + " => ./" + made + "\n", "go.sum": ""} {
		text, err := os.ReadFile(from)
		if err != nil {
			return err
		}
		text = append(text, line...)
		to := made + filepath.Ext(from)
		if old, err := os.ReadFile(to); err == nil && bytes.Equal(old, text) {
			continue
		}
		if err := os.WriteFile(to, text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// stampFor changes with every part of the copy.
func stampFor(version string) string {
	sum := sha256.New()
	fmt.Fprintf(sum, "%q\n", changes())
	all := added()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(sum, "%q %q\n", name, all[name])
	}
	return fmt.Sprintf("%s %x\n", version, sum.Sum(nil))
}

// write copies what a build needs of Fyne, and changes it.
func write(from, to string) error {
	left := len(changes())
	err := filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if entry.Name() == "testdata" {
				return fs.SkipDir
			}
			return os.MkdirAll(filepath.Join(to, name), 0o755)
		}
		if strings.HasSuffix(name, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		changed, n, err := apply(filepath.ToSlash(name), string(text))
		if err != nil {
			return err
		}
		left -= n
		return os.WriteFile(filepath.Join(to, name), []byte(changed), 0o644)
	})
	if err != nil {
		return err
	}
	if left != 0 {
		return fmt.Errorf("%d of the changes belong to files that are not there", left)
	}
	for name, text := range added() {
		file, err := os.OpenFile(filepath.Join(to, filepath.FromSlash(name)), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err != nil {
			return err
		}
		_, err = file.WriteString(text)
		if err := errors.Join(err, file.Close()); err != nil {
			return err
		}
	}
	return nil
}
