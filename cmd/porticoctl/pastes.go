package main

import (
	"context"
	"strings"
	"time"
)

// pasteSettles is how long a terminal has been silent when a paste of several lines
// is over. They arrive at once, and nobody types as fast.
const pasteSettles = 300 * time.Millisecond

// pastes passes on a person's pastes into the terminal: an address as soon as its line
// has ended, any other text once it is whole, with its line breaks. An unfinished last
// line waits for Enter. It closes at the end of the input; a read from a terminal cannot
// be called off, as with lines.
func (p *program) pastes(ctx context.Context) <-chan string {
	pieces, whole := make(chan string), make(chan string)
	go p.pieces(ctx, pieces)
	go func() {
		defer close(whole)
		var text paste
		var settled <-chan time.Time // nil while there is nothing to wait for
		pass := func(s string) {
			if strings.TrimSpace(s) == "" {
				return
			}
			select {
			case whole <- s:
			case <-ctx.Done():
			}
		}
		for {
			select {
			case piece, ok := <-pieces:
				for _, address := range text.add(piece) {
					pass(address)
				}
				if !ok {
					pass(text.take())
					return
				}
				if text.size() > maxLine {
					pass(text.take()) // more than anybody takes for an answer
				}
				settled = time.After(pasteSettles)
			case <-settled:
				settled = nil
				if text.line == "" {
					pass(text.take())
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	return whole
}

// pieces passes on standard input, as it comes.
func (p *program) pieces(ctx context.Context, pieces chan<- string) {
	defer close(pieces)
	room := make([]byte, 4096)
	for {
		n, err := p.in.Read(room)
		if n > 0 {
			select {
			case pieces <- string(room[:n]):
			case <-ctx.Done():
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// paste is a text on its way in: whole lines, and the unfinished one.
type paste struct {
	lines strings.Builder
	line  string
}

// add takes a piece, and returns its lines with an address each.
func (t *paste) add(piece string) (addresses []string) {
	t.line += piece
	for {
		line, rest, ended := strings.Cut(t.line, "\n")
		if !ended {
			return addresses
		}
		t.line = rest
		line = strings.TrimRight(line, "\r")
		if looksLikeAddress(line) && strings.TrimSpace(t.lines.String()) == "" {
			t.lines.Reset()
			addresses = append(addresses, line)
			continue
		}
		t.lines.WriteString(line)
		t.lines.WriteByte('\n')
	}
}

// take returns all there is, and begins anew.
func (t *paste) take() string {
	text := t.lines.String() + t.line
	t.lines.Reset()
	t.line = ""
	return strings.TrimSpace(text)
}

func (t *paste) size() int { return t.lines.Len() + len(t.line) }

// looksLikeAddress reports if a line is the address a browser ended at, or the
// significant part of it.
func looksLikeAddress(line string) bool {
	line = strings.TrimLeft(line, " \t\"'<?")
	return strings.HasPrefix(line, "http://") || strings.HasPrefix(line, "https://") ||
		strings.Contains(line, "state=") && (strings.Contains(line, "code=") || strings.Contains(line, "error="))
}
