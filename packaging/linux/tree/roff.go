package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"strings"
)

// page is a manual page while it is written, in the macros of man(7).
type page struct{ bytes.Buffer }

func (b *build) newPage(name string, section int) *page {
	p := &page{}
	fmt.Fprintf(p, ".TH %s %d %s \"Portico %s\" \"Portico\"\n", strings.ToUpper(name), section, b.date.Format("2006-01-02"), plain(b.version))
	// Neither justified nor hyphenated: both tear commands and addresses apart.
	p.WriteString(".ad l\n.nh\n")
	return p
}

func (p *page) heading(title string)    { fmt.Fprintf(p, ".SH %s\n", strings.ToUpper(title)) }
func (p *page) subheading(title string) { fmt.Fprintf(p, ".SS %s\n", plain(title)) }

// text writes paragraphs: each line is one.
func (p *page) text(text string) {
	for i, line := range strings.Split(text, "\n") {
		if i > 0 {
			p.WriteString(".PP\n")
		}
		p.line(line)
	}
}

// item writes a term and its meaning.
func (p *page) item(term, about string) {
	p.WriteString(".TP\n.B ")
	p.line(term)
	p.text(about)
}

// example writes lines as they are.
func (p *page) example(lines string) {
	p.WriteString(".PP\n.nf\n.RS 4\n")
	for line := range strings.SplitSeq(strings.TrimRight(lines, "\n"), "\n") {
		p.line(line)
	}
	p.WriteString(".RE\n.fi\n.PP\n")
}

func (p *page) line(line string) {
	line = plain(line)
	// A line that begins like a request is none.
	if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
		line = `\&` + line
	}
	p.WriteString(line + "\n")
}

// plain escapes what roff would read otherwise. Hyphens become minus signs, so options
// can be copied; addresses and paths may be broken after a slash.
func plain(text string) string {
	return strings.NewReplacer(`\`, `\e`, "-", `\-`, "/", `/\:`, "…", "...", "“", `"`, "”", `"`, "’", "'").Replace(text)
}

// gzipped is the page as it is installed, without a name or a time in it.
func (p *page) gzipped() ([]byte, error) {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(p.Bytes()); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
