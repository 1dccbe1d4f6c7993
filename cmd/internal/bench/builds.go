//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/portico-desktop/portico/cmd/internal/stage"
)

// build is a folder with the programs of Portico that are measured.
type build struct {
	dir string
	// from says where they come from, for people: a commit if one is known.
	from string
	// commit is what has to be built into dir before, "" for nothing.
	commit string
	// other marks the one that AGAINST names. What it cannot do is missing from the
	// report, and stops nothing.
	other bool
}

func (b build) program(name string) string { return filepath.Join(b.dir, name) }

// programs are what a build has to have.
func programs() []string { return []string{"portico", "portico-agent", "porticoctl"} }

// findBuilds returns this build, from the folder PORTICO_BIN_DIR, and the other one if
// against names one.
func findBuilds(against, from string) ([]build, error) {
	own := os.Getenv("PORTICO_BIN_DIR")
	if own == "" {
		return nil, errors.New("PORTICO_BIN_DIR has to name the folder with the built programs; `make bench` does it")
	}
	builds := []build{{dir: own, from: "this build"}}
	if commit := describe("HEAD"); commit != "" {
		builds[0].from = "commit " + commit
		if changed, err := git("status", "--porcelain", "--untracked-files=no"); err != nil || changed != "" {
			builds[0].from += ", changed since"
		}
	}
	if against == "" {
		return builds, nil
	}
	other, err := findOther(against, from, own)
	if err != nil {
		return nil, err
	}
	return append(builds, other), nil
}

// whatToPass ends every refusal of AGAINST.
const whatToPass = "AGAINST takes a commit, or the folder that holds another build's portico, portico-agent and porticoctl, such as the bin/ of another checkout after \"make build\" there"

// findOther returns the build that AGAINST names: a folder, or else a commit of the
// checkout here. A relative path starts at the folder from. own is where this build's
// programs are, or will be; a commit's are kept below it.
func findOther(against, from, own string) (build, error) {
	dir := filepath.Clean(against)
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(from, dir)
	}
	refuse := func(format string, args ...any) (build, error) {
		return build{}, fmt.Errorf("AGAINST=%s: "+format+"; %s", append(append([]any{against}, args...), whatToPass)...)
	}
	info, err := os.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		commit, err := git("rev-parse", "--verify", "--quiet", "--end-of-options", against+"^{commit}")
		if err != nil {
			return refuse("there is no folder %s and no such commit", dir)
		}
		return build{dir: filepath.Join(own, "against", commit), from: "commit " + describe(commit), commit: commit, other: true}, nil
	}
	switch {
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
	return build{dir: dir, from: dir, other: true}, nil
}

// git asks git about the checkout here, and returns its answer without the last
// line's end.
func git(args ...string) (string, error) {
	out, err := exec.Command("git", args...).Output()
	return strings.TrimSpace(string(out)), err
}

// describe is a commit for people, "" for none.
func describe(commit string) string {
	said, err := git("log", "-1", "--format=%h of %cs (%s)", commit, "--")
	if err != nil {
		return ""
	}
	return said
}

// make builds a commit's programs by its own Makefile, unless that was done before.
func (b build) make(ctx context.Context, log io.Writer) error {
	if b.commit == "" || len(lackingPrograms(b.dir)) == 0 {
		return nil
	}
	source, err := os.MkdirTemp("", "against")
	if err != nil {
		return err
	}
	defer os.RemoveAll(source)
	root, err := stage.ModuleRoot()
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "Building %s …\n", b.from)
	for _, c := range []*exec.Cmd{
		exec.CommandContext(ctx, "sh", "-c", `git -C "$1" archive "$2" | tar -x -C "$3"`, "sh", root, b.commit, source),
		exec.CommandContext(ctx, "make", "-C", source, "build", "BIN="+b.dir),
	} {
		var said strings.Builder
		c.Stdout, c.Stderr = io.MultiWriter(log, &said), io.MultiWriter(log, &said)
		// The settings of the make around this run are not for this one, and neither is
		// CGO_ENABLED.
		for _, v := range os.Environ() {
			if name, _, _ := strings.Cut(v, "="); !strings.HasPrefix(name, "MAKE") && name != "MFLAGS" && name != "CGO_ENABLED" {
				c.Env = append(c.Env, v)
			}
		}
		if err := c.Run(); err != nil {
			return fmt.Errorf("build %s: %w\n%s", b.from, err, said.String())
		}
	}
	return nil
}

// copyBuilds copies the programs below dir, and returns the copies. A program fresh
// from the linker starts up to a third slower than the same bytes copied, as an
// installed one is: the pages in memory are laid out otherwise.
func copyBuilds(builds []build, dir string) ([]build, error) {
	copies := make([]build, len(builds))
	for i, b := range builds {
		copies[i] = build{dir: filepath.Join(dir, fmt.Sprintf("build-%d", i+1)), from: b.from, other: b.other}
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

// lackingPrograms names the programs missing in a folder.
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
