package attachments

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/portico-desktop/portico/auth/plain"
)

func TestNamesAreWhatPeopleSee(t *testing.T) {
	for said, want := range map[string]string{
		"report.pdf":                      "report.pdf",
		"Bildschirmfoto 2026 (1).png":     "Bildschirmfoto 2026 (1).png",
		"日本語.txt":                         "日本語.txt",
		"u\u0308ber.txt":                  "über.txt",
		"../../etc/passwd":                "passwd",
		`C:\Users\ada\secret.docx`:        "secret.docx",
		`..\..\x.txt`:                     "x.txt",
		"x.txt:stream":                    "x.txt_stream",
		"a<b>|?*\".txt":                   "a_b_____.txt",
		"invoice\u202efdp.exe":            "invoicefdp.exe",
		"a\r\nSet-Cookie: x.txt":          "aSet-Cookie_ x.txt",
		"a\x00.txt":                       "a.txt",
		"zero\u200bwidth.txt":             "zerowidth.txt",
		"tail.exe" + "\u00a0\u2003. . ":   "tail.exe",
		".bashrc":                         "_.bashrc",
		"CON":                             "_CON",
		"nul.txt":                         "_nul.txt",
		"com1.tar.gz":                     "_com1.tar.gz",
		"LPT³.x":                          "_LPT³.x",
		"aux .txt":                        "_aux .txt",
		"COM10.txt":                       "COM10.txt",
		"console.txt":                     "console.txt",
		"bad\xffbytes":                    "bad\ufffdbytes",
		"":                                "file",
		"..":                              "file",
		"/":                               "file",
		" . . ":                           "file",
		"\u202e\u200b":                    "file",
		"'; DROP TABLE files;--<b>.png":   "'; DROP TABLE files;--_b_.png",
		strings.Repeat("ä", 200) + ".pdf": strings.Repeat("ä", 88) + ".pdf",
		strings.Repeat("a", 300):          strings.Repeat("a", 180),
	} {
		if got := Name(said); got != want {
			t.Errorf("%q: %q, want %q", said, got, want)
		}
	}
}

func FuzzName(f *testing.F) {
	for _, seed := range []string{"report.pdf", "../x", "CON.txt", "a\u202eb", strings.Repeat("ä", 300) + ".x", "com¹", "...", "a. .b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, said string) {
		name := Name(said)
		switch {
		case name == "" || name == "." || name == ".." || len(name) > maxName || !utf8.ValidString(name):
		case strings.ContainsAny(name, `/\<>:"|?*`) || strings.ContainsFunc(name, plain.Hidden):
		case strings.TrimRight(name, ". ") != name || strings.HasPrefix(name, ".") || reserved(name):
		case Name(name) != name:
			t.Errorf("%q is %q, and %q the next time", said, name, Name(name))
			return
		default:
			return
		}
		t.Errorf("%q is %q", said, name)
	})
}
