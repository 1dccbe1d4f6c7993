package loopback

import (
	"bytes"
	"html"
	"strings"
)

// markup is HTML that is being written. Everything but constants goes through text
// first, at any place: between tags, or in an attribute in double quotes. Package
// html/template would do the same, and bring more code along than all of this package.
type markup struct{ bytes.Buffer }

func (m *markup) add(parts ...string) {
	for _, part := range parts {
		m.WriteString(part)
	}
}

// optional writes some text between two constants, and nothing without a text.
func (m *markup) optional(before, words, after string) {
	if words != "" {
		m.add(before, text(words), after)
	}
}

// text is plain text in HTML (HTML, sections 13.1.2.3 and 13.1.3).
func text(s string) string {
	return html.EscapeString(strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\x00", "\ufffd"))
}
