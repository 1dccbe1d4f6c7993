package desk

import (
	"strings"
	"testing"

	"github.com/portico-desktop/portico/auth/plain"
)

func TestTextsAreWhatPeopleSee(t *testing.T) {
	for said, want := range map[string]string{
		"My screen is black":            "My screen is black",
		"  two \t\n lines ":             "two lines",
		"'; DROP TABLE tickets;--":      "'; DROP TABLE tickets;--",
		"<script>alert(1)</script>":     "<script>alert(1)</script>",
		"invoice\u202efdp.exe":          "invoice fdp.exe",
		"a\x00b\x1b[31mred":             "a b [31mred",
		"u\u0308ber":                    "über",
		"bad\xffbytes":                  "bad\ufffdbytes",
		"\u200b\u2066\u3164":            "",
		"\U0001f468\u200d\U0001f469 ok": "\U0001f468\u200d\U0001f469 ok",
	} {
		if got := line(said); got != want {
			t.Errorf("%q: %q, want %q", said, got, want)
		}
	}
	for said, want := range map[string]string{
		"one\r\ntwo\rthree\u2028four": "one\ntwo\nthree\nfour",
		"\n\n a\tb  \n\n":             " a\tb",
		"a\u202eb\nc\x07d":            "a b\nc d",
		"\u200b\n\u200b":              "",
	} {
		if got := lines(said); got != want {
			t.Errorf("%q: %q, want %q", said, got, want)
		}
	}
}

func FuzzTexts(f *testing.F) {
	f.Add("a\u202e\r\n\tb")
	f.Fuzz(func(t *testing.T, s string) {
		one, several := line(s), lines(s)
		if strings.ContainsAny(one, "\n\r\t") || line(one) != one || lines(several) != several {
			t.Errorf("%q is %q and %q", s, one, several)
		}
		for _, r := range several {
			if plain.Hidden(r) && r != '\n' && r != '\t' && r != '\u200c' && r != '\u200d' {
				t.Errorf("%q holds %q", several, r)
			}
		}
	})
}
