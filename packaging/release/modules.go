package main

import (
	"bytes"
	"cmp"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/google/licensecheck"
)

// module is something that a program was built from.
type module struct {
	Path, Version string
	// Sum is the go.sum line's hash, "" for Go itself and for a changed one.
	Sum string
	// Changed says that the programs hold it with a change of ours.
	Changed bool
	// Texts are its licence files.
	Texts []licence
}

// licence is one file.
type licence struct {
	Name string // within the module
	Text string
	// IDs are the SPDX names of the text, empty for notices and the like.
	IDs []string
}

// modules returns what the programs were built from, Go's own library included, by
// path. Two programs built from different versions of a module have both.
func modules(programs []string) ([]module, error) {
	found := map[string]module{}
	for _, program := range programs {
		info, err := buildinfo.ReadFile(program)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", program, err)
		}
		golang := module{Path: "std", Version: info.GoVersion}
		found[golang.Path+golang.Version] = golang
		for _, dep := range info.Deps {
			m := moduleOf(dep)
			found[m.Path+m.Version] = m
		}
	}
	var all []module
	for _, m := range found {
		dir, err := m.dir()
		if err != nil {
			return nil, err
		}
		if m.Texts, err = licences(dir); err != nil {
			return nil, fmt.Errorf("%s: %w", m.Path, err)
		}
		if len(m.ids()) == 0 {
			return nil, fmt.Errorf("%s %s has no licence that is recognised in %s", m.Path, m.Version, dir)
		}
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b module) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(a.Version, b.Version))
	})
	return all, nil
}

// moduleOf is what a program says that it was built from.
func moduleOf(dep *debug.Module) module {
	switch by := dep.Replace; {
	case by == nil:
		return module{Path: dep.Path, Version: dep.Version, Sum: dep.Sum}
	case strings.HasPrefix(by.Path, "./"): // a copy with changes in it (packaging/fyne)
		return module{Path: dep.Path, Version: dep.Version, Changed: true}
	default:
		return module{Path: by.Path, Version: by.Version, Sum: by.Sum}
	}
}

// ids are the SPDX names of all its licences.
func (m module) ids() []string {
	var ids []string
	for _, l := range m.Texts {
		for _, id := range l.IDs {
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	slices.Sort(ids)
	return ids
}

// dir is the folder of the module's files on this computer.
func (m module) dir() (string, error) {
	if m.Path == "std" {
		out, err := exec.Command("go", "env", "GOROOT").Output()
		return strings.TrimSpace(string(out)), err
	}
	cmd := exec.Command("go", "mod", "download", "-json", m.Path+"@"+m.Version)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("fetch %s %s: %w: %s", m.Path, m.Version, err, said.String())
	}
	var answer struct{ Dir string }
	if err := json.Unmarshal(out, &answer); err != nil {
		return "", fmt.Errorf("go mod download %s: %w", m.Path, err)
	}
	return answer.Dir, nil
}

var licenceFile = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|copyright|patents|ofl)([-._].*)?$`)

// code matches names that only look like a licence's.
var code = regexp.MustCompile(`(?i)\.(go|c|h|m|png|svg|json|html|js|py|sh)$`)

// licences reads the licence files of a folder and of everything below, since modules
// bring others' code along. Of Go's own folder only the one at its top counts: the
// others belong to its tools.
func licences(dir string) ([]licence, error) {
	var all []licence
	golang := false
	if _, err := os.Stat(filepath.Join(dir, "src", "runtime")); err == nil {
		golang = true
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != dir && (golang || slices.Contains([]string{"testdata", "vendor", "examples", "_examples", "example", "docs"}, d.Name())):
			return fs.SkipDir
		case d.IsDir() || !licenceFile.MatchString(d.Name()) || code.MatchString(d.Name()):
			return nil
		}
		raw, err := readText(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		l := licence{Name: filepath.ToSlash(rel), Text: raw}
		// Below three quarters a text only mentions a licence.
		if seen := licensecheck.Scan([]byte(raw)); seen.Percent >= 75 {
			for _, match := range seen.Match {
				if !match.IsURL && !slices.Contains(l.IDs, match.ID) {
					l.IDs = append(l.IDs, match.ID)
				}
			}
		}
		all = append(all, l)
		return nil
	})
	return all, err
}

// readText reads a text of at most 1 MiB with Unix line ends.
func readText(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, 1<<20+1))
	if err == nil && len(raw) > 1<<20 {
		err = errors.New(path + " is too large for a licence")
	}
	return strings.TrimSpace(strings.ReplaceAll(string(raw), "\r\n", "\n")), err
}
