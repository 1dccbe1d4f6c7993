package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/portico-desktop/portico/cmd/internal/gateway/store"
)

// A copy is put back, and a command changes it before the gateway runs again: its change has
// the number of one that was lost, and whoever had read that one begins again.
func TestCommandOnACopyPutBackIsNoticed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "gateway.db")
	s := open(t, file)
	p := person(t, s, "ada")
	ticket(t, s, p, "before the copy")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	old, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	beside, err := store.Open(t.Context(), store.Params{File: file, Beside: true})
	if err != nil {
		t.Fatal(err)
	}
	ticket(t, beside, p, "lost")
	cursor := caughtUp(t, beside, p)
	if err := beside.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, old, 0o600); err != nil {
		t.Fatal(err)
	}
	if beside, err = store.Open(t.Context(), store.Params{File: file, Beside: true}); err != nil {
		t.Fatal(err)
	}
	ticket(t, beside, p, "after the copy")
	if err := beside.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, file)
	c, err := s.ParseCursor(cursor, p.Row, p.Organization)
	if err == nil {
		err = s.Valid(t.Context(), c)
	}
	if !errors.Is(err, store.ErrExpired) {
		behind, _ := s.Behind(t.Context(), c)
		t.Errorf("the cursor counts, %v; behind %v", err, behind)
	}
}
