package diag

import (
	"strings"

	"github.com/portico-desktop/portico/auth/plain"
)

// longestFact bounds other people's words.
const longestFact = 200

// forDisplay bounds other people's text and takes out signs that would break a line,
// write on a terminal, or turn the text around it.
func forDisplay(s string) string {
	return strings.TrimSpace(plain.Text(s, longestFact))
}
