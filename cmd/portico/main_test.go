package main

import (
	"testing"

	"github.com/portico-desktop/portico/app/localapi"
)

func TestArgumentsThatAreNoUseAreRefused(t *testing.T) {
	for _, test := range []struct {
		args []string
		exit int
	}{
		{[]string{"--version"}, localapi.ExitDone},
		{[]string{"--help"}, localapi.ExitDone},
		{[]string{"extra"}, localapi.ExitUsage},
		{[]string{"--no-such-flag"}, localapi.ExitUsage},
	} {
		if got := run(test.args); got != test.exit {
			t.Errorf("%v: exit %d, want %d", test.args, got, test.exit)
		}
	}
}
