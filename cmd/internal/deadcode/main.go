// Command deadcode is `make deadcode`: it names Portico's functions and packages used by
// no program on any system. The table in allowed.go has the exceptions.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// analysis follows the calls from each main, through interfaces too.
const analysis = "golang.org/x/tools/cmd/deadcode@v0.52.0"

// Fyne's tag for computers without a screen leaves out cgo.
const tags = "-tags=ci"

// systems have programs. On macOS Fyne needs cgo in any case.
func systems() []system {
	return []system{{name: "linux", window: true}, {name: "windows", window: true}, {name: "darwin"}}
}

type system struct {
	name string
	// window: the programs with Fyne can be read as well.
	window bool
}

func main() {
	complaints, err := run()
	if err != nil {
		fmt.Fprintln(os.Stderr, "make deadcode:", err)
		os.Exit(1)
	}
	for _, c := range complaints {
		fmt.Fprintln(os.Stderr, c.of, c.wrong)
	}
	if len(complaints) > 0 {
		os.Exit(1)
	}
	fmt.Println("make deadcode: every function and package is used, or in " + table)
}

func run() ([]complaint, error) {
	all, err := packages("linux", "./...")
	if err != nil {
		return nil, err
	}
	f := findings{}
	for _, s := range systems() {
		of, err := packages(s.name, "./...")
		if err != nil {
			return nil, err
		}
		programs := of.programs(s)
		held, err := packages(s.name, append([]string{"-deps"}, programs...)...)
		if err != nil {
			return nil, err
		}
		unreachable, err := analyse(s.name, programs)
		if err != nil {
			return nil, err
		}
		f.add(held, unreachable)
	}
	return f.judge(all, allowed()), nil
}

// listed is a package as go list tells it.
type listed struct {
	ImportPath, Name, Dir string
	GoFiles, CgoFiles     []string
	Module                *struct{ Main bool }
}

// rooms are packages of Portico's.
type rooms []listed

// programs are the mains of a system.
func (r rooms) programs(s system) (paths []string) {
	for _, p := range r {
		window := strings.HasSuffix(p.ImportPath, "/cmd/portico") || strings.HasSuffix(p.ImportPath, "/cmd/portico-demo")
		if p.Name == "main" && len(p.GoFiles) > 0 && (s.window || !window) {
			paths = append(paths, p.ImportPath)
		}
	}
	return paths
}

// files are the sources of these packages, from the root of the module.
func (r rooms) files(root string) (files []string) {
	for _, p := range r {
		for _, name := range append(p.GoFiles, p.CgoFiles...) {
			if rel, err := filepath.Rel(root, filepath.Join(p.Dir, name)); err == nil {
				files = append(files, filepath.ToSlash(rel))
			}
		}
	}
	return files
}

// packages are Portico's own in the answer of go list.
func packages(system string, args ...string) (rooms, error) {
	out, err := tool(system, append([]string{"list", "-e", tags, "-json=ImportPath,Name,Dir,GoFiles,CgoFiles,Module"}, args...)...)
	if err != nil {
		return nil, err
	}
	var found rooms
	for d := json.NewDecoder(bytes.NewReader(out)); d.More(); {
		var p listed
		if err := d.Decode(&p); err != nil {
			return nil, fmt.Errorf("read the list of packages: %w", err)
		}
		if p.Module != nil && p.Module.Main {
			found = append(found, p)
		}
	}
	return found, nil
}

// analyse names the functions in these programs without a way to them, as
// "file: function".
func analyse(system string, programs []string) ([]string, error) {
	// Built for this computer: with the other system's GOOS go run would build the tool for that.
	path, err := installed()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(path, append([]string{tags, "-json"}, programs...)...)
	out, err := output(cmd, system)
	if err != nil {
		return nil, err
	}
	var of []struct {
		Funcs []struct {
			Name     string
			Position struct{ File string }
		}
	}
	if err := json.Unmarshal(out, &of); err != nil {
		return nil, fmt.Errorf("read the report of deadcode: %w", err)
	}
	var names []string
	for _, p := range of {
		for _, f := range p.Funcs {
			names = append(names, filepath.ToSlash(f.Position.File)+": "+f.Name)
		}
	}
	return names, nil
}

// installed is the path of the tool; it is put into bin.
func installed() (string, error) {
	bin, err := filepath.Abs("bin")
	if err != nil {
		return "", err
	}
	cmd := exec.Command("go", "install", analysis)
	cmd.Env = append(os.Environ(), "GOBIN="+bin, "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("install %s: %w\n%s", analysis, err, out)
	}
	return filepath.Join(bin, "deadcode"), nil
}

func tool(system string, args ...string) ([]byte, error) {
	return output(exec.Command("go", args...), system)
}

func output(cmd *exec.Cmd, system string) ([]byte, error) {
	var wrong bytes.Buffer
	cmd.Env, cmd.Stderr = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0"), &wrong
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s for %s: %w\n%s", filepath.Base(cmd.Path), system, err, wrong.Bytes())
	}
	return out, nil
}
