package store_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/cmd/internal/gateway/bus"
	"github.com/portico-desktop/portico/cmd/internal/gateway/store"
)

// open opens the store of a test, which is closed at its end.
func open(t *testing.T, file string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Params{File: file, Make: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func write(t *testing.T, s *store.Store, f func(tx *store.Tx) error) {
	t.Helper()
	if err := s.Write(context.WithoutCancel(t.Context()), f); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, s *store.Store, f func(r *store.Reader) error) {
	t.Helper()
	if err := s.Read(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

// person adds a person.
func person(t *testing.T, s *store.Store, name string) store.Person {
	t.Helper()
	p := store.Person{Issuer: "https://idp.example", Subject: name, Name: name, Address: name + "@customer.example"}
	write(t, s, func(tx *store.Tx) error { return tx.AddPerson(&p) })
	return p
}

// ticket adds a ticket of a person.
func ticket(t *testing.T, s *store.Store, of store.Person, subject string) store.Ticket {
	t.Helper()
	made := store.Ticket{Requester: of.Row, Subject: subject, Format: "text", Label: "New", Category: "new", Delivery: "delivered", Created: s.Now(), Updated: s.Now()}
	write(t, s, func(tx *store.Tx) (err error) {
		if made.Number, err = tx.NextNumber(); err != nil {
			return err
		}
		return tx.AddTicket(&made, []store.Member{{Person: of.Row, Part: store.Own}})
	})
	return made
}

// caughtUp is the cursor of somebody who has read everything.
func caughtUp(t *testing.T, s *store.Store, p store.Person) string {
	t.Helper()
	c := store.Cursor{Person: p.Row, Organization: p.Organization}
	read(t, s, func(r *store.Reader) error {
		for head, seq := range map[bus.Head]*int64{store.PersonHead(p.Row): &c.Own, store.OrganizationHead(p.Organization): &c.Shared, bus.All: &c.Common} {
			changes, err := r.Changes(head, 0, 1000)
			if err != nil {
				return err
			}
			if len(changes) > 0 {
				*seq = changes[len(changes)-1].Seq
			}
		}
		return nil
	})
	return s.Text(c)
}

// standing is "new", "nothing" or "expired", for a cursor.
func standing(t *testing.T, s *store.Store, p store.Person, text string) string {
	t.Helper()
	c, err := s.ParseCursor(text, p.Row, p.Organization)
	if err == nil {
		err = s.Valid(t.Context(), c)
	}
	if errors.Is(err, store.ErrExpired) {
		return "expired"
	}
	if err != nil {
		t.Fatal(err)
	}
	behind, err := s.Behind(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if behind {
		return "new"
	}
	return "nothing"
}

func TestChangesReachThoseWhoMaySeeThem(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "gateway.db"))
	anna, ben := person(t, s, "anna"), person(t, s, "ben")
	annas, bens := caughtUp(t, s, anna), caughtUp(t, s, ben)
	made := ticket(t, s, anna, "Printer")
	if got := standing(t, s, anna, annas) + " " + standing(t, s, ben, bens); got != "new nothing" {
		t.Errorf("after a request of Anna's: %s", got)
	}
	write(t, s, func(tx *store.Tx) error {
		return tx.AddEntry(&store.Entry{Ticket: made.Row, Kind: "message", Staff: "Tom", Internal: true, Body: "x", Format: "text", Delivery: "delivered", Created: tx.Now()})
	})
	annas = caughtUp(t, s, anna)
	if got := standing(t, s, anna, annas); got != "nothing" {
		t.Errorf("after an internal note: %s", got)
	}
	write(t, s, func(tx *store.Tx) error {
		return tx.AddAnnouncement(&store.Announcement{Title: "News", Format: "text", Severity: "info", Starts: tx.Now()}, bus.All)
	})
	if got := standing(t, s, anna, annas) + " " + standing(t, s, ben, bens); got != "new new" {
		t.Errorf("after news for everybody: %s", got)
	}
}

func TestCursorCountsForOnePerson(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "gateway.db"))
	anna, ben := person(t, s, "anna"), person(t, s, "ben")
	text := caughtUp(t, s, anna)
	if len(text) > 256 {
		t.Errorf("a cursor has %d bytes", len(text))
	}
	if got := standing(t, s, ben, text); got != "expired" {
		t.Errorf("another's cursor: %s", got)
	}
	anna.Organization = 7
	if got := standing(t, s, anna, text); got != "expired" {
		t.Errorf("a cursor of another organization: %s", got)
	}
}

// A copy of the file is put back while clients are ahead of it: each begins again, also where
// numbers go on as before.
func TestCopyPutBackIsNoticed(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "gateway.db")
	s := open(t, file)
	anna, ben := person(t, s, "anna"), person(t, s, "ben")
	ticket(t, s, anna, "one")
	bens := caughtUp(t, s, ben)
	backup := filepath.Join(dir, "backup.db")
	if err := s.Backup(t.Context(), backup); err != nil {
		t.Fatal(err)
	}
	ticket(t, s, anna, "two")
	ahead := caughtUp(t, s, anna)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	// A restart alone expires nothing.
	s = open(t, file)
	if got := standing(t, s, anna, ahead); got != "nothing" {
		t.Errorf("after a restart: %s", got)
	}
	ticket(t, s, anna, "three")
	if got := standing(t, s, anna, ahead); got != "new" {
		t.Errorf("after a restart and a change: %s", got)
	}
	later := caughtUp(t, s, anna)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{file, file + "-wal", file + "-shm"} {
		if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
	if err := os.Rename(backup, file); err != nil {
		t.Fatal(err)
	}
	s = open(t, file)
	for range 3 {
		for name, text := range map[string]string{"of the copy's epoch": ahead, "of a later epoch": later} {
			if got := standing(t, s, anna, text); got != "expired" {
				t.Errorf("a cursor ahead, %s: %s", name, got)
			}
		}
		ticket(t, s, anna, "other")
	}
	if got := standing(t, s, ben, bens); got != "nothing" {
		t.Errorf("a cursor that is not ahead: %s", got)
	}
}

func TestStoreSaysWhatIsWrongWithItsFile(t *testing.T) {
	dir := t.TempDir()
	kind := func(p store.Params) store.Kind {
		t.Helper()
		s, err := store.Open(t.Context(), p)
		if err == nil {
			_ = s.Close()
			return -1
		}
		var e *store.Error
		if !errors.As(err, &e) {
			t.Fatalf("%v is no store.Error", err)
		}
		return e.Kind
	}
	file := filepath.Join(dir, "gateway.db")
	if got := kind(store.Params{File: file}); got != store.Missing {
		t.Errorf("a missing file: %d", got)
	}
	s := open(t, file)
	if got := kind(store.Params{File: file}); got != store.Locked {
		t.Errorf("a second gateway: %d", got)
	}
	if got := kind(store.Params{File: file, Beside: true}); got != -1 {
		t.Errorf("a command beside: %d", got)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(dir, "other.db")
	if err := os.WriteFile(other, []byte("this is a letter, and no database of anybody's, however long it goes on and on and on and on and on"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := kind(store.Params{File: other}); got != store.Foreign {
		t.Errorf("a letter: %d", got)
	}
	store.SetVersion(t, file, 99)
	if got := kind(store.Params{File: file}); got != store.NewerSchema {
		t.Errorf("a newer schema: %d", got)
	}
}

func TestSameWriteGetsTheStoredAnswer(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "gateway.db"))
	anna, ben := person(t, s, "anna"), person(t, s, "ben")
	kept := store.Stored{Key: "k", Status: 201, Answer: []byte(`{"id":"t1"}`), Outcome: "delivered", Made: "t1"}
	write(t, s, func(tx *store.Tx) error { return tx.Keep(anna.Row, []byte("hash"), &kept) })
	read(t, s, func(r *store.Reader) error {
		got, err := r.Repeated(anna.Row, "k", []byte("hash"))
		if diff := cmp.Diff(kept, got); err != nil || diff != "" {
			t.Errorf("%v %s", err, diff)
		}
		if _, err := r.Repeated(anna.Row, "k", []byte("other")); !errors.Is(err, store.ErrReused) {
			t.Errorf("with something else: %v", err)
		}
		if _, err := r.Repeated(ben.Row, "k", []byte("hash")); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("another's key: %v", err)
		}
		changes, err := r.Changes(store.PersonHead(anna.Row), 0, 10)
		if err != nil || len(changes) != 1 || changes[0].What != store.AWrite || changes[0].Item != kept.Row {
			t.Errorf("%v %v", changes, err)
		}
		return nil
	})
}

// A command changes the file beside the gateway: a look finds it, and rings.
func TestLookFindsWhatAnotherProcessHasChanged(t *testing.T) {
	file := filepath.Join(t.TempDir(), "gateway.db")
	s := open(t, file)
	anna := person(t, s, "anna")
	text := caughtUp(t, s, anna)
	if got := standing(t, s, anna, text); got != "nothing" {
		t.Fatal(got)
	}
	beside, err := store.Open(t.Context(), store.Params{File: file, Beside: true})
	if err != nil {
		t.Fatal(err)
	}
	defer beside.Close()
	ticket(t, beside, anna, "by a technician")
	if err := s.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := standing(t, s, anna, text); got != "new" {
		t.Errorf("after a look: %s", got)
	}
}

// Who reads between another process' change and the look for it has a cursor ahead of the
// memory's heads. It is as good as any.
func TestCursorOfAChangeThatNobodyHasLookedForYet(t *testing.T) {
	file := filepath.Join(t.TempDir(), "gateway.db")
	s := open(t, file)
	anna := person(t, s, "anna")
	if got := standing(t, s, anna, caughtUp(t, s, anna)); got != "nothing" { // now memory has the heads
		t.Fatal(got)
	}
	beside, err := store.Open(t.Context(), store.Params{File: file, Beside: true})
	if err != nil {
		t.Fatal(err)
	}
	defer beside.Close()
	ticket(t, beside, anna, "by a technician")
	if got := standing(t, s, anna, caughtUp(t, s, anna)); got != "nothing" {
		t.Errorf("after reading the change: %s", got)
	}
}

func TestTicketsAreFoundByTheirWords(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "gateway.db"))
	anna := person(t, s, "anna")
	printer := ticket(t, s, anna, `The printer's "tray" is NULL'); DROP TABLE tickets; --`)
	ticket(t, s, anna, "Screen")
	for words, want := range map[string]int{"": 2, "print": 1, "tray printer": 1, printer.Number: 1, `"`: 0, "screen OR printer": 0, "subject:screen": 0, "*": 0, "drop": 1} {
		read(t, s, func(r *store.Reader) error {
			found, err := r.Tickets(store.TicketQuery{Person: anna.Row, Part: store.Own, Words: words, Limit: 10})
			if err != nil || len(found) != want {
				t.Errorf("%q: %d found, %v; want %d", words, len(found), err, want)
			}
			return nil
		})
	}
}

