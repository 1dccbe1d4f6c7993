package kit

import (
	"sort"
	"strings"

	"fyne.io/fyne/v2"
)

// maxWidth is wider than any line.
const maxWidth = 1 << 20

// line is one line of a label, its pieces from left to right.
type line struct {
	pieces []piece
	width  float32
}

// piece is a run of words in one weight.
type piece struct {
	text     string
	bold     bool
	x, width float32
}

func (l *Label) measure(text string, bold bool) float32 {
	return fyne.MeasureText(text, l.size, fyne.TextStyle{Bold: bold}).Width
}

// word is not to be parted at a line's end, unless it is longer than a whole line.
type word struct {
	text  string
	bold  bool
	first bool // begins a line of its own
}

func (l *Label) words() []word {
	var words []word
	add := func(text string, bold bool) {
		for n, paragraph := range strings.Split(text, "\n") {
			fields := strings.Fields(paragraph)
			if len(fields) == 0 && n > 0 {
				fields = []string{""}
			}
			for i, f := range fields {
				words = append(words, word{text: f, bold: bold, first: n > 0 && i == 0})
			}
		}
	}
	if l.lead != "" {
		add(l.lead, true)
	}
	add(l.Text, l.bold)
	return words
}

// broken parts the text into lines of at most this width. There is always at
// least one.
func (l *Label) broken(width float32) []line {
	var lines []line
	var now line
	end := func() {
		lines = append(lines, now)
		now = line{}
	}
	for _, w := range l.words() {
		if l.Limit > 0 && len(lines) > l.Limit {
			break // nobody sees more
		}
		if w.first {
			end()
		}
		if l.append(&now, w, width) {
			continue
		}
		if len(now.pieces) > 0 {
			end()
		}
		for rest := w; rest.text != "" && (l.Limit == 0 || len(lines) <= l.Limit); {
			head, tail := l.part(rest, width)
			l.append(&now, head, maxWidth)
			if rest = tail; rest.text != "" {
				end()
			}
		}
	}
	end()
	if l.Limit > 0 && len(lines) > l.Limit {
		last := lines[l.Limit-1]
		lines = append(lines[:l.Limit-1], l.shorten(last, width))
	}
	return lines
}

// append puts a word at the line's end if it fits there.
func (l *Label) append(now *line, w word, width float32) bool {
	if n := len(now.pieces); n > 0 && now.pieces[n-1].bold == w.bold {
		p := now.pieces[n-1]
		p.text += " " + w.text
		p.width = l.measure(p.text, p.bold)
		if p.x+p.width > width {
			return false
		}
		now.pieces[n-1], now.width = p, p.x+p.width
		return true
	}
	x := now.width
	if len(now.pieces) > 0 {
		x += l.measure(" ", w.bold)
	}
	wide := l.measure(w.text, w.bold)
	if x+wide > width {
		return false
	}
	now.pieces = append(now.pieces, piece{text: w.text, bold: w.bold, x: x, width: wide})
	now.width = x + wide
	return true
}

// part splits a word longer than a line; the head has at least one letter.
func (l *Label) part(w word, width float32) (head, tail word) {
	runes := []rune(w.text)
	// The shortest head that is too long has one letter more than the longest that fits.
	// Measuring costs: an address has hundreds of letters.
	n := sort.Search(len(runes), func(i int) bool {
		return l.measure(string(runes[:i+1]), w.bold) > width
	})
	n = max(1, n)
	return word{text: string(runes[:n]), bold: w.bold}, word{text: string(runes[n:]), bold: w.bold}
}

// cutTo is the text in one line, ended with "…" if it is too long.
func (l *Label) cutTo(width float32) line {
	whole := l.broken(maxWidth)[0]
	if whole.width <= width {
		return whole
	}
	return l.shorten(whole, width)
}

// shorten ends a line with "…", within this width.
func (l *Label) shorten(ln line, width float32) line {
	if len(ln.pieces) == 0 {
		return ln
	}
	last := ln.pieces[len(ln.pieces)-1]
	runes := []rune(last.text)
	head := func(n int) string { return strings.TrimRight(string(runes[:n]), " .,") + "…" }
	// As in part: one letter less than the shortest that is too long.
	n := sort.Search(len(runes), func(i int) bool {
		return last.x+l.measure(head(i+1), last.bold) > width
	})
	last.text = head(n)
	last.width = l.measure(last.text, last.bold)
	pieces := append(append([]piece(nil), ln.pieces[:len(ln.pieces)-1]...), last)
	return line{pieces: pieces, width: last.x + last.width}
}
