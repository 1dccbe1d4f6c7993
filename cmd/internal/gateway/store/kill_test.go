package store_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/portico-desktop/portico/cmd/internal/gateway/store"
)

// asWriter has this test's program write requests into the store that it names, until it is
// killed.
const asWriter = "PORTICO_TEST_AS_WRITER"

func TestMain(m *testing.M) {
	if file := os.Getenv(asWriter); file != "" {
		if err := writeOn(file); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// writeOn makes one request after the other, and says the key of each that is kept.
func writeOn(file string) error {
	ctx := context.Background()
	s, err := store.Open(ctx, store.Params{File: file, Make: true})
	if err != nil {
		return err
	}
	p := store.Person{Issuer: "https://idp.example", Subject: fmt.Sprint(os.Getpid())}
	if err := s.Write(ctx, func(tx *store.Tx) error { return tx.AddPerson(&p) }); err != nil {
		return err
	}
	for n := 0; ; n++ {
		key := fmt.Sprintf("%d-%d", p.Row, n)
		if err := s.Write(ctx, func(tx *store.Tx) error {
			number, err := tx.NextNumber()
			if err != nil {
				return err
			}
			t := store.Ticket{Number: number, Requester: p.Row, Subject: key, Format: "text", Label: "New", Category: "new", Delivery: "delivered", Created: tx.Now(), Updated: tx.Now()}
			if err := tx.AddTicket(&t, []store.Member{{Person: p.Row, Part: store.Own}}); err != nil {
				return err
			}
			if err := tx.AddEntry(&store.Entry{Ticket: t.Row, Kind: "message", Author: p.Row, Body: key, Format: "text", Delivery: "delivered", Created: tx.Now()}); err != nil {
				return err
			}
			return tx.Keep(p.Row, []byte(key), &store.Stored{Key: key, Status: 201, Answer: []byte("{}"), Outcome: "delivered", Made: t.ID})
		}); err != nil {
			return err
		}
		fmt.Println(key)
	}
}

// A gateway is killed at any moment of its writes: each request is there once or not at all,
// and whatever a client was told is there.
func TestKilledInTheMiddleOfAWrite(t *testing.T) {
	file := filepath.Join(t.TempDir(), "gateway.db")
	told := map[string]bool{}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		writer := exec.Command(self)
		writer.Env = append(os.Environ(), asWriter+"="+file)
		out, err := writer.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := writer.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := rand.IntN(20); n >= 0 && lines.Scan(); n-- {
			told[lines.Text()] = true
		}
		die := time.AfterFunc(time.Duration(rand.IntN(5000))*time.Microsecond, func() { _ = writer.Process.Kill() })
		for lines.Scan() {
			told[lines.Text()] = true
		}
		die.Stop()
		var ended *exec.ExitError
		if err := writer.Wait(); !errors.As(err, &ended) || ended.ExitCode() > 0 {
			t.Fatalf("the writer was not killed: %v", err)
		}
	}
	s := open(t, file)
	found := map[string]int{}
	read(t, s, func(r *store.Reader) error {
		all, err := r.Tickets(store.TicketQuery{Limit: 100000})
		if err != nil {
			return err
		}
		for _, ticket := range all {
			found[ticket.Subject]++
			entries, err := r.Entries(ticket.Row, store.EntryQuery{Limit: 10})
			if err != nil || len(entries) != 1 {
				t.Errorf("%s has %d entries, %v", ticket.Subject, len(entries), err)
			}
			kept, err := r.Repeated(ticket.Requester, ticket.Subject, []byte(ticket.Subject))
			if err != nil || kept.Made != ticket.ID {
				t.Errorf("%s: its key has %+v, %v", ticket.Subject, kept, err)
			}
			changes, err := r.Changes(store.PersonHead(ticket.Requester), 0, 100000)
			if err != nil || len(changes) == 0 {
				t.Errorf("%s: %d changes, %v", ticket.Subject, len(changes), err)
			}
		}
		return nil
	})
	for key, n := range found {
		if n != 1 {
			t.Errorf("%s is there %d times", key, n)
		}
	}
	for key := range told {
		if found[key] == 0 {
			t.Errorf("%s was told, and is not there", key)
		}
	}
	if len(told) < 3 {
		t.Errorf("%d were told: nothing was tried", len(told))
	}
}

func FuzzCursor(f *testing.F) {
	s, err := store.Open(f.Context(), store.Params{File: filepath.Join(f.TempDir(), "gateway.db"), Make: true})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = s.Close() })
	good := s.Text(store.Cursor{Person: 3, Organization: 4, Own: 1 << 32, Common: 7})
	f.Add(good)
	f.Add(good[:10])
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := s.ParseCursor(text, 3, 4)
		switch {
		case err != nil && !errors.Is(err, store.ErrExpired):
			t.Errorf("%v", err)
		case err == nil && text != "" && s.Text(c) != text:
			t.Errorf("%q was taken, and is %q", text, s.Text(c))
		}
	})
}
