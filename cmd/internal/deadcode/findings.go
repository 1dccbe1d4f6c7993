package main

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// complaint is about a function, a package or a row of the table.
type complaint struct{ of, wrong string }

const table = "cmd/internal/deadcode/allowed.go"

// findings are the analyses of all systems.
type findings struct {
	// compiled counts for each file the systems with it in their programs.
	compiled map[string]int
	// unreachable counts those of them without a way to a function.
	unreachable map[string]int
}

func (f *findings) add(held rooms, unreachable []string) {
	if f.compiled == nil {
		f.compiled, f.unreachable = map[string]int{}, map[string]int{}
	}
	root, err := os.Getwd()
	if err != nil {
		return // go list would have failed before
	}
	for _, file := range held.files(root) {
		f.compiled[file]++
	}
	slices.Sort(unreachable)
	for _, name := range slices.Compact(unreachable) {
		f.unreachable[name]++
	}
}

// judge compares with the table: it complains of new ones, and of rows for nothing. A
// function used on another system is alive.
func (f *findings) judge(all rooms, rows []row) (complaints []complaint) {
	needed := make([]bool, len(rows))
	covers := func(name string) bool {
		at := slices.IndexFunc(rows, func(r row) bool { return r.covers(name) })
		if at >= 0 {
			needed[at] = true
		}
		return at >= 0
	}
	for name, times := range f.unreachable {
		file, _, _ := strings.Cut(name, ": ")
		if times >= f.compiled[file] && !covers(name) {
			complaints = append(complaints, complaint{name, "is used by no program: take it away, or say why not in " + table})
		}
	}
	root, err := os.Getwd()
	if err != nil {
		return append(complaints, complaint{".", err.Error()})
	}
	for _, p := range all {
		if len(p.GoFiles) == 1 && p.GoFiles[0] == "doc.go" {
			continue // a folder of tests
		}
		files := rooms{p}.files(root)
		used := slices.ContainsFunc(files, func(file string) bool { return f.compiled[file] > 0 })
		if folder := dir(p, root); len(files) > 0 && !used && !covers(folder+"/") {
			complaints = append(complaints, complaint{folder + "/", "is in no program: take it away, or say why not in " + table})
		}
	}
	for i, r := range rows {
		if !needed[i] {
			complaints = append(complaints, complaint{r.what, "is used by now: take its row out of " + table})
		}
		if r.why == "" {
			complaints = append(complaints, complaint{r.what, "has no reason in " + table})
		}
	}
	slices.SortFunc(complaints, func(a, b complaint) int { return strings.Compare(a.of, b.of) })
	return complaints
}

func dir(p listed, root string) string {
	rel, err := filepath.Rel(root, p.Dir)
	if err != nil {
		return p.ImportPath
	}
	return filepath.ToSlash(rel)
}

// row allows something without a user.
type row struct {
	// what is a function as "file: name", with "*" for any rest of the name; or a folder
	// with everything in it, and then ends in "/".
	what string
	why  string
}

func (r row) covers(name string) bool {
	if strings.HasSuffix(r.what, "/") {
		return strings.HasPrefix(name, r.what)
	}
	matches, err := path.Match(r.what, name)
	return err == nil && matches
}
