package house

import (
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// size is how much one type is. What an embedded struct brings counts as the type's own,
// so that moving things into a box does not make it smaller.
type size struct{ fields, methods, mutexes int }

// largest is what a person can keep in mind.
func largest() size { return size{fields: 20, methods: 30, mutexes: 2} }

// tooLarge are the types that are larger for now. Whoever makes one small enough takes its
// row away.
func tooLarge() map[string]bool {
	return map[string]bool{}
}

func (s size) within(limit size) bool {
	return s.fields <= limit.fields && s.methods <= limit.methods && s.mutexes <= limit.mutexes
}

func TestNoTypeIsTooLarge(t *testing.T) {
	known, found := tooLarge(), map[string]size{}
	for _, system := range []string{"linux", "windows", "darwin"} {
		sizes, err := sizesOf(system, "app/agent", "app/session", "app/settings", "app/ui")
		if err != nil {
			t.Fatal(err)
		}
		for name, s := range sizes {
			f := found[name]
			found[name] = size{max(f.fields, s.fields), max(f.methods, s.methods), max(f.mutexes, s.mutexes)}
		}
	}
	if len(found) < 50 {
		t.Fatalf("only %d types were found: this test looks in the wrong place", len(found))
	}
	for name, s := range found {
		switch {
		case known[name] && s.within(largest()):
			t.Errorf("%s is no longer too large: take it out of tooLarge", name)
		case !known[name] && !s.within(largest()):
			t.Errorf("%s has %+v, with what it embeds; no type of these rooms may have more than %+v", name, s, largest())
		}
		delete(known, name)
	}
	for name := range known {
		t.Errorf("there is no %s any more: take it out of tooLarge", name)
	}
}

// The counting itself.
func TestSizesCountWhatIsEmbedded(t *testing.T) {
	rooms := newRooms("linux")
	file, err := parser.ParseFile(rooms.files, "box.go", `package box
import "sync"
type box struct { a, b int; sync.Mutex }
func (b *box) open() {}
func (b box) close() {}
type reader interface { read(); write() }
type whole struct { *box; reader; mu sync.RWMutex; other inner }
func (w *whole) open() {}
func (w *whole) shake() {}
type inner struct { c, d, e int; mu sync.Mutex }
type same whole
`, 0)
	if err != nil {
		t.Fatal(err)
	}
	pkg := rooms.check("box", []*ast.File{file})
	for name, want := range map[string]size{
		"box":   {fields: 3, methods: 2, mutexes: 1},
		"whole": {fields: 7, methods: 3, mutexes: 2}, // box, a, b, Mutex, reader, mu, other; open, close, shake
		"same":  {fields: 7, methods: 2, mutexes: 2}, // a defined type keeps what is embedded
	} {
		if got := sizeOf(pkg.Scope().Lookup(name).Type()); got != want {
			t.Errorf("%s is %+v, want %+v", name, got, want)
		}
	}
}

// sizesOf measures the types of rooms and of the folders in them, as they are on a system.
func sizesOf(system string, names ...string) (map[string]size, error) {
	rooms, sizes := newRooms(system), map[string]size{}
	for _, name := range names {
		err := filepath.WalkDir(filepath.Join(root, name), func(folder string, d fs.DirEntry, err error) error {
			if err != nil || !d.IsDir() {
				return err
			}
			if d.Name() == "testdata" {
				return fs.SkipDir
			}
			rel, err := filepath.Rel(root, folder)
			if err != nil {
				return err
			}
			room := filepath.ToSlash(rel)
			pkg, err := rooms.Import(module + room)
			if err != nil {
				return err
			}
			for _, name := range pkg.Scope().Names() {
				if known, ok := pkg.Scope().Lookup(name).(*types.TypeName); ok && !known.IsAlias() {
					sizes[room+"."+name] = sizeOf(known.Type())
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return sizes, nil
}

// rooms reads the types of this module's packages from their source. Other modules' are
// empty, so that nothing has to be compiled, cgo least of all: what is embedded of theirs
// does not count. Only mutexes are known.
type rooms struct {
	context build.Context
	files   *token.FileSet
	read    map[string]*types.Package
}

func newRooms(system string) *rooms {
	r := &rooms{context: build.Default, files: token.NewFileSet(), read: map[string]*types.Package{}}
	r.context.GOOS, r.context.GOARCH, r.context.CgoEnabled = system, "amd64", true
	locks := types.NewPackage("sync", "sync")
	for _, name := range []string{"Mutex", "RWMutex"} {
		known := types.NewTypeName(token.NoPos, locks, name, nil)
		types.NewNamed(known, types.NewStruct(nil, nil), nil)
		locks.Scope().Insert(known)
	}
	locks.MarkComplete()
	r.read["sync"] = locks
	return r
}

// Import implements [types.Importer].
func (r *rooms) Import(name string) (*types.Package, error) {
	if pkg, known := r.read[name]; known {
		return pkg, nil
	}
	room, own := strings.CutPrefix(name, module)
	if !own {
		pkg := types.NewPackage(name, path.Base(name))
		pkg.MarkComplete()
		r.read[name] = pkg
		return pkg, nil
	}
	folder := filepath.Join(root, filepath.FromSlash(room))
	found, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		return nil, err
	}
	var files []*ast.File
	for _, file := range found {
		if fits, err := r.context.MatchFile(folder, filepath.Base(file)); err != nil || !fits || strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(r.files, file, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		files = append(files, parsed)
	}
	return r.check(name, files), nil
}

func (r *rooms) check(name string, files []*ast.File) *types.Package {
	lenient := types.Config{Importer: r, Error: func(error) {}, IgnoreFuncBodies: true, FakeImportC: true}
	pkg, _ := lenient.Check(name, r.files, files, nil) // what other modules define is missing
	r.read[name] = pkg
	return pkg
}

func sizeOf(t types.Type) size {
	var s size
	if body, ok := t.Underlying().(*types.Struct); ok {
		s = inside(body, map[types.Type]bool{t: true})
	}
	if types.IsInterface(t) {
		return s
	}
	all := types.NewMethodSet(types.NewPointer(t))
	for i := range all.Len() {
		if !types.IsInterface(all.At(i).Obj().(*types.Func).Signature().Recv().Type()) {
			s.methods++
		}
	}
	return s
}

// inside counts the fields of a struct, and those that it embeds, each type once.
func inside(body *types.Struct, seen map[types.Type]bool) (s size) {
	for field := range body.Fields() {
		s.fields++
		t := field.Type()
		if pointer, ok := t.(*types.Pointer); ok {
			t = pointer.Elem()
		}
		if named, ok := t.(*types.Named); ok && named.Obj().Pkg() != nil && named.Obj().Pkg().Path() == "sync" {
			s.mutexes++
		}
		embedded, ok := t.Underlying().(*types.Struct)
		if !field.Embedded() || !ok || seen[t] {
			continue
		}
		seen[t] = true
		more := inside(embedded, seen)
		s.fields, s.mutexes = s.fields+more.fields, s.mutexes+more.mutexes
	}
	return s
}
