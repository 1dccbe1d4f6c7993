package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/app/policy"
)

func TestReadConsoleReadsEveryPart(t *testing.T) {
	got, err := readConsole("porticoctl", `Portico on the console.
Second paragraph.

Usage:
  porticoctl COMMAND

Commands:
  login   Sign in

Options:
      --data-dir directory   keep files   there
  -h, --help                 show this

A command ends with one of these codes:
   0   done
`)
	if err != nil {
		t.Fatal(err)
	}
	want := command{
		name: "porticoctl", usage: "COMMAND", text: "Portico on the console.\nSecond paragraph.",
		commands: []command{{name: "login", short: "Sign in"}},
		options:  []option{{"--data-dir directory", "keep files   there"}, {"-h, --help", "show this"}},
		exits:    []exit{{"0", "done"}},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(command{}, option{}, exit{})); diff != "" {
		t.Error(diff)
	}
}

// A change of the help that would leave something out of the pages has to fail.
func TestReadConsoleRefusesWhatItDoesNotKnow(t *testing.T) {
	for _, help := range []string{
		"no usage",
		"text\n\nUsage:\n  x\n\nExamples:\n  a   b\n",
		"text\n\nUsage:\n  x\n\nOptions:\n  one column\n",
	} {
		if _, err := readConsole("x", help); err == nil {
			t.Errorf("%q was read", help)
		}
	}
}

func TestReadFlags(t *testing.T) {
	got, err := readFlags("x", "Usage: x [flags]\n\nDoes things.\n\n  -data-dir directory\n    \tkeep files\n    \tthere\n  -v\tsay more\n")
	if err != nil {
		t.Fatal(err)
	}
	want := []option{{"--data-dir directory", "keep files there"}, {"--v", "say more"}}
	if diff := cmp.Diff(want, got.options, cmp.AllowUnexported(option{})); diff != "" {
		t.Error(diff)
	}
	if _, err := readFlags("x", "something else\n"); err == nil {
		t.Error("a help without flags was read")
	}
}

func TestPlainTextStaysPlainInRoff(t *testing.T) {
	p := &page{}
	p.text(".SH no heading\n'no request\na\\b --json")
	want := "\\&.SH no heading\n.PP\n\\&'no request\n.PP\na\\eb \\-\\-json\n"
	if p.String() != want {
		t.Errorf("%q, want %q", p, want)
	}
}

func TestThePolicyPageHasEveryKey(t *testing.T) {
	p, err := (&build{version: "1"}).policyPage()
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range policy.Keys() {
		if !strings.Contains(p.String(), ".TP\n.B "+string(key.Name)+"\n") {
			t.Errorf("%s is missing", key.Name)
		}
	}
}
