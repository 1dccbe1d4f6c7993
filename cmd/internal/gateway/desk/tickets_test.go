package desk

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/app/portal/api"
)

// subjects are those of all pages.
func (r *rig) subjects(who *Person, q api.TicketQuery) string {
	r.t.Helper()
	var all []string
	for range 100 {
		a, err := r.Tickets(r.t.Context(), who, q)
		if err != nil {
			r.t.Fatal(err)
		}
		list := a.Body.(api.TicketList)
		for _, x := range list.Tickets {
			all = append(all, x.Subject)
		}
		if q.Cursor = list.Next; q.Cursor == "" {
			break
		}
		if len(q.Cursor) > api.MaxID {
			r.t.Errorf("a cursor of %d bytes", len(q.Cursor))
		}
	}
	return strings.Join(all, " ")
}

func TestListsAreWhoseTheyAre(t *testing.T) {
	r := newRig(t)
	make := func(who *Person, subject string, participants ...string) api.Ticket {
		r.clock = r.clock.Add(time.Minute)
		return r.create(who, api.NewTicket{Subject: subject, Participants: participants})
	}
	one := make(r.ada, "one")
	make(r.ada, "two")
	make(r.ben, "bens", r.ada.ID)
	make(r.eve, "eves")
	r.clock = r.clock.Add(time.Minute)
	if err := r.staff.Status(t.Context(), one.Number, "on_hold", ""); err != nil {
		t.Fatal(err)
	}
	if err := r.staff.Ask(t.Context(), one.Number, r.ben.ID, "?"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		who  *Person
		q    api.TicketQuery
		want string
	}{
		{r.ada, api.TicketQuery{}, "one two"},
		{r.ada, api.TicketQuery{Limit: 1}, "one two"},
		{r.ada, api.TicketQuery{Sort: api.SortCreated}, "two one"},
		{r.ada, api.TicketQuery{Sort: api.SortCreated, Limit: 1}, "two one"},
		{r.ada, api.TicketQuery{Scope: api.ScopeParticipant}, "bens"},
		{r.ada, api.TicketQuery{Category: api.OnHold}, "one"},
		{r.ada, api.TicketQuery{Q: "TW"}, "two"},
		{r.ada, api.TicketQuery{Q: one.Number}, "one"},
		{r.ben, api.TicketQuery{Scope: api.ScopeApprovals}, "one"},
		{r.ben, api.TicketQuery{Scope: api.ScopeApprovals, Category: api.New}, ""},
		{r.ben, api.TicketQuery{Scope: api.ScopeApprovals, Q: "x"}, ""},
		{r.bea, api.TicketQuery{Scope: api.ScopeOrganization}, "one bens two"},
		{r.bea, api.TicketQuery{Scope: api.ScopeOrganization, Limit: 2}, "one bens two"},
	} {
		if diff := cmp.Diff(c.want, r.subjects(c.who, c.q)); diff != "" {
			t.Errorf("%s %+v: %s", c.who.Name, c.q, diff)
		}
	}
	for _, bad := range []api.TicketQuery{{Scope: "all"}, {Category: "x"}, {Sort: "x"}, {Cursor: "x"}, {Cursor: "x.y"}, {Cursor: "zz." + strings.Repeat("t", 20)}} {
		_, err := r.Tickets(t.Context(), r.ada, bad)
		wantCode(t, fmt.Sprintf("%+v", bad), err, "400 bad-request")
	}
	_, err := r.Tickets(t.Context(), r.ada, api.TicketQuery{Scope: api.ScopeOrganization})
	wantCode(t, "the organization's without the role", err, "403 not-permitted")
}

func TestTechniciansSeeAllAndSaySo(t *testing.T) {
	r := newRig(t)
	x := r.create(r.ada, api.NewTicket{Subject: "open"})
	y := r.create(r.eve, api.NewTicket{Subject: "closed"})
	if err := r.staff.Status(t.Context(), y.ID, "closed", ""); err != nil {
		t.Fatal(err)
	}
	list := func(q StaffQuery) (all string) {
		found, err := r.staff.List(t.Context(), q)
		if err != nil {
			return err.Error()
		}
		for _, f := range found {
			all += f.Subject + " of " + f.Requester.Name + ", " + f.Organization + " "
		}
		return all
	}
	for _, c := range []struct {
		q    StaffQuery
		want string
	}{
		{StaffQuery{}, "open of Ada, Contoso "}, {StaffQuery{All: true, Text: "closed"}, "closed of Eve, Fabrikam "}, {StaffQuery{Category: "closed"}, "closed of Eve, Fabrikam "},
		{StaffQuery{Category: "x"}, `"x" is no category; write one of new, open, waiting_for_you, on_hold, solved, closed`},
	} {
		if got := list(c.q); got != c.want {
			t.Errorf("%+v: %q", c.q, got)
		}
	}
	if err := r.staff.Assign(t.Context(), "#"+x.Number, "Tom"); err != nil {
		t.Fatal(err)
	}
	if now := r.ticket(r.ada, x.ID); now.Assignee != "Tom" {
		t.Errorf("%+v", now)
	}
	ctx := t.Context()
	for what, err := range map[string]error{
		"an unknown request": r.staff.Reply(ctx, "99", "x"), "no request": r.staff.Reply(ctx, "", "x"), "an empty reply": r.staff.Reply(ctx, x.Number, "\u200b"), "an empty note": r.staff.Note(ctx, x.Number, ""),
		"a wrong category": r.staff.Status(ctx, x.Number, "done", ""), "an unknown approver": r.staff.Ask(ctx, x.Number, "nobody@x.example", ""),
		"a foreign approver": r.staff.Ask(ctx, x.Number, r.eve.ID, ""), "an unknown person": r.staff.Link(ctx, "nobody", Contact{}), "unknown news": r.staff.Withdraw(ctx, "n1"),
		"news without a title": second(r.staff.Announce(ctx, News{})), "a wrong severity": second(r.staff.Announce(ctx, News{Title: "x", Severity: "loud"})),
		"a wrong address": second(r.staff.Announce(ctx, News{Title: "x", URL: "http://x.example"})), "an end before the beginning": second(r.staff.Announce(ctx, News{Title: "x", From: r.clock, Until: r.clock})),
	} {
		if err == nil || asProblem(err) != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}
