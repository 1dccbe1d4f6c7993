package desk

import (
	"bytes"
	"encoding/json"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/portico-desktop/portico/app/portal/api"
	"github.com/portico-desktop/portico/cmd/internal/gateway/store"
)

func asJSON(t *testing.T, v any) []byte {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func (r *rig) mine(who *Person) int {
	r.t.Helper()
	a, err := r.Tickets(r.t.Context(), who, api.TicketQuery{Limit: 100})
	if err != nil {
		r.t.Fatal(err)
	}
	return len(a.Body.(api.TicketList).Tickets)
}

func TestTheSameWriteHappensOnce(t *testing.T) {
	r := newRig(t)
	w := key()
	n := api.NewTicket{Subject: "once"}
	first, err := r.Create(t.Context(), r.ada, w, n)
	if err != nil {
		t.Fatal(err)
	}
	again, err := r.Create(t.Context(), r.ada, w, n)
	if err != nil || again.Status != first.Status || !bytes.Equal(asJSON(t, again.Body), asJSON(t, first.Body)) {
		t.Errorf("%+v, %v; the first was %+v", again, err, first)
	}
	other := w
	other.Hash[0] = 1
	_, err = r.Create(t.Context(), r.ada, other, n)
	wantCode(t, "the key with something else", err, "422 key-reused")
	// A key is one person's.
	if a, err := r.Create(t.Context(), r.ben, other, n); err != nil || bytes.Equal(asJSON(t, a.Body), asJSON(t, first.Body)) {
		t.Errorf("%+v, %v", a, err)
	}
	if r.mine(r.ada) != 1 || r.mine(r.ben) != 1 {
		t.Error("there are more requests than keys")
	}
}

func TestTheSameWriteAtOnceHappensOnce(t *testing.T) {
	r := newRig(t)
	w := key()
	answers := make([][]byte, 20)
	var all sync.WaitGroup
	for i := range answers {
		all.Go(func() {
			a, err := r.Create(t.Context(), r.ada, w, api.NewTicket{Subject: "once"})
			if err != nil {
				t.Error(err)
			}
			answers[i], _ = json.Marshal(a.Body)
		})
	}
	all.Wait()
	for _, a := range answers {
		if !bytes.Equal(a, answers[0]) {
			t.Errorf("%s and %s", a, answers[0])
		}
	}
	if n := r.mine(r.ada); n != 1 {
		t.Errorf("%d requests", n)
	}
}

// A refusal that was told stays told, also when it would not be made any more.
func TestRefusalsAreKept(t *testing.T) {
	r := newRig(t)
	ticket := r.create(r.ada, api.NewTicket{})
	if _, err := r.Act(t.Context(), r.ada, match(ticket.Version), ticket.ID, api.Act{Action: api.ActClose}); err != nil {
		t.Fatal(err)
	}
	w := key()
	for range 2 {
		_, err := r.Reply(t.Context(), r.ada, w, ticket.ID, api.NewEntry{Body: "late"})
		wantCode(t, "a late reply", err, "409 ticket-closed")
		if err := r.staff.Status(t.Context(), ticket.Number, "open", ""); err != nil {
			t.Fatal(err)
		}
	}
	var c copyOf
	c.follow(r, r.ada, 0)
	if done := c.done[w.Key.String()]; done.Outcome != api.Failed || done.Problem == nil || done.Problem.Code != api.TicketClosed {
		t.Errorf("%+v", done)
	}
	// Those that say "not so" and not "no" are not kept.
	w = match("99")
	_, err := r.Act(t.Context(), r.ada, w, ticket.ID, api.Act{Action: api.ActClose})
	wantCode(t, "another version", err, "412 changed")
	w.IfMatch = r.ticket(r.ada, ticket.ID).Version
	if _, err = r.Act(t.Context(), r.ada, w, ticket.ID, api.Act{Action: api.ActClose}); err != nil {
		t.Error(err)
	}
}

// A write that names a file which is gone is sent again once the file is.
func TestAMissingFileIsSentAgain(t *testing.T) {
	r := newRig(t)
	id, w := uuid.New(), key()
	n := api.NewTicket{Subject: "with a file", Attachments: []string{id.String(), uuid.NewString()}}
	_, err := r.Create(t.Context(), r.ada, w, n)
	wantCode(t, "before", err, "409 attachment-missing")
	if p := asProblem(err); len(p.IDs) != 2 || p.IDs[0] != id.String() {
		t.Errorf("%+v", p.IDs)
	}
	if a, err := r.put(r.ada, id, "a.txt", "x"); err != nil || a.Status != 201 {
		t.Fatal(a, err)
	}
	if a, err := r.put(r.ada, uuid.MustParse(n.Attachments[1]), "b.txt", "y"); err != nil || a.Status != 201 {
		t.Fatal(a, err)
	}
	a, err := r.Create(t.Context(), r.ada, w, n)
	if err != nil {
		t.Fatal(err)
	}
	if x := r.ticket(r.ada, a.Body.(api.Created).ID); len(x.Files) != 2 {
		t.Errorf("%+v", x.Files)
	}
	_, err = r.Create(t.Context(), r.ada, key(), n)
	wantCode(t, "the same files again", err, "422 answers-invalid")
}

// A failure in the middle leaves nothing: the request was numbered, its file is missing.
func TestARefusedWriteLeavesNothing(t *testing.T) {
	r := newRig(t)
	var c copyOf
	c.follow(r, r.ada, 0)
	if _, err := r.Create(t.Context(), r.ada, key(), api.NewTicket{Subject: "x", Attachments: []string{uuid.NewString()}}); err == nil {
		t.Fatal("taken")
	}
	if r.mine(r.ada) != 0 || r.Ahead(r.ada, c.cursor) {
		t.Error("something is left")
	}
}

func TestKeysAreForgottenAfterTwoWeeks(t *testing.T) {
	r := newRig(t)
	w := key()
	for range 2 {
		if _, err := r.Create(t.Context(), r.ada, w, api.NewTicket{Subject: "x"}); err != nil {
			t.Fatal(err)
		}
		r.clock = r.clock.Add(14*24*time.Hour + time.Second)
		var c copyOf
		if c.follow(r, r.ada, 0); len(c.done) != 1 {
			t.Errorf("%+v", c.done)
		}
		if err := r.store.Write(t.Context(), func(tx *store.Tx) error { _, err := tx.SweepWrites(); return err }); err != nil {
			t.Fatal(err)
		}
		// Also a device that begins now comes to an end.
		c = copyOf{}
		if c.follow(r, r.ada, 0); len(c.done) != 0 {
			t.Errorf("%+v", c.done)
		}
	}
	if n := r.mine(r.ada); n != 2 {
		t.Errorf("%d requests", n)
	}
}

func TestSomebodyShutOutIsToldAtOnce(t *testing.T) {
	r := newRig(t)
	ticket := r.create(r.ada, api.NewTicket{})
	var c copyOf
	c.follow(r, r.ada, 0)
	if err := r.staff.ShutOut(t.Context(), r.ada.ID, true); err != nil {
		t.Fatal(err)
	}
	if !r.Ahead(r.ada, c.cursor) {
		t.Error("a waiting device is not woken")
	}
	_, err := r.Sync(t.Context(), r.ada, c.cursor, 0)
	wantCode(t, "sync", err, "403 no-access")
	_, err = r.Ticket(t.Context(), r.ada, ticket.ID)
	wantCode(t, "ticket", err, "403 no-access")
	_, err = r.Reply(t.Context(), r.ada, key(), ticket.ID, api.NewEntry{Body: "x"})
	wantCode(t, "reply", err, "403 no-access")
	_, err = r.put(r.ada, uuid.New(), "a.txt", "x")
	wantCode(t, "file", err, "403 no-access")
	if err := r.staff.ShutOut(t.Context(), r.ada.ID, false); err != nil {
		t.Fatal(err)
	}
	r.ticket(r.ada, ticket.ID)
}
