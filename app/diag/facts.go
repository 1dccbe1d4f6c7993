package diag

import (
	"strings"
	"unicode"
)

// longestFact bounds what somebody else has worded.
const longestFact = 200

// forDisplay bounds other people's text and takes out what would break a line,
// write on a terminal, or turn the text around it.
func forDisplay(s string) string {
	var b strings.Builder
	for n, r := range []rune(s) {
		if n == longestFact {
			break
		}
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' {
			r = ' '
		}
		b.WriteRune(r)
	}
	return strings.TrimSpace(b.String())
}
