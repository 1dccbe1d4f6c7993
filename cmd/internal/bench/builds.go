//go:build linux

package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// build is a folder with Portico's programs that are measured.
type build struct {
	dir string
	// from is where the programs were found, before [copyBuilds].
	from string
	// other marks the one that AGAINST names. What it cannot do is missing from the
	// report, and stops nothing.
	other bool
}

func (b build) program(name string) string { return filepath.Join(b.dir, name) }

// programs are what a build has to have.
func programs() []string { return []string{"portico", "portico-agent", "porticoctl"} }

// findBuilds returns this build, whose folder PORTICO_BIN_DIR names, and the other
// one if against names one.
func findBuilds(against, from string) ([]build, error) {
	own := os.Getenv("PORTICO_BIN_DIR")
	if own == "" {
		return nil, errors.New("PORTICO_BIN_DIR has to name the folder with the built programs; `make bench` does it")
	}
	builds := []build{{dir: own}}
	if against == "" {
		return builds, nil
	}
	dir, err := findOther(against, from, own)
	if err != nil {
		return nil, err
	}
	return append(builds, build{dir: dir, other: true}), nil
}

// whatToPass ends every refusal of AGAINST.
const whatToPass = "AGAINST takes the folder that holds another build's portico, portico-agent and porticoctl, such as the bin/ of another checkout after \"make build\" there"

// findOther returns the folder that AGAINST names; a relative path counts from the
// folder from. own is where this build's programs are, or will be.
func findOther(against, from, own string) (string, error) {
	dir := filepath.Clean(against)
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(from, dir)
	}
	refuse := func(format string, args ...any) (string, error) {
		return "", fmt.Errorf("AGAINST=%s: "+format+"; %s", append(append([]any{against}, args...), whatToPass)...)
	}
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return refuse("there is no folder %s", dir)
	case err != nil:
		return refuse("%w", err)
	case !info.IsDir():
		return refuse("%s is a file", dir)
	}
	if mine, err := os.Stat(own); err == nil && os.SameFile(info, mine) {
		return refuse("this is where this build's own programs are made, so that it would be measured against itself")
	}
	if lacking := lackingPrograms(dir); len(lacking) > 0 {
		hint := ""
		if below := filepath.Join(dir, "bin"); len(lackingPrograms(below)) == 0 {
			hint = " (" + below + " has them)"
		}
		return refuse("%s has no %s that can be run%s", dir, strings.Join(lacking, " and no "), hint)
	}
	return dir, nil
}

// copyBuilds copies the programs below dir, and returns the copies. A program that
// the linker has just written starts up to a third slower than the same bytes
// copied, as an installed one is: the pages in memory are laid out otherwise.
func copyBuilds(builds []build, dir string) ([]build, error) {
	copies := make([]build, len(builds))
	for i, b := range builds {
		copies[i] = build{dir: filepath.Join(dir, fmt.Sprintf("build-%d", i+1)), from: b.dir, other: b.other}
		if err := os.Mkdir(copies[i].dir, 0o700); err != nil {
			return nil, err
		}
		for _, name := range programs() {
			if err := copyProgram(b.program(name), copies[i].program(name)); err != nil {
				return nil, err
			}
		}
	}
	return copies, nil
}

func copyProgram(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o700)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	if _, err := io.Copy(out, in); err != nil {
		return err
	}
	// Otherwise the disk would be busy with it while something is measured.
	return out.Sync()
}

// lackingPrograms names the programs that a folder does not have.
func lackingPrograms(dir string) []string {
	var lacking []string
	for _, name := range programs() {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || !info.Mode().IsRegular() || info.Mode().Perm()&0o111 == 0 {
			lacking = append(lacking, name)
		}
	}
	return lacking
}
