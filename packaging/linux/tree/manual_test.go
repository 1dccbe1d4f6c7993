package main

import (
	"strings"
	"testing"
)

// What follows the last item of a list would otherwise be read as part of it.
func TestWhatFollowsTheListOfFilesIsAParagraph(t *testing.T) {
	p := (&build{version: "1.2.3"}).newPage("portico", 1)
	p.ending("porticoctl(1)")
	text := p.String()
	for _, want := range []string{".PP\nSign\\-ins are", "porticoctl(1)\n.PP\nhttps:"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q:\n%s", want, text)
		}
	}
}
