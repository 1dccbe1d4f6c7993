//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// This program in a role is the test's own.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "-role" {
		main()
		return
	}
	os.Exit(m.Run())
}

// A small run: each server has all of its desktops wait, and answers all.
func TestAllServersAreMeasured(t *testing.T) {
	var report strings.Builder
	b := &bench{options: options{waiting: 50, rest: time.Millisecond, changes: 5}, report: &report}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := waitingPart(ctx, b); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"**gateway**", "net/http", "**gateway**, TLS", "net/http, TLS"} {
		if n := strings.Count(report.String(), fmt.Sprintf("\n| %s | ", name)); n != 2 {
			t.Errorf("%s has %d rows:\n%s", name, n, &report)
		}
	}
}

// The same requests on two small read models.
func TestRequestsAreMeasured(t *testing.T) {
	var report strings.Builder
	b := &bench{options: options{few: ticketsEach, tickets: 2 * ticketsEach, changes: 3, rounds: 1, press: 10 * time.Millisecond}, report: &report}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := requestsPart(ctx, b); err != nil {
		t.Fatal(err)
	}
	for _, op := range loadOperations() {
		for _, tickets := range []int{b.few, b.tickets} {
			if !strings.Contains(report.String(), fmt.Sprintf("\n| %s | %d | ", op.name, tickets)) {
				t.Errorf("%s with %d requests has no row:\n%s", op.name, tickets, &report)
			}
		}
	}
}
