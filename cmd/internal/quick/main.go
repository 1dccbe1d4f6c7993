// Command quick is `make quick`: format, vet and the tests of the changed packages and of
// their importers. It leaves out everything slow, and says so.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// house holds rules over the whole source, and runs for every change.
const house = "./cmd/internal/house"

// builds is the test of house that builds programs.
const builds = "TestProgramsWithoutAWindowStayWithinTheirSizes"

func main() {
	since := flag.String("since", "", "compare with this `commit` (default: where the branch left main)")
	window := flag.String("window", "", "`patterns` of packages with Fyne, which are tested when they themselves change")
	slow := flag.String("slow", "", "`patterns` of packages with slow tests, which run when they themselves change")
	never := flag.String("never", "", "`patterns` of packages that are for make test alone")
	flag.Parse()
	began := time.Now()
	files, base, err := changed(*since)
	if err == nil {
		fmt.Printf("%d files differ from %s\n", len(files), base)
		err = check(files, rules{window: strings.Fields(*window), slow: strings.Fields(*slow), never: strings.Fields(*never)})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "make quick:", err)
		os.Exit(1)
	}
	fmt.Printf("make quick: passed in %s\n", time.Since(began).Round(time.Second))
}

// check runs everything for these changed files.
func check(files []string, r rules) error {
	if err := formatted(files); err != nil {
		return err
	}
	all, err := packages()
	if err != nil {
		return err
	}
	p := r.plan(files, all)
	if len(p.plain) > 0 {
		if err := run("CGO_ENABLED=0", "vet", p.plain...); err != nil {
			return err
		}
		if err := run("CGO_ENABLED=0", "test", p.plain...); err != nil {
			return err
		}
	}
	if err := run("CGO_ENABLED=0", "test", "-skip", builds, house); err != nil {
		return err
	}
	if len(p.window) > 0 {
		if err := run("", "vet", p.window...); err != nil {
			return err
		}
		if err := run("", "test", p.window...); err != nil {
			return err
		}
	}
	fmt.Println("Left out, and for make test: -race, the other systems, built programs,", builds)
	if len(p.left) > 0 {
		fmt.Println("Left out, although it imports what has changed:", strings.Join(p.left, " "))
	}
	if slices.Contains(files, "go.mod") || slices.Contains(files, "go.sum") {
		fmt.Println("Left out, although go.mod or go.sum has changed: what did not change itself")
	}
	return nil
}

// formatted fails with a list of the changed files in another format than gofmt's.
func formatted(files []string) error {
	var sources []string
	for _, f := range files {
		if _, err := os.Stat(f); err == nil && strings.HasSuffix(f, ".go") {
			sources = append(sources, f)
		}
	}
	if len(sources) == 0 {
		return nil
	}
	out, err := exec.Command("gofmt", append([]string{"-l"}, sources...)...).CombinedOutput()
	if err != nil || len(out) > 0 {
		return fmt.Errorf("gofmt would change:\n%s", out)
	}
	return nil
}

// run runs a command of Go with one more variable of the environment.
func run(variable, command string, args ...string) error {
	cmd := exec.Command("go", append([]string{command}, args...)...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), variable)
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("go %s: %w", command, err)
	}
	return nil
}

// changed lists the files changed since a commit, new ones not yet added included, and names
// the commit.
func changed(since string) (files []string, base string, err error) {
	for _, from := range []string{since, "main", "origin/main"} {
		if from == "" || base != "" {
			continue
		}
		if base, err = git("merge-base", "HEAD", from); err != nil && from == since {
			return nil, "", err
		}
	}
	if base == "" {
		base = "HEAD"
	}
	for _, args := range [][]string{
		{"diff", "--name-only", "--no-renames", base, "--"},
		{"ls-files", "--others", "--exclude-standard"},
	} {
		out, err := git(append([]string{"-c", "core.quotePath=false"}, args...)...)
		if err != nil {
			return nil, "", err
		}
		files = append(files, strings.FieldsFunc(out, func(r rune) bool { return r == '\n' })...)
	}
	return files, base, nil
}

func git(args ...string) (string, error) {
	out, err := exec.Command("git", args...).Output()
	if err != nil {
		return "", fmt.Errorf("git %s: %w", strings.Join(args, " "), err)
	}
	return strings.TrimSpace(string(out)), nil
}
