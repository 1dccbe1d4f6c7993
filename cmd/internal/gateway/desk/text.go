package desk

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/portico-desktop/portico/auth/plain"
)

// The longest texts, in characters. Longer ones are refused: a text that is cut would lose
// words of which nobody hears.
const (
	maxSubject = 250
	maxBody    = 64 << 10
	maxComment = 8 << 10
)

// line is a text of one line as people see it. Markup stays: it is shown as it was written,
// and means nothing.
func line(s string) string {
	s = norm.NFC.String(strings.ToValidUTF8(s, "\ufffd"))
	return strings.Join(strings.Fields(plain.Text(s, len(s))), " ")
}

// lines is a text of several lines as people see it. Line breaks and tabs stay.
func lines(s string) string {
	s = norm.NFC.String(strings.ToValidUTF8(s, "\ufffd"))
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n\n", "\u0085", "\n").Replace(s)
	all := strings.Split(s, "\n")
	for i, l := range all {
		cells := strings.Split(l, "\t")
		for k, c := range cells {
			cells[k] = plain.Text(c, len(c))
		}
		all[i] = strings.TrimRight(strings.Join(cells, "\t"), " \t")
	}
	return strings.Trim(strings.Join(all, "\n"), "\n")
}

// blank is true for a text that shows nothing.
func blank(s string) bool { return strings.TrimSpace(s) == "" }

// shortened is for a text that is whole elsewhere.
func shortened(s string, most int) string {
	if !longer(s, most) {
		return s
	}
	return string([]rune(s)[:most-1]) + "…"
}

func longer(s string, most int) bool { return utf8.RuneCountInString(s) > most }
