package loopback

import (
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/unicode"
)

func TestFormIsReadAsBrowsersWriteIt(t *testing.T) {
	for text, want := range map[string]url.Values{
		"":                                {},
		"&&":                              {},
		"a=1&b=2":                         {"a": {"1"}, "b": {"2"}},
		"a=1&&a=2&":                       {"a": {"1", "2"}},
		"a":                               {"a": {""}},
		"=a":                              {"": {"a"}},
		"a=b=c":                           {"a": {"b=c"}},
		"session_state=a;b&code=c":        {"session_state": {"a;b"}, "code": {"c"}},
		"state=a;state=b":                 {"state": {"a;state=b"}},
		"code=a;b=c&state=d":              {"code": {"a;b=c"}, "state": {"d"}},
		"a=1+2&b+c=%2B":                   {"a": {"1 2"}, "b c": {"+"}},
		"a=100%&b=%zz&c=%4&d=%4G&e=%":     {"a": {"100%"}, "b": {"%zz"}, "c": {"%4"}, "d": {"%4G"}, "e": {"%"}},
		"a=%%41&b=%2541":                  {"a": {"%A"}, "b": {"%41"}},
		"%73tate=x&st%61te=y":             {"state": {"x", "y"}},
		"a=%E2%9C%93&b=ü":                 {"a": {"✓"}, "b": {"ü"}},
		"a=%ff&b=%E2%82&c=%E2%82A&d=\xff": {"a": {"\ufffd"}, "b": {"\ufffd"}, "c": {"\ufffdA"}, "d": {"\ufffd"}},
		"a=%F0%9F%98&b=%C0%80&c=%ED%A0%80": {
			"a": {"\ufffd"}, "b": {"\ufffd\ufffd"}, "c": {"\ufffd\ufffd\ufffd"},
		},
		"a=%00%0d%0a":   {"a": {"\x00\r\n"}},
		"a=%EF%BB%BFb":  {"a": {"\ufeffb"}},
		"?a=1&b=2#c&d;": {"?a": {"1"}, "b": {"2#c"}, "d;": {""}},
	} {
		if diff := cmp.Diff(want, ParseForm(text)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

// FuzzParseForm holds the parser against the standard library's where that one
// refuses nothing, and its decoding against golang.org/x/text.
func FuzzParseForm(f *testing.F) {
	for _, seed := range []string{"a=1&b=%41+c", "a;b=c;d", "%73tate=x&state=y", "a=%zz%", "a=%E2%82%FF\xed\xa0", "&=&==&", "a=%F0%9F%98%"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := ParseForm(text)
		pairs := 0
		for name, values := range got {
			for _, s := range append([]string{name}, values...) {
				if !utf8.ValidString(s) {
					t.Errorf("%q gives %q", text, s)
				}
			}
			pairs += len(values)
		}
		if most := strings.Count(text, "&") + 1; pairs > most {
			t.Errorf("%q gives %d parameters, and %d at the most are in it", text, pairs, most)
		}
		decoding, err := unicode.UTF8.NewDecoder().String(text)
		if err != nil {
			t.Fatal(err)
		}
		if mended := decoded(text); mended != decoding {
			t.Errorf("%q is decoded to %q, want %q", text, mended, decoding)
		}
		want, err := url.ParseQuery(text)
		if err != nil || !valid(want) {
			return
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-standard library +got):\n%s", text, diff)
		}
	})
}

func valid(v url.Values) bool {
	for name, values := range v {
		if !utf8.ValidString(name + strings.Join(values, "")) {
			return false
		}
	}
	return true
}
