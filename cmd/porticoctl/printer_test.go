package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/portico-desktop/portico/app/localapi"
	texts "github.com/portico-desktop/portico/auth/plain"
)

func TestPrinterLeavesLinesAndTakesWhatNobodySees(t *testing.T) {
	for in, want := range map[string]string{
		"a\tb\nc\n":             "a\tb\nc\n",
		"a\x1b[2Jb\u009b2Jc\rd": "a [2Jb 2Jc d",
		"Contoso \u202eevil":    "Contoso  evil",
		"دانشگاه\u200cها und 👩\u200d💻\n": "دانشگاه\u200cها und 👩\u200d💻\n",
		"contoso\u200d.example":          "contoso .example",
		"broken \xff\xfe!":               "broken \ufffd\ufffd!",
		"cut \xe2\x82":                   "cut \ufffd\ufffd",
		"":                               "",
	} {
		var out bytes.Buffer
		whole := &printer{w: &out}
		if n, err := whole.Write([]byte(in)); n != len(in) || err != nil {
			t.Errorf("%q: %d, %v", in, n, err)
		}
		whole.end()
		if out.String() != want {
			t.Errorf("%q is printed as %q, want %q", in, out.String(), want)
		}
	}
	// Whoever writes may cut a character in two.
	var out bytes.Buffer
	pieces := &printer{w: &out}
	for _, b := range []byte("Größe 👍\u202e!\n") {
		if n, err := pieces.Write([]byte{b}); n != 1 || err != nil {
			t.Fatalf("%d, %v", n, err)
		}
	}
	if pieces.end(); out.String() != "Größe 👍 !\n" {
		t.Errorf("in pieces: %q", out.String())
	}
}

// Should a text come through as its author wants it, the console prints nothing of it
// that acts on what people read, and its documents still say what it was.
func TestTheConsolesLastFilter(t *testing.T) {
	hostile := "Ada\u202e\u009b\x1b[2J\u2066\U000e0041"
	agent := func() *scripted {
		a := newAgent(state(localapi.SignedOut))
		a.accounts = []localapi.Account{{ID: "1", Name: hostile, Email: hostile + "@contoso.example", Provider: "m365"}}
		a.providers = []localapi.ProviderSetup{{ID: "m365", Title: hostile, Description: hostile, Authority: "https://" + hostile, Enabled: true,
			Problems: []localapi.Problem{*problem(localapi.ManifestUnused, "field", hostile, "reason", hostile)}}}
		return a
	}
	for _, args := range [][]string{{"accounts"}, {"providers"}, {"accounts", "--json"}, {"providers", "--json"}, {"status", "--" + hostile}, {hostile}, {hostile, "--json"}} {
		c := newConsole(agent(), false)
		c.execute(t.Context(), args)
		told := c.out.String() + c.progress.String()
		if at := strings.IndexFunc(told, func(r rune) bool { return texts.Hidden(r) && r != '\n' }); at >= 0 {
			t.Errorf("%q prints %q", args, told[max(0, at-40):min(len(told), at+20)])
		}
		if !strings.Contains(told, "Ada") {
			t.Errorf("%q prints nothing of it: %q", args, told)
		}
	}
	c := newConsole(agent(), false)
	c.execute(t.Context(), []string{"accounts", "--json"})
	var doc accounts
	if err := json.Unmarshal(c.out.Bytes(), &doc); err != nil || len(doc.Accounts) != 1 || doc.Accounts[0].Name != hostile {
		t.Errorf("the document says %+v (%v)", doc.Accounts, err)
	}
}
