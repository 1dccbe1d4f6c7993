package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// costly are calls that work out what most starts never use. Beside a package's name of
// the standard library stands the beginning of the function's.
func costly(call *ast.CallExpr) (name string, ok bool) {
	of, isSelector := call.Fun.(*ast.SelectorExpr)
	if !isSelector {
		return "", false
	}
	from, isName := of.X.(*ast.Ident)
	if !isName {
		return "", false
	}
	name = from.Name + "." + of.Sel.Name
	for _, prefix := range []string{"regexp.", "template.", "json.Unmarshal", "x509."} {
		ok = ok || strings.HasPrefix(name, prefix)
	}
	return name, ok
}

// What a package works out when a program starts, every start pays for, also that of a
// command that says its version. It stands in a function, or in a sync.OnceValue.
func TestNothingIsWorkedOutBeforeMain(t *testing.T) {
	looked := 0
	for _, top := range []string{"app", "assets", "auth", "cmd/portico", "cmd/portico-agent", "cmd/porticoctl"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && (d.Name() == "testdata" || d.Name() == "authtest"):
				return filepath.SkipDir // which no program contains
			case d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
				return nil
			}
			looked++
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, path, nil, 0)
			if err != nil {
				return err
			}
			for _, declared := range file.Decls {
				if f, isFunc := declared.(*ast.FuncDecl); isFunc && f.Recv == nil && f.Name.Name == "init" {
					t.Errorf("%s: an init, which every start runs", set.Position(f.Pos()))
				}
				variables, isGeneral := declared.(*ast.GenDecl)
				if !isGeneral {
					continue
				}
				ast.Inspect(variables, func(n ast.Node) bool {
					if call, isCall := n.(*ast.CallExpr); isCall {
						if name, ok := costly(call); ok {
							t.Errorf("%s: %s at every start; a sync.OnceValue does it at the first use", set.Position(call.Pos()), name)
						}
					}
					_, inside := n.(*ast.FuncLit)
					return !inside
				})
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if looked < 200 {
		t.Errorf("only %d files were looked at", looked)
	}
}
