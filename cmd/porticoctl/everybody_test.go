package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/portico-desktop/portico/app/localapi"
)

func TestRootIsToldWhoseStatusItSees(t *testing.T) {
	for uid, want := range map[int]bool{0: true, 1000: false, -1: false} {
		c := newConsole(newAgent(state(localapi.SignedIn)), false)
		c.user = func() int { return uid }
		if code := c.run(t.Context(), t, "status"); code != 0 || strings.Contains(c.progress.String(), "--everybody") != want {
			t.Errorf("user %d: exit %d, said %q", uid, code, &c.progress)
		}
		c = newConsole(newAgent(state(localapi.SignedIn)), false)
		c.user = func() int { return uid }
		if c.run(t.Context(), t, "status", "--json"); strings.Contains(c.out.String(), `"looks-at-root"`) != want || c.progress.Len() > 0 {
			t.Errorf("user %d: %s%s", uid, &c.out, &c.progress)
		}
	}
}

func TestOnlyRootAsksForEverybody(t *testing.T) {
	for _, uid := range []int{1000, -1} {
		c := newConsole(nil, false)
		c.user = func() int { return uid }
		if code := c.run(t.Context(), t, "status", "--everybody", "--json"); code != localapi.ExitUsage {
			t.Errorf("user %d: exit %d", uid, code)
		}
	}
	c := newConsole(nil, false)
	c.user, c.loggedOn = func() int { return 0 }, func() ([]loggedOn, error) { return nil, nil }
	if code := c.run(t.Context(), t, "status", "--everybody", "--json"); code != 0 {
		t.Errorf("nobody logged on: exit %d", code)
	}
}

func TestWhatAnotherPersonsProgramSaysIsBounded(t *testing.T) {
	b := &bounded{left: 4}
	if _, err := b.Write([]byte("1234")); err != nil {
		t.Error(err)
	}
	if _, err := b.Write([]byte("5")); !errors.Is(err, errTooMuch) || b.Len() != 4 {
		t.Errorf("%v, %d bytes", err, b.Len())
	}
	if got := printable("Ada\x1b[2J\u202e Lovelace\n"); got != "Ada[2J Lovelace" {
		t.Errorf("got %q", got)
	}
}
