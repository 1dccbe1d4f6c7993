package main

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	texts "github.com/portico-desktop/portico/auth/plain"
)

// printer is the last filter before a terminal or a script: whatever wording has come
// through from somebody else, nothing of it moves a cursor, or turns or hides the text
// around it. Lines and tabs are the console's own.
type printer struct {
	w io.Writer
	// json: the output is a document. A character can be written in another way there and
	// stays the same.
	json func() bool
	// begun is a character still waiting for its rest.
	begun []byte
}

func (p *printer) Write(b []byte) (int, error) {
	whole := append(p.begun, b...)
	end := len(whole)
	for back := 1; back < utf8.UTFMax && back <= len(whole); back++ {
		if at := len(whole) - back; utf8.RuneStart(whole[at]) {
			if !utf8.FullRune(whole[at:]) {
				end = at
			}
			break
		}
	}
	p.begun = append([]byte(nil), whole[end:]...)
	if err := p.print(string(whole[:end])); err != nil {
		return 0, err
	}
	return len(b), nil
}

// end writes the rest of a character nobody has completed.
func (p *printer) end() {
	left := string(p.begun)
	p.begun = nil
	if left != "" {
		_ = p.print(left) // whoever reads it has had everything else
	}
}

func (p *printer) print(text string) error {
	clean := seen(text)
	if p.json != nil && p.json() {
		clean = escaped(text)
	}
	_, err := io.WriteString(p.w, clean)
	return err
}

// seen is a text of several lines as people see it.
func seen(text string) string {
	var out strings.Builder
	for len(text) > 0 {
		part, next := text, len(text)
		if i := strings.IndexAny(text, "\n\t"); i >= 0 {
			part, next = text[:i], i+1
		}
		out.WriteString(texts.Text(part, len(part)))
		out.WriteString(text[len(part):next])
		text = text[next:]
	}
	return out.String()
}

// escaped is a JSON document with the same meaning, without invisible characters. Outside
// of its texts there is none but lines and tabs.
func escaped(document string) string {
	var out strings.Builder
	for _, r := range document {
		switch {
		case r == '\n' || r == '\t' || !texts.Hidden(r):
			out.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&out, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	return out.String()
}
