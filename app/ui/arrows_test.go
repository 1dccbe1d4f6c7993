package ui

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestWindowKeepsToItsRoom holds what the package comment promises: the window
// reaches the agent through app/localapi alone and makes no request itself.
func TestWindowKeepsToItsRoom(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files, %v", err)
	}
	const module = "github.com/portico-desktop/portico/"
	allowed := map[string]bool{module + "app/localapi": true, module + "app/ui/kit": true, module + "app/words": true, module + "assets": true}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range parsed.Imports {
			path, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(path, module) && !allowed[path] || strings.HasPrefix(path, "net") || path == "os/exec" {
				t.Errorf("%s imports %s", file, path)
			}
		}
	}
}
