package desk

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/app/portal/api"
)

func TestADeviceBeginsWithWhatItKeeps(t *testing.T) {
	r := newRig(t)
	long := r.create(r.ada, api.NewTicket{Subject: "long"})
	for i := range 30 {
		if _, err := r.Reply(t.Context(), r.ada, key(), long.ID, api.NewEntry{Body: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
	old := r.create(r.ada, api.NewTicket{Subject: "old"})
	if err := r.act(r.ada, old.ID, api.Act{Action: api.ActClose}); err != nil {
		t.Fatal(err)
	}
	for _, over := range []bool{false, true} {
		n := News{Title: fmt.Sprint("over: ", over)}
		if over {
			n.From, n.Until = r.clock.Add(-2*time.Hour), r.clock.Add(-time.Hour)
		}
		if _, err := r.staff.Announce(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
	r.clock = r.clock.Add(60 * 24 * time.Hour)
	closed := r.create(r.ada, api.NewTicket{Subject: "closed"})
	if err := r.act(r.ada, closed.ID, api.Act{Action: api.ActClose}); err != nil {
		t.Fatal(err)
	}
	r.clock = r.clock.Add(60 * 24 * time.Hour)
	for _, limit := range []int{1, 3, 0, 10_000} {
		var c copyOf
		c.follow(r, r.ada, limit)
		var subjects []string
		for _, x := range []string{long.ID, old.ID, closed.ID} {
			subjects = append(subjects, c.tickets[x].Subject)
		}
		if diff := cmp.Diff([]string{"long", "", "closed"}, subjects); diff != "" {
			t.Errorf("limit %d: %s", limit, diff)
		}
		of := map[string]int{}
		for _, e := range c.entries {
			of[e.TicketID]++
		}
		if of[long.ID] != 20 || !c.tickets[long.ID].Limited || of[closed.ID] != 1 || c.tickets[closed.ID].Limited {
			t.Errorf("limit %d: %v", limit, of)
		}
		if len(c.news) != 1 {
			t.Errorf("limit %d: %v", limit, c.news)
		}
	}
	// The rest is asked for, page by page.
	n, before := 0, ""
	for {
		a, err := r.Entries(t.Context(), r.ada, long.ID, before)
		if err != nil {
			t.Fatal(err)
		}
		page := a.Body.(api.Entries)
		n += len(page.Entries)
		if before = page.Before; before == "" {
			break
		}
	}
	if n != 30 {
		t.Errorf("%d entries", n)
	}
}

// What changes while a device begins is there at the end, with all of its entries.
func TestChangesDuringABeginningAreNotLost(t *testing.T) {
	r := newRig(t)
	leaving := r.create(r.ben, api.NewTicket{Subject: "leaving", Participants: []string{r.ada.ID}})
	var ids []string
	for i := range 10 {
		x := r.create(r.ada, api.NewTicket{Subject: fmt.Sprint(i)})
		if _, err := r.Reply(t.Context(), r.ada, key(), x.ID, api.NewEntry{Body: "first"}); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, x.ID)
	}
	first, err := r.Sync(t.Context(), r.ada, "", 3)
	if err != nil || !first.More || first.Tickets[0].ID != leaving.ID {
		t.Fatalf("%+v, %v", first, err)
	}
	c := copyOf{tickets: map[string]api.Ticket{}, entries: map[string]api.Entry{}, approvals: map[string]api.Approval{}, news: map[string]api.Announcement{}, done: map[string]api.Done{}, gone: map[string]api.Gone{}}
	c.take(first)
	for _, id := range ids {
		if _, err := r.Reply(t.Context(), r.ada, key(), id, api.NewEntry{Body: "second"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.act(r.ben, leaving.ID, api.Act{Action: api.ActRemoveParticipants, Participants: []string{r.ada.ID}}); err != nil {
		t.Fatal(err)
	}
	c.follow(r, r.ada, 3)
	if len(c.tickets) != 10 || c.tickets[leaving.ID].ID != "" {
		t.Errorf("%d requests", len(c.tickets))
	}
	of := map[string]string{}
	for _, e := range c.entries {
		if c.tickets[e.TicketID].ID != "" {
			of[e.TicketID] += e.Body
		}
	}
	for _, id := range ids {
		if len(of[id]) != len("firstsecond") {
			t.Errorf("%q", of[id])
		}
	}
}

func TestAnotherOrganizationBeginsAnew(t *testing.T) {
	r := newRig(t)
	r.create(r.ada, api.NewTicket{})
	var c copyOf
	c.follow(r, r.ada, 0)
	if err := r.staff.Link(t.Context(), r.ada.Address, Contact{Organization: "fabrikam", OrganizationName: "Fabrikam"}); err != nil {
		t.Fatal(err)
	}
	// The token is older than that.
	_, err := r.Sync(t.Context(), r.ada, c.cursor, 0)
	wantCode(t, "with the token of before", err, "401 unauthorized")
	_, err = r.People(t.Context(), r.ada, "ben")
	wantCode(t, "people of before", err, "401 unauthorized")
	moved := *r.ada
	moved.Organization, moved.OrganizationRow = r.eve.Organization, r.eve.OrganizationRow
	_, err = r.Sync(t.Context(), &moved, c.cursor, 0)
	wantCode(t, "with a new token", err, "410 cursor-expired")
	c = copyOf{}
	if c.follow(r, &moved, 0); c.me.Organization != "Fabrikam" {
		t.Errorf("%+v", c.me)
	}
}

func TestCursorsOfOthersAreExpired(t *testing.T) {
	r := newRig(t)
	var c copyOf
	c.follow(r, r.ada, 0)
	for _, cursor := range []string{c.cursor, "x", strings.Repeat("A", 300), c.cursor + "A", "'; --"} {
		if !r.Ahead(r.ben, cursor) {
			t.Errorf("a client waits with the cursor %q", cursor)
		}
		_, err := r.Sync(t.Context(), r.ben, cursor, 0)
		wantCode(t, cursor, err, "410 cursor-expired")
	}
}

func TestNewContentIsToldOnce(t *testing.T) {
	r := newRig(t)
	publish := func() {
		t.Helper()
		if err := r.Published(t.Context(), r.content.Current()); err != nil {
			t.Fatal(err)
		}
	}
	publish()
	var c copyOf
	c.follow(r, r.ada, 0)
	before := c.versions
	publish() // as after a restart
	if r.Ahead(r.ada, c.cursor) {
		t.Error("the same content is news")
	}
	if err := os.WriteFile(filepath.Join(r.folder, "menus", "b.json"), []byte(`[{"id":"wiki","title":"Wiki","url":"https://wiki.example/"}]`), 0o644); err != nil {
		t.Fatal(err)
	}
	r.content.Reload()
	publish()
	if c.follow(r, r.ada, 0); c.versions.Menus == before.Menus || c.versions.Forms != before.Forms {
		t.Errorf("%+v, and before %+v", c.versions, before)
	}
}

func TestAMergedRequestLivesOnInAnother(t *testing.T) {
	r := newRig(t)
	a, b := r.create(r.ada, api.NewTicket{Subject: "a"}), r.create(r.ben, api.NewTicket{Subject: "b"})
	if _, err := r.Reply(t.Context(), r.ada, key(), a.ID, api.NewEntry{Body: "of a"}); err != nil {
		t.Fatal(err)
	}
	var ada, ben copyOf
	ada.follow(r, r.ada, 0)
	ben.follow(r, r.ben, 0)
	if err := r.staff.Merge(t.Context(), a.Number, b.Number); err != nil {
		t.Fatal(err)
	}
	ada.follow(r, r.ada, 0)
	ben.follow(r, r.ben, 0)
	if g := ada.gone[a.ID]; g.Into != b.ID || ada.tickets[b.ID].ID == "" || len(ada.tickets) != 1 {
		t.Errorf("%+v %+v", ada.gone, ada.tickets)
	}
	said := ""
	for _, e := range r.entriesOf(r.ben, b.ID) {
		said += e.Body + "\n"
		if ben.entries[e.ID].TicketID != b.ID || ada.entries[e.ID].TicketID != b.ID {
			t.Errorf("a device does not have %+v", e)
		}
	}
	if !strings.Contains(said, "of a") || !strings.Contains(said, "Merged with") {
		t.Errorf("%s", said)
	}
	_, err := r.Reply(t.Context(), r.ada, key(), a.ID, api.NewEntry{Body: "x"})
	wantCode(t, "a reply to the merged one", err, "404 not-found")
	_, err = r.Ticket(t.Context(), r.bea, a.ID)
	wantCode(t, "the merged one, for an overseer", err, "404 not-found")
	if _, err := r.Reply(t.Context(), r.ada, key(), b.ID, api.NewEntry{Body: "x"}); err != nil {
		t.Error(err)
	}
	// Once a private one is in it, it is private.
	private, err := r.fill(r.ada, "pay", `{}`)
	if err != nil {
		t.Fatal(err)
	}
	r.ticket(r.bea, b.ID)
	if err := r.staff.Merge(t.Context(), private.Number, b.Number); err != nil {
		t.Fatal(err)
	}
	_, err = r.Ticket(t.Context(), r.bea, b.ID)
	wantCode(t, "an overseer", err, "404 not-found")
	for _, c := range [][2]string{{b.Number, b.Number}, {a.Number, b.Number}, {b.Number, a.Number}, {b.Number, "x"}, {b.Number, r.create(r.eve, api.NewTicket{}).Number}} {
		if err := r.staff.Merge(t.Context(), c[0], c[1]); err == nil {
			t.Errorf("%v are merged", c)
		}
	}
}

// An internal note rings nobody.
func TestANoteRingsNobody(t *testing.T) {
	r := newRig(t)
	x := r.create(r.ada, api.NewTicket{})
	var c copyOf
	c.follow(r, r.ada, 0)
	if err := r.staff.Note(t.Context(), x.Number, "difficult"); err != nil {
		t.Fatal(err)
	}
	if r.Ahead(r.ada, c.cursor) {
		t.Error("Ada is rung")
	}
	if now := r.ticket(r.ada, x.ID); now.Version != x.Version || !now.UpdatedAt.Equal(x.UpdatedAt) {
		t.Errorf("%+v", now)
	}
}

// A device waits with the last cursor it got, whatever happens to others.
func TestOthersChangesLeaveACursorGood(t *testing.T) {
	r := newRig(t)
	var c copyOf
	c.follow(r, r.ada, 0)
	for range 5 {
		r.create(r.ben, api.NewTicket{})
		r.create(r.eve, api.NewTicket{})
	}
	if r.Ahead(r.ada, c.cursor) {
		t.Error("others' requests ring")
	}
	if s, err := r.Sync(t.Context(), r.ada, c.cursor, 0); s != nil || err != nil {
		t.Errorf("%+v, %v", s, err)
	}
}
