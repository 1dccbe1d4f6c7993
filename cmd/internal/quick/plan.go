package main

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
)

// rules name packages to leave out, by patterns such as ./app/ui/...
type rules struct{ window, slow, never []string }

// plan lists the packages to vet and test, and the importers left out.
type plan struct{ plain, window, left []string }

// plan chooses by the changed files. all has every package with its imports and its tests'
// imports, the indirect ones included.
func (r rules) plan(files []string, all map[string][]string) plan {
	touched := map[string]bool{}
	for _, f := range files {
		if p := packageOf(f, all); p != "" {
			touched[p] = true
		}
	}
	var out plan
	for _, p := range slices.Sorted(maps.Keys(all)) {
		imports := slices.ContainsFunc(all[p], func(dep string) bool { return touched[dep] })
		switch {
		case !touched[p] && !imports, matches(p, []string{house}):
		case matches(p, r.never), !touched[p] && (matches(p, r.window) || matches(p, r.slow)):
			out.left = append(out.left, p)
		case matches(p, r.window):
			out.window = append(out.window, p)
		default:
			out.plain = append(out.plain, p)
		}
	}
	return out
}

// packageOf is the nearest package above a file, "" for none. A file beside the sources is
// embedded there, or read by a test.
func packageOf(file string, all map[string][]string) string {
	for dir := path.Dir(file); dir != "."; dir = path.Dir(dir) {
		if _, there := all["./"+dir]; there {
			return "./" + dir
		}
	}
	return ""
}

func matches(p string, patterns []string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		room, below := strings.CutSuffix(pattern, "/...")
		return p == room || below && strings.HasPrefix(p, room+"/")
	})
}

// packages lists the module's packages as ./DIR, each with its imports and its tests'.
func packages() (map[string][]string, error) {
	const module = "github.com/portico-desktop/portico"
	cmd := exec.Command("go", "list", "-e", "-test", "-f", `{{if .ForTest}}{{.ForTest}}{{else}}{{.ImportPath}}{{end}} {{join .Deps " "}}`, "./...")
	cmd.Env, cmd.Stderr = append(os.Environ(), "CGO_ENABLED=0"), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	all := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		name, own := strings.CutPrefix(fields[0], module+"/")
		name = strings.TrimSuffix(name, ".test")
		if !own {
			continue
		}
		deps := all["./"+name]
		for _, dep := range fields[1:] {
			if dep, own := strings.CutPrefix(dep, module+"/"); own && dep != name {
				deps = append(deps, "./"+dep)
			}
		}
		all["./"+name] = deps
	}
	return all, nil
}