func TestListsGoOnBehindTheirPages(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "gateway.db"))
	anna := person(t, s, "anna")
	for range 7 {
		ticket(t, s, anna, "same time")
	}
	for _, byCreation := range []bool{false, true} {
		seen := map[int64]bool{}
		ask := store.TicketQuery{Person: anna.Row, Part: store.Own, ByCreation: byCreation, Limit: 3}
		for {
			var page []store.Ticket
			read(t, s, func(r *store.Reader) (err error) { page, err = r.Tickets(ask); return err })
			if len(page) == 0 {
				break
			}
			for _, found := range page {
				if seen[found.Row] {
					t.Fatalf("%d comes twice", found.Row)
				}
				seen[found.Row] = true
			}
			last := page[len(page)-1]
			ask.After = store.Place{Time: last.Updated, Row: last.Row}
		}
		if len(seen) != 7 {
			t.Errorf("%d of 7 are listed", len(seen))
		}
	}
}

func TestIDTokenIsTakenOnce(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "gateway.db"))
	for i, want := range []bool{true, false} {
		write(t, s, func(tx *store.Tx) error {
			first, err := tx.Take([]byte("digest"), tx.Now().Add(time.Minute))
			if first != want {
				t.Errorf("time %d: %v", i, first)
			}
			return err
		})
	}
}

// Whoever was asked decides on the request that lives on.
func TestApprovalsMoveWithAMergedTicket(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "gateway.db"))
	anna, ben := person(t, s, "anna"), person(t, s, "ben")
	from, into := ticket(t, s, anna, "Software"), ticket(t, s, anna, "Software, again")
	asked := store.Approval{Ticket: from.Row, Person: ben.Row, Title: "Buy it?", Format: "text", State: "pending", Created: s.Now(), Updated: s.Now()}
	write(t, s, func(tx *store.Tx) error { return tx.AddApproval(&asked) })
	bens := caughtUp(t, s, ben)
	write(t, s, func(tx *store.Tx) error { return tx.MergeTicket(&from, &into) })
	if got := standing(t, s, ben, bens); got != "new" {
		t.Errorf("whoever was asked is told %s", got)
	}
	read(t, s, func(r *store.Reader) error {
		a, err := r.ApprovalByID(asked.ID)
		if err != nil || a.Ticket != into.Row {
			t.Errorf("%+v, %v", a, err)
		}
		return nil
	})
}
