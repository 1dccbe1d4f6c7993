package desk

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/portico-desktop/portico/app/portal/api"
	"github.com/portico-desktop/portico/cmd/internal/gateway/audience"
	"github.com/portico-desktop/portico/cmd/internal/gateway/store"
)

// things are those of one person that nobody else may reach.
type things struct {
	ticket, version, entry, file, entryFile, loose, note, noteFile, approval, approvalVersion string
}

// own makes a request of the person with everything in it.
func (r *rig) own(who *Person) (x things) {
	t := r.t
	t.Helper()
	x.loose = r.file(who, "loose.txt", "nobody has named me yet")
	x.file = r.file(who, "ticket.txt", "of the ticket")
	x.entryFile = r.file(who, "entry.txt", "of the entry")
	x.noteFile = r.file(who, "note.txt", "of a note")
	ticket := r.create(who, api.NewTicket{Subject: "Of " + who.Name, Attachments: []string{x.file}})
	x.ticket = ticket.ID
	a, err := r.Reply(t.Context(), who, key(), x.ticket, api.NewEntry{Body: "a message", Attachments: []string{x.entryFile}})
	if err != nil {
		t.Fatal(err)
	}
	x.entry = a.Body.(api.Created).ID
	err = r.store.Write(t.Context(), func(tx *store.Tx) error {
		row, err := tx.TicketByID(x.ticket)
		if err != nil {
			return err
		}
		note := store.Entry{Ticket: row.Row, Kind: "message", Staff: "Tom", Internal: true, Body: "he is difficult", Format: "text", Delivery: "delivered", Created: tx.Now()}
		if err := tx.AddEntry(&note); err != nil {
			return err
		}
		x.note = note.ID
		f, err := tx.File(x.noteFile)
		if err != nil {
			return err
		}
		if err := tx.Attach(f.Row, row.Row, note.Row); err != nil {
			return err
		}
		approval := store.Approval{Ticket: row.Row, Person: who.Row, AskedName: "Tom", Title: "Yours to decide", Format: "text", State: "pending", Created: tx.Now(), Updated: tx.Now()}
		if err := tx.AddApproval(&approval); err != nil {
			return err
		}
		x.approval, x.approvalVersion = approval.ID, version(approval.Version)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	x.version = r.ticket(who, x.ticket).Version
	return x
}

// Each of two people, one with a customer's address in a foreign organization, a guest, and
// an overseer of another organization try every call on things that are not theirs.
func TestNobodyReachesAnothersThings(t *testing.T) {
	r := newRig(t)
	boss := r.person("Boss", "fabrikam")
	boss.Roles = []string{Organization}
	// A foreign administrator has given this one a customer's address.
	liar := r.person("Liar", "fabrikam")
	liar.Address = r.ada.Address
	of := map[*Person]things{r.ada: r.own(r.ada), r.ben: r.own(r.ben)}
	for owner, x := range of {
		for _, who := range []*Person{r.ada, r.ben, r.eve, r.gus, boss, liar} {
			if who == owner {
				continue
			}
			ctx := t.Context()
			for what, call := range map[string]func() error{
				"ticket":         func() error { _, err := r.Ticket(ctx, who, x.ticket); return err },
				"entries":        func() error { _, err := r.Entries(ctx, who, x.ticket, ""); return err },
				"entries before": func() error { _, err := r.Entries(ctx, who, x.ticket, x.entry); return err },
				"reply":          func() error { _, err := r.Reply(ctx, who, key(), x.ticket, api.NewEntry{Body: "x"}); return err },
				"empty reply":    func() error { _, err := r.Reply(ctx, who, key(), x.ticket, api.NewEntry{}); return err },
				"close": func() error {
					_, err := r.Act(ctx, who, match(x.version), x.ticket, api.Act{Action: api.ActClose})
					return err
				},
				"watch": func() error {
					_, err := r.Act(ctx, who, match(x.version), x.ticket, api.Act{Action: api.ActWatch})
					return err
				},
				"without a match": func() error { _, err := r.Act(ctx, who, key(), x.ticket, api.Act{Action: api.ActClose}); return err },
				"another version": func() error { _, err := r.Act(ctx, who, match("99"), x.ticket, api.Act{Action: "x"}); return err },
				"feedback": func() error {
					_, err := r.Feedback(ctx, who, key(), x.ticket, api.Feedback{Score: 1, Max: 5})
					return err
				},
				"wrong feedback": func() error { _, err := r.Feedback(ctx, who, key(), x.ticket, api.Feedback{}); return err },
				"approval": func() error {
					_, err := r.Decide(ctx, who, match(x.approvalVersion), x.approval, api.Decision{Decision: api.Approved})
					return err
				},
				"wrong approval":   func() error { _, err := r.Decide(ctx, who, key(), x.approval, api.Decision{}); return err },
				"file":             func() error { _, err := r.readFile(who, x.file); return err },
				"entry's file":     func() error { _, err := r.readFile(who, x.entryFile); return err },
				"loose file":       func() error { _, err := r.readFile(who, x.loose); return err },
				"note's file":      func() error { _, err := r.readFile(who, x.noteFile); return err },
				"put over a file":  func() error { _, err := r.put(who, uuid.MustParse(x.file), "a.txt", "of the ticket"); return err },
				"put over a loose": func() error { _, err := r.put(who, uuid.MustParse(x.loose), "a.txt", "other"); return err },
			} {
				wantCode(t, who.Name+": "+what+" of "+owner.Name, call(), "404 not-found")
			}
			// Another's file is as one that is not there.
			for _, id := range []string{x.file, x.loose, x.noteFile, uuid.NewString()} {
				_, err := r.Create(ctx, who, key(), api.NewTicket{Subject: "x", Attachments: []string{id}})
				wantCode(t, who.Name+" attaches a file of "+owner.Name, err, "409 attachment-missing")
			}
			mine := r.create(who, api.NewTicket{Subject: "mine"})
			_, err := r.Entries(ctx, who, mine.ID, x.entry)
			wantCode(t, who.Name+" pages by an entry of "+owner.Name, err, "404 not-found")
			for scope, want := range map[api.Scope]string{api.ScopeMine: "", api.ScopeParticipant: "", api.ScopeApprovals: "", api.ScopeOrganization: "403 not-permitted"} {
				if who.Has(Organization) && scope == api.ScopeOrganization {
					want = ""
				}
				list, err := r.Tickets(ctx, who, api.TicketQuery{Scope: scope})
				wantCode(t, who.Name+": list of "+string(scope), err, want)
				if err == nil {
					for _, found := range list.Body.(api.TicketList).Tickets {
						if found.ID == x.ticket {
							t.Errorf("%s finds the request of %s in %s", who.Name, owner.Name, scope)
						}
					}
				}
			}
			var c copyOf
			c.follow(r, who, 0)
			if _, has := c.tickets[x.ticket]; has || c.entries[x.entry].ID != "" || c.approvals[x.approval].ID != "" {
				t.Errorf("%s is sent something of %s", who.Name, owner.Name)
			}
		}
		// Internal notes are not their requester's either.
		_, err := r.Entries(t.Context(), owner, x.ticket, x.note)
		wantCode(t, owner.Name+" pages by a note", err, "404 not-found")
		_, err = r.readFile(owner, x.noteFile)
		wantCode(t, owner.Name+" reads a note's file", err, "404 not-found")
		for _, e := range r.entriesOf(owner, x.ticket) {
			if e.ID == x.note || strings.Contains(e.Body, "difficult") {
				t.Errorf("%s reads a note", owner.Name)
			}
		}
		var c copyOf
		c.follow(r, owner, 0)
		if _, has := c.entries[x.note]; has || c.entries[x.entry].Files[0].ID != x.entryFile {
			t.Errorf("%s is sent %+v", owner.Name, c.entries)
		}
		for id, want := range map[string]string{x.file: "of the ticket", x.entryFile: "of the entry", x.loose: "nobody has named me yet"} {
			if got, err := r.readFile(owner, id); got != want {
				t.Errorf("%s reads %q, %v", owner.Name, got, err)
			}
		}
	}
}

// Unknown and malformed ids are as those of others.
func TestUnknownIDsAreAsThoseOfOthers(t *testing.T) {
	r := newRig(t)
	for _, id := range []string{"", "t", "1", "t' OR 1=1 --", "..", "t\x00", strings.Repeat("t", 300), uuid.NewString(), uuid.Nil.String(), "{" + uuid.NewString() + "}"} {
		ctx := t.Context()
		_, err := r.Ticket(ctx, r.ada, id)
		wantCode(t, "ticket "+id, err, "404 not-found")
		_, err = r.Reply(ctx, r.ada, key(), id, api.NewEntry{Body: "x"})
		wantCode(t, "reply "+id, err, "404 not-found")
		_, err = r.Decide(ctx, r.ada, match("1"), id, api.Decision{Decision: api.Approved})
		wantCode(t, "approval "+id, err, "404 not-found")
		_, err = r.Acknowledge(ctx, r.ada, Write{}, id)
		wantCode(t, "announcement "+id, err, "404 not-found")
		_, err = r.File(ctx, r.ada, id)
		wantCode(t, "file "+id, err, "404 not-found")
		_, err = r.Options(ctx, r.ada, id, "site", "", "")
		wantCode(t, "form "+id, err, "404 not-found")
	}
}

func TestPeopleAreOfTheOwnOrganization(t *testing.T) {
	r := newRig(t)
	find := func(who *Person, q string) (names string) {
		a, err := r.People(t.Context(), who, q)
		if err != nil {
			return code(err)
		}
		for _, p := range a.Body.(api.People).People {
			names += p.Name + " "
		}
		return names
	}
	for q, want := range map[string]string{"be": "Bea Ben ", "eve": "", "gus": "", "b": "400 bad-request", "\u202eb": "400 bad-request", "%%": "", "__": "", "' OR '1'='1": ""} {
		if got := find(r.ada, q); got != want {
			t.Errorf("%q: %q, want %q", q, got, want)
		}
	}
	if got := find(r.gus, "gus"); got != "" {
		t.Errorf("somebody without an organization finds %q", got)
	}
	r.Desk.everybody = []string{}
	if got := find(r.ada, "ben"); got != "403 not-permitted" {
		t.Errorf("without a role: %q", got)
	}
	_, err := r.Create(t.Context(), r.ada, key(), api.NewTicket{Subject: "x", Participants: []string{r.ben.ID}})
	wantCode(t, "participants without a role", err, "403 not-permitted")
	_, err = r.Create(t.Context(), r.ada, key(), api.NewTicket{Subject: "x", OnBehalfOf: r.ben.ID})
	wantCode(t, "on behalf without a role", err, "403 not-permitted")
	r.Desk.everybody = []string{Participants, OnBehalfOf}
	for _, id := range []string{r.eve.ID, r.gus.ID, r.ben.Address, "nobody"} {
		_, err := r.Create(t.Context(), r.ada, key(), api.NewTicket{Subject: "x", Participants: []string{r.ben.ID, id}})
		wantCode(t, "participant "+id, err, "422 answers-invalid")
		if p := asProblem(err); p.Errors[0].Pointer != "/participants/1" {
			t.Errorf("%+v", p.Errors)
		}
		_, err = r.Create(t.Context(), r.ada, key(), api.NewTicket{Subject: "x", OnBehalfOf: id})
		wantCode(t, "on behalf of "+id, err, "422 answers-invalid")
	}
}

func TestAnnouncementsAreForTheirAudience(t *testing.T) {
	r := newRig(t)
	for title, rule := range map[string]audience.Rule{
		"all": {}, "contoso": {Organizations: []string{"contoso"}}, "it": {Groups: []string{"it"}, Organizations: []string{"contoso"}}, "eve": {People: []string{r.eve.ID}},
	} {
		if _, err := r.staff.Announce(t.Context(), News{Title: title, Audience: rule, AckWanted: true}); err != nil {
			t.Fatal(err)
		}
	}
	ids := map[string]string{}
	list, err := r.staff.News(t.Context())
	if err != nil || len(list) != 4 {
		t.Fatal(list, err)
	}
	for _, a := range list {
		ids[a.Title] = a.ID
	}
	copies := map[*Person]*copyOf{}
	for who, want := range map[*Person]string{r.ada: "all contoso it", r.ben: "all contoso", r.eve: "all eve", r.gus: "all"} {
		c := &copyOf{}
		c.follow(r, who, 1)
		for title, id := range ids {
			_, has := c.news[id]
			should := strings.Contains(want, title)
			if has != should {
				t.Errorf("%s gets %s: %v", who.Name, title, has)
			}
			_, err := r.Acknowledge(t.Context(), who, Write{}, id)
			if (code(err) == "") != should {
				t.Errorf("%s reads %s: %v", who.Name, title, err)
			}
		}
		if c.follow(r, who, 0); !c.news[ids["all"]].Acked {
			t.Errorf("%s has read it, and the device does not know", who.Name)
		}
		copies[who] = c
	}
	if err := r.staff.Withdraw(t.Context(), ids["all"]); err != nil {
		t.Fatal(err)
	}
	for who, c := range copies {
		if c.follow(r, who, 0); c.news[ids["all"]].ID != "" {
			t.Errorf("%s still has one that was withdrawn", who.Name)
		}
		_, err := r.Acknowledge(t.Context(), who, Write{}, ids["all"])
		wantCode(t, "reading one that was withdrawn", err, "404 not-found")
	}
}
