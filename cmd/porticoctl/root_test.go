package main

import (
	"bytes"
	"testing"
)

// A command that is made alone is the same as one among all of them.
func TestACommandIsMadeWithoutTheOthers(t *testing.T) {
	for _, c := range newConsole(nil, false).commands() {
		t.Run(c.name, func(t *testing.T) {
			p := newConsole(nil, false)
			if got := c.make().Name(); got != c.name {
				t.Errorf("it is called %s", got)
			}
			if made := p.chosen([]string{c.name, "--help"}); len(made) != 1 || made[0].name != c.name {
				t.Errorf("%d commands are made", len(made))
			}
			for _, args := range [][]string{{c.name, "--help"}, {c.name, "--hlep"}, {c.name, "no-such-word", "another"}} {
				whole, alone := newConsole(nil, false), newConsole(nil, false)
				var wholeOut, aloneOut bytes.Buffer
				for _, run := range []struct {
					of   command
					into *bytes.Buffer
				}{{whole.root(), &wholeOut}, {alone.rootOf(alone.chosen(args)), &aloneOut}} {
					run.of.SetOut(run.into)
					if err := run.of.run(t.Context(), args); err != nil {
						run.into.WriteString(err.Error())
					}
				}
				if wholeOut.String() != aloneOut.String() || wholeOut.Len() == 0 {
					t.Errorf("%q:\n%s\nand among all:\n%s", args, &aloneOut, &wholeOut)
				}
			}
		})
	}
	p := newConsole(nil, false)
	for _, args := range [][]string{nil, {"help"}, {"--json", "status"}, {"sttaus"}} {
		if len(p.chosen(args)) != len(p.commands()) {
			t.Errorf("%q needs all commands", args)
		}
	}
	p.completing = true
	if len(p.chosen([]string{"status"})) != len(p.commands()) {
		t.Error("a shell that asks what could follow needs all commands")
	}
}
