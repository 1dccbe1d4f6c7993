package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portico-desktop/portico/auth/authtest/smalldisk"
	"github.com/portico-desktop/portico/cmd/internal/gateway/store"
)

// hasKind fails unless an error is of a kind, and says these words.
func hasKind(t *testing.T, err error, kind store.Kind, words string) {
	t.Helper()
	var e *store.Error
	if !errors.As(err, &e) || e.Kind != kind || !strings.Contains(err.Error(), words) {
		t.Errorf("%v; want kind %d and %q", err, kind, words)
	}
}

// A full disk is said, of a store that is to be made and of one that works, and nothing is
// lost: with room, it goes on.
func TestFullDisk(t *testing.T) {
	disk := smalldisk.New(t)
	file := filepath.Join(disk, "gateway.db")
	makeRoom := smalldisk.Fill(t, disk)
	_, err := store.Open(t.Context(), store.Params{File: file, Make: true})
	hasKind(t, err, store.Full, "make room")
	makeRoom()
	s := open(t, file)
	anna := person(t, s, "anna")
	made := ticket(t, s, anna, "before")
	makeRoom = smalldisk.Fill(t, disk)
	for err == nil || !isFull(err) {
		// What the log of writes has still room for.
		err = s.Write(t.Context(), func(tx *store.Tx) error {
			return tx.AddEntry(&store.Entry{Ticket: made.Row, Kind: "message", Staff: "Tom", Body: strings.Repeat("x", 60_000), Format: "text", Delivery: "delivered", Created: tx.Now()})
		})
	}
	hasKind(t, err, store.Full, "nothing was changed")
	makeRoom()
	after := ticket(t, s, anna, "after")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, file)
	read(t, s, func(r *store.Reader) error {
		found, err := r.Tickets(store.TicketQuery{Person: anna.Row, Part: store.Own, Limit: 10})
		if err != nil || len(found) != 2 || after.Number == made.Number {
			t.Errorf("%d, %v", len(found), err)
		}
		return nil
	})
}

func isFull(err error) bool {
	var e *store.Error
	return errors.As(err, &e) && e.Kind == store.Full
}

// A file whose middle was overwritten is damaged, and is told from another program's.
func TestDamagedStore(t *testing.T) {
	file := filepath.Join(t.TempDir(), "gateway.db")
	s := open(t, file)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for i := 100; i < len(raw); i++ {
		raw[i] = 0xA5
	}
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = store.Open(t.Context(), store.Params{File: file})
	hasKind(t, err, store.Damaged, "newest backup")
}

func TestRunningGatewayIsSeen(t *testing.T) {
	file := filepath.Join(t.TempDir(), "gateway.db")
	if store.Running(file) {
		t.Error("it runs without a file")
	}
	s := open(t, file)
	if !store.Running(file) {
		t.Error("it is not seen")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if store.Running(file) {
		t.Error("it runs after its end")
	}
	_ = open(t, file) // looking has not kept the lock
}
