//go:build linux

package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/portico-desktop/portico/app/portal/api"
)

// lateness is how long answers took from their ring on.
type lateness struct {
	Answers        int
	P50, P99, Most time.Duration
}

func latenessOf(all []time.Duration) lateness {
	slices.Sort(all)
	return lateness{len(all), all[len(all)/2], all[len(all)*99/100], all[len(all)-1]}
}

// wait is the role of many desktops. Each waits on a connection of its own. Told "expect N"
// it prints the lateness of the next N answers; after an answer a desktop waits again.
func wait(ctx context.Context, o options) error {
	answers := make(chan time.Duration, o.waiting)
	failed := make(chan error, o.waiting)
	// Not all at once: a listener's queue holds 4096 at most.
	gate := make(chan struct{}, 64)
	for n := range o.waiting {
		gate <- struct{}{}
		go func() {
			c, err := dial(o)
			<-gate
			if err == nil {
				err = desktop(c, n, answers)
			}
			failed <- err
		}()
	}
	out := json.NewEncoder(os.Stdout)
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() && ctx.Err() == nil {
		var expected int
		if _, err := fmt.Sscanf(lines.Text(), "expect %d", &expected); err != nil {
			return err
		}
		var all []time.Duration
		for range expected {
			select {
			case took := <-answers:
				all = append(all, took)
			case err := <-failed:
				return err
			}
		}
		if err := out.Encode(latenessOf(all)); err != nil {
			return err
		}
	}
	return lines.Err()
}

func dial(o options) (net.Conn, error) {
	c, err := net.Dial("tcp", o.server)
	if err != nil || !o.tls {
		return c, err
	}
	t := tls.Client(c, &tls.Config{InsecureSkipVerify: true}) // of its own parent, on loopback
	return t, t.Handshake()
}

func desktop(c net.Conn, n int, answers chan<- time.Duration) error {
	in := bufio.NewReaderSize(c, 1024)
	for cursor := "0"; ; {
		if _, err := fmt.Fprintf(c, "GET /v1/sync?cursor=%s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer desktop-%d\r\n"+
			"Portico-Client: portico/0.2 linux\r\nPrefer: wait=3600\r\n\r\n", cursor, n); err != nil {
			return err
		}
		r, err := http.ReadResponse(in, nil)
		if err != nil {
			return err
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return err
		}
		var news api.Sync
		if err := json.Unmarshal(body, &news); err != nil {
			return fmt.Errorf("a desktop was answered %s %q", r.Status, body)
		}
		cursor = news.Cursor
		rung, err := strconv.ParseInt(cursor, 10, 64)
		if err != nil {
			return err
		}
		answers <- time.Since(time.Unix(0, rung))
	}
}
