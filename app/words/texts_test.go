package words

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"

	"github.com/portico-desktop/portico/assets"
)

var placeholder = regexp.MustCompile(`\{\{\.[A-Za-z_]+\}\}`)

// The files are read without a JSON parser, and say the same as to one.
func TestTextsAreThoseOfTheFile(t *testing.T) {
	for _, name := range assets.Languages() {
		bundle := i18n.NewBundle(language.Make(name))
		bundle.RegisterUnmarshalFunc("json", json.Unmarshal)
		file, err := bundle.ParseMessageFileBytes([]byte(assets.Translation(name)), name+".json")
		if err != nil {
			t.Fatal(err)
		}
		ours := textsOf(name)
		known := 0
		for _, at := range ours.at {
			if at != 0 {
				known++
			}
		}
		if known != len(file.Messages) || known < 1000 || len(ours.at) < 2*known {
			t.Errorf("%s: %d texts in %d places, want %d", name, known, len(ours.at), len(file.Messages))
		}
		for _, want := range file.Messages {
			for _, form := range []string{want.One, want.Other} {
				if left := placeholder.ReplaceAllString(form, ""); strings.Contains(left, "{{") || strings.Contains(left, "}}") {
					t.Errorf("%s: %s has more of a template than placeholders: %s", name, want.ID, form)
				}
			}
			if want.Zero+want.Two+want.Few+want.Many != "" {
				t.Errorf("%s: %s has a form that nobody reads: %+v", name, want.ID, *want)
			}
			if got, ok := ours.message(want.ID); !ok || got != (message{want.One, want.Other}) {
				t.Errorf("%s: %s is %+v, want %+v", name, want.ID, got, *want)
			}
		}
		if _, ok := ours.message("no such text"); ok {
			t.Error("there is a text that is not in the file")
		}
	}
}

// Forms are chosen as go-i18n would, whose format the files have.
func TestNumbersHaveTheFormOfTheirLanguage(t *testing.T) {
	for _, name := range assets.Languages() {
		bundle := i18n.NewBundle(language.Make(name))
		bundle.RegisterUnmarshalFunc("json", json.Unmarshal)
		file, err := bundle.ParseMessageFileBytes([]byte(assets.Translation(name)), name+".json")
		if err != nil {
			t.Fatal(err)
		}
		theirs, ours, counted := i18n.NewLocalizer(bundle, name), New(name), 0
		for _, m := range file.Messages {
			if m.One == "" {
				continue
			}
			counted++
			for _, n := range []int{-1, 0, 1, 2, 5, 11, 21, 100, 101, 1000, 1_000_000} {
				want, err := theirs.Localize(&i18n.LocalizeConfig{MessageID: m.ID, TemplateData: map[string]string{"Count": strconv.Itoa(n)}, PluralCount: n})
				if got := ours.Count(m.ID, n); err != nil || got != want {
					t.Errorf("%s: %d %s is %q, want %q (%v)", name, n, m.ID, got, want, err)
				}
			}
		}
		if counted == 0 {
			t.Errorf("%s has no text for a number", name)
		}
	}
}

// Every command begins with this: it is one table, however many texts there are.
func TestKnowingWhereTextsStandTakesOneAllocation(t *testing.T) {
	if n := testing.AllocsPerRun(10, func() { textsOf("de") }); n > 1 {
		t.Errorf("%v allocations", n)
	}
}

func TestEveryTranslationIsInTheProgram(t *testing.T) {
	files, err := filepath.Glob("../../assets/i18n/*.json")
	if err != nil || len(files) != len(assets.Languages()) || assets.Languages()[0] != "en" {
		t.Errorf("%v, and %v in the program (%v)", files, assets.Languages(), err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil || string(data) != assets.Translation(strings.TrimSuffix(filepath.Base(file), ".json")) {
			t.Errorf("%s is not in the program (%v)", file, err)
		}
	}
}

func TestPlaceholdersAreFilled(t *testing.T) {
	for text, want := range map[string]string{
		"":                           "",
		"plain":                      "plain",
		"{{.Name}}":                  "Ada",
		"{{.Name}}, {{.Name}}!":      "Ada, Ada!",
		"{{.Twice}} {{.Braces}} {":   "second {{.Name}} {",
		"nobody has said {{.Where}}": "nobody has said <no value>",
	} {
		if got := filled(text, []string{"Name", "Ada", "Twice", "first", "Braces", "{{.Name}}", "Twice", "second", "odd"}); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}
