package api_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/portico-desktop/portico/app/portal/api"
	"github.com/portico-desktop/portico/assets/schema"
)

type shape struct {
	Type       string
	Ref        string `yaml:"$ref"`
	Enum       []string
	Required   []string
	Properties map[string]shape
	Items      *shape
	Additional any `yaml:"additionalProperties"`
}

func schemas(t *testing.T) map[string]shape {
	t.Helper()
	var file struct {
		Components struct{ Schemas map[string]shape }
	}
	if err := yaml.Unmarshal([]byte(schema.Portal()), &file); err != nil {
		t.Fatal(err)
	}
	return file.Components.Schemas
}

func documents() map[string]any {
	return map[string]any{
		"Portal": api.Portal{}, "Limits": api.Limits{}, "TokenAnswer": api.TokenAnswer{}, "TokenError": api.TokenError{}, "Sync": api.Sync{},
		"Me": api.Me{}, "Person": api.Person{}, "Gone": api.Gone{}, "Done": api.Done{}, "Versions": api.Versions{}, "Poll": api.Poll{},
		"Menus": api.Menus{}, "Menu": api.Menu{}, "Forms": api.Forms{}, "Form": api.Form{}, "Options": api.Options{}, "Option": api.Option{},
		"People": api.People{}, "Articles": api.Articles{}, "Article": api.Article{}, "Announcement": api.Announcement{}, "Ticket": api.Ticket{},
		"Status": api.Status{}, "Priority": api.Priority{}, "Link": api.Link{}, "File": api.File{}, "Entries": api.Entries{}, "Entry": api.Entry{},
		"TicketList": api.TicketList{}, "NewTicket": api.NewTicket{}, "NewEntry": api.NewEntry{}, "Created": api.Created{}, "Act": api.Act{},
		"Approval": api.Approval{}, "Decision": api.Decision{}, "Feedback": api.Feedback{}, "Problem": api.Problem{}, "FieldError": api.FieldError{},
	}
}

// Every property has its field, and every field its property, of the same kind.
func TestTypesAndFileAreInStep(t *testing.T) {
	file := schemas(t)
	of := map[reflect.Type]string{}
	for name, value := range documents() {
		of[reflect.TypeOf(value)] = name
	}
	for name, value := range documents() {
		described, ok := file[name]
		if !ok {
			t.Errorf("the file has no schema %s", name)
			continue
		}
		fields := map[string]reflect.StructField{}
		for _, f := range reflect.VisibleFields(reflect.TypeOf(value)) {
			if member, _, _ := strings.Cut(f.Tag.Get("json"), ","); member != "" && member != "-" {
				fields[member] = f
			}
		}
		for member, f := range fields {
			property, ok := described.Properties[member]
			if !ok {
				t.Errorf("%s: the file does not have %s", name, member)
				continue
			}
			if want, got := kindOf(f.Type, of), kindIn(property, file); want != got {
				t.Errorf("%s.%s: the type is %s, in the file %s", name, member, want, got)
			}
			_, options, _ := strings.Cut(f.Tag.Get("json"), ",")
			optional := strings.Contains(options, "omitempty") || strings.Contains(options, "omitzero")
			closed := described.Additional == false
			if closed && optional == slices.Contains(described.Required, member) {
				t.Errorf("%s.%s: left out when empty: %v, required in the file: %v", name, member, optional, !optional)
			}
		}
		for member := range described.Properties {
			if _, ok := fields[member]; !ok {
				t.Errorf("%s: the type does not have %s", name, member)
			}
		}
	}
	for name, s := range file {
		if _, ok := documents()[name]; s.Properties != nil && !ok && name != "TokenRequest" {
			t.Errorf("the schema %s has no type", name)
		}
	}
}

// kindOf is the kind of a value in JSON, with the schema's name for a document.
func kindOf(t reflect.Type, of map[reflect.Type]string) string {
	switch {
	case t.Kind() == reflect.Pointer:
		return kindOf(t.Elem(), of)
	case t == reflect.TypeFor[time.Time]():
		return "string"
	case t == reflect.TypeFor[json.RawMessage](), t.Kind() == reflect.Map:
		return "object"
	case of[t] != "":
		return of[t]
	case t.Kind() == reflect.Slice:
		return "array of " + kindOf(t.Elem(), of)
	case t.Kind() == reflect.Bool:
		return "boolean"
	case t.Kind() == reflect.String:
		return "string"
	}
	return "integer"
}

func kindIn(s shape, file map[string]shape) string {
	if name, ok := strings.CutPrefix(s.Ref, "#/components/schemas/"); ok {
		if file[name].Properties != nil {
			return name
		}
		return kindIn(file[name], file)
	}
	switch {
	case s.Type == "array":
		return "array of " + kindIn(*s.Items, file)
	case s.Type == "":
		return "string" // const and enum
	}
	return s.Type
}

// The words of the file are the package's constants.
func TestWordsAndFileAreInStep(t *testing.T) {
	words := map[string][]string{}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			if kind, ok := spec.Type.(*ast.Ident); ok {
				for _, v := range spec.Values {
					if lit, ok := v.(*ast.BasicLit); ok && lit.Kind == token.STRING {
						word, _ := strconv.Unquote(lit.Value)
						words[kind.Name] = append(words[kind.Name], word)
					}
				}
			}
			return true
		})
	}
	for _, name := range []string{"Code", "Feature", "Category", "Action", "Delivery", "EntryKind", "Format", "Severity", "ApprovalState", "Kind", "Outcome"} {
		got, want := slices.Sorted(slices.Values(words[name])), slices.Sorted(slices.Values(schemas(t)[name].Enum))
		if diff := cmp.Diff(want, got); diff != "" || len(got) == 0 {
			t.Errorf("%s (-file +package):\n%s", name, diff)
		}
	}
}
