package desktop

import (
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSplitWords(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a backslash is a part of paths there")
	}
	for in, want := range map[string][]string{
		`firefox`:                     {"firefox"},
		"  a \t b\n":                  {"a", "b"},
		`"/opt/my browser/run" --new`: {"/opt/my browser/run", "--new"},
		`'a "b" \c' d`:                {`a "b" \c`, "d"},
		`a\ b "c\"d\e" ''`:            {"a b", `c"d\e`, ""},
		`a"b"'c'd`:                    {"abcd"},
		`run $HOME %s`:                {"run", "$HOME", "%s"},
	} {
		got, err := splitWords(in)
		if err != nil {
			t.Errorf("%q: %v", in, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", in, diff)
		}
	}
	for _, in := range []string{``, `  `, `"a`, `a 'b`, `a\`, `"" b`} {
		if got, err := splitWords(in); err == nil {
			t.Errorf("%q: got %q", in, got)
		}
	}
}

func FuzzSplitWords(f *testing.F) {
	f.Add(`a "b c" 'd' e\ f`)
	f.Fuzz(func(t *testing.T, in string) {
		words, err := splitWords(in)
		if err != nil {
			return
		}
		quoted := make([]string, len(words))
		for i, w := range words {
			if strings.Contains(w, "'") {
				t.Skip("single quotes cannot quote themselves")
			}
			quoted[i] = "'" + w + "'"
		}
		again, err := splitWords(strings.Join(quoted, " "))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(words, again); diff != "" {
			t.Errorf("(-first +second):\n%s", diff)
		}
	})
}
