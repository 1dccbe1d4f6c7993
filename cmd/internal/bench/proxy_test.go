//go:build linux

package main

import (
	"errors"
	"strings"
	"testing"
)

func TestWhatOfACompanyCannotBeStarted(t *testing.T) {
	for name, test := range map[string]struct {
		start func(*company)
		lacks bool
		says  string
	}{
		"all there":     {start: func(*company) {}},
		"not installed": {func(c *company) { c.Skipf("%s is not installed", "squid") }, true, "squid is not installed"},
		"failed":        {func(c *company) { c.Fatalf("squid: %v", "no port") }, false, "squid: no port"},
		"an error":      {func(c *company) { c.Fatal(errors.New("no port")) }, false, "no port"},
	} {
		var ended []string
		err := func() (err error) {
			c := &company{}
			defer func() { err = errors.Join(c.end(recover()), err) }()
			c.Cleanup(func() { ended = append(ended, "KDC") })
			c.Cleanup(func() { ended = append(ended, "proxy") })
			test.start(c)
			return nil
		}()
		if isLack(err) != test.lacks || test.says == "" != (err == nil) || err != nil && err.Error() != test.says {
			t.Errorf("%s: %v", name, err)
		}
		if got := strings.Join(ended, " "); got != "proxy KDC" {
			t.Errorf("%s: it has ended %q", name, got)
		}
	}
}
