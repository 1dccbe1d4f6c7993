package plain

import (
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"
)

// hostile are the characters that change how a text is read, by what they do.
func hostile() map[string]rune {
	return map[string]rune{
		"NUL": 0, "escape": 0x1b, "line feed": '\n', "DEL": 0x7f, "C1 first": 0x80, "next line": 0x85, "CSI": 0x9b, "OSC": 0x9d, "C1 last": 0x9f,
		"soft hyphen": 0xad, "Arabic letter mark": 0x61c, "Mongolian separator": 0x180e,
		"zero width space": 0x200b, "non-joiner": 0x200c, "joiner": 0x200d, "left-to-right mark": 0x200e, "right-to-left mark": 0x200f,
		"line separator": 0x2028, "paragraph separator": 0x2029,
		"LRE": 0x202a, "RLE": 0x202b, "PDF": 0x202c, "LRO": 0x202d, "RLO": 0x202e,
		"word joiner": 0x2060, "invisible plus": 0x2064, "LRI": 0x2066, "RLI": 0x2067, "FSI": 0x2068, "PDI": 0x2069,
		"byte order mark": 0xfeff, "annotation": 0xfff9, "tag": 0xe0041, "Hangul filler": 0x3164,
	}
}

func TestTextHasABlankForWhatNobodySees(t *testing.T) {
	for name, r := range hostile() {
		if got := Text("a"+string(r)+"b", 10); got != "a b" || !Hidden(r) {
			t.Errorf("%s: %q", name, got)
		}
	}
	for _, honest := range []string{"Ada Lovelace", "Müller & Söhne", "שלום", "مرحبا", "日本語", "👍🏽", "❤️", "naïve", "नमस्ते"} {
		if got := Text(honest, 100); got != honest {
			t.Errorf("%q became %q", honest, got)
		}
	}
}

// Persian words and pictures of several persons are written with joiners.
func TestTextKeepsJoinersWhereTheyJoin(t *testing.T) {
	for in, want := range map[string]string{
		"برنامه\u200cها": "برنامه\u200cها", "👩\u200d💻": "👩\u200d💻", "क्\u200dष": "क्\u200dष",
		"contoso\u200d.example": "contoso .example", "а\u200dpple": "а pple", "é\u200cé": "é é",
		"\u200dب": " ب", "ب\u200d": "ب ", "ب\u200c\u200dب": "ب  ب", "ب\u200f\u200dب": "ب  ب",
	} {
		got := Text(in, 100)
		if got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
		if again := Text(got, 100); again != got {
			t.Errorf("%q becomes %q when it is cleaned again", got, again)
		}
	}
}

func TestTextIsBounded(t *testing.T) {
	if got := Text(strings.Repeat("ä", 1000), 7); got != "äääääää" {
		t.Errorf("%q", got)
	}
	if got := Text("a\xffb", 7); !utf8.ValidString(got) {
		t.Errorf("%q", got)
	}
}

func TestAddressIsAURIInASCII(t *testing.T) {
	for in, want := range map[string]string{
		// What is a URI already stays to the letter.
		"https://login.example/a?b=c%20d#e": "", "HTTPS://Login.Example/%7Ea/../b": "", "https://[::1]:8443/x": "", "http://127.0.0.1/": "",
		"https://menu.example/?u={login_hint}": "", "mailto:help@contoso.example": "", "urn:x": "", "https://my_host.example/": "", "/relative": "",
		// Hosts are converted, the rest is encoded.
		"https://müller.example/ä?ö=ü":     "https://xn--mller-kva.example/%C3%A4?%C3%B6=%C3%BC",
		"https://login.example。evil.test/": "https://login.example.evil.test/",
		"https://аpple.example/":           "https://xn--pple-43d.example/",
		"https://xn--pple-43d.example/":    "",
		"https://ü.example:8443":           "https://xn--tda.example:8443",
		"https://a.example/x y\"<>\\^`|":   "https://a.example/x%20y%22%3C%3E%5C%5E%60%7C",
		"mailto:jürgen@contoso.example":    "mailto:j%C3%BCrgen@contoso.example",
		"app://größe/":                     "app://gr%C3%B6%C3%9Fe/",
	} {
		if want == "" {
			want = in
		}
		if got, err := Address(in); err != nil || got != want {
			t.Errorf("%q is %q (%v), want %q", in, got, err, want)
		}
	}
	for _, bad := range []string{
		"https://a%E2%80%AEb.example/", "https://a\u202eb.example/", "https://a b.example/", "https://a<b>.example/", "https://[::1/", "https://[fe80::1%25\u202e]/", "https://a.example:80\u202e80/",
		"https://xn--a\u2066.example/", "https://a\\b.example/", "https://\u00bd.example／evil/",
	} {
		if got, err := Address(bad); err == nil {
			t.Errorf("%q is %q, want an error", bad, got)
		}
	}
}

func TestHostileCharactersLeaveNoAddress(t *testing.T) {
	for name, r := range hostile() {
		for part, address := range map[string]string{
			"path": "https://login.example/a" + string(r) + "b", "query": "https://login.example/?a=" + string(r), "host": "https://log" + string(r) + "in.example/",
			"user": "https://a" + string(r) + "@login.example/", "fragment": "https://login.example/#" + string(r), "another scheme": "app:x" + string(r),
		} {
			got, err := Address(address)
			if err != nil {
				if r >= 0x80 && part != "host" {
					t.Errorf("%s in the %s: %v, want it encoded", name, part, err)
				}
				continue
			}
			if strings.ContainsFunc(got, func(r rune) bool { return r <= 0x20 || r >= 0x7f }) {
				t.Errorf("%s in the %s: %q", name, part, got)
			}
		}
	}
}

func FuzzAddress(f *testing.F) {
	for _, seed := range []string{"https://müller.example/ä", "https://a%E2%80%AEb/", "http://[::1%25x]:1/", "https://ａ.example", "x:\u202e", "https://a@b@c/", "https://ẞ.example:1/{x}"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, address string) {
		got, err := Address(address)
		if err != nil {
			return
		}
		if strings.ContainsFunc(got, func(r rune) bool { return r <= 0x20 || r >= 0x7f }) {
			t.Errorf("%q is %q", address, got)
		}
		if again, err := Address(got); err != nil || again != got {
			t.Errorf("%q is %q at first and %q (%v) then", address, got, again, err)
		}
		before, err := url.Parse(address)
		after, err2 := url.Parse(got)
		web := err == nil && (before.Scheme == "https" || before.Scheme == "http")
		if web && (err2 != nil || !strings.EqualFold(before.Scheme, after.Scheme) || before.Port() != after.Port() || before.User.String() != after.User.String()) {
			t.Errorf("%q is %q (%v), which is another address", address, got, err2)
		}
	})
}
