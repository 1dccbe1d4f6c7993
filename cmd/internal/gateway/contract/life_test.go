package contract

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/portico-desktop/portico/app/portal/api"
)

// followed is what one client hears, a step at a time.
func followed(t *testing.T, c *api.Client) (steps chan api.Step, end func()) {
	ctx, cancel := context.WithCancel(t.Context())
	steps, done := make(chan api.Step, 100), make(chan error, 1)
	go func() {
		done <- c.Follow(ctx, api.Follow{Take: func(_ context.Context, s api.Step) error { steps <- s; return nil }})
	}()
	return steps, func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
}

// until waits for a step.
func until(t *testing.T, steps chan api.Step, what string, is func(api.Step) bool) api.Step {
	t.Helper()
	deadline := time.After(30 * time.Second)
	for {
		select {
		case s := <-steps:
			if is(s) {
				return s
			}
		case <-deadline:
			t.Fatalf("no step with %s", what)
		}
	}
}

func TestAClientsLifeAtAPortal(t *testing.T) {
	p := newPortal(t)
	ada, bea, eve := p.client("Ada", "contoso"), p.client("Bea", "contoso"), p.client("Eve", "fabrikam")

	about, tag, err := ada.Portal(t.Context(), "")
	if err != nil || about.Name != "Contoso IT" {
		t.Fatal(about, err)
	}
	if _, _, err := ada.Portal(t.Context(), tag); !errors.Is(err, api.ErrUnchanged) {
		t.Error(err)
	}
	menus, tag, err := ada.Menus(t.Context(), "")
	if err != nil || len(menus.Menus) != 1 {
		t.Fatal(menus, err)
	}
	if _, _, err := ada.Menus(t.Context(), tag); !errors.Is(err, api.ErrUnchanged) {
		t.Error(err)
	}
	forms, tag, err := ada.Forms(t.Context(), "")
	if err != nil || len(forms.Forms) != 1 {
		t.Fatal(forms, err)
	}
	if _, _, err := ada.Forms(t.Context(), tag); !errors.Is(err, api.ErrUnchanged) {
		t.Error(err)
	}
	if o, err := ada.Options(t.Context(), "software", "site", "ber", json.RawMessage(`{"name":"x"}`)); err != nil || len(o.Options) != 1 {
		t.Error(o, err)
	}
	if a, err := ada.Articles(t.Context(), "printer"); err != nil || len(a.Articles) != 1 {
		t.Error(a, err)
	}
	if _, _, err := bea.Menus(t.Context(), ""); err != nil { // now the portal knows her
		t.Fatal(err)
	}
	steps, end := followed(t, ada)
	defer end()
	first := until(t, steps, "the whole", func(s api.Step) bool { return s.Last })
	if first.Me == nil || first.Me.Name != "Ada" || first.Me.Organization != "Contoso" {
		t.Errorf("%+v", first.Me)
	}
	people := must(ada.People(t.Context(), "be"))(t)
	if len(people.People) != 1 || people.People[0].Name != "Bea" {
		t.Fatal(people)
	}

	// A request with a file, from its beginning to its end.
	w := key()
	file := must(ada.Upload(t.Context(), upload(t, 1000)))(t)
	n := api.NewTicket{Form: "software", FormVersion: forms.Forms[0].Version, Answers: json.RawMessage(`{"name":"Inkscape"}`), Participants: []string{people.People[0].ID}, Attachments: []string{file.ID}, Device: map[string]string{"Host": "PC-1"}}
	made, delivered, err := ada.Create(t.Context(), w, n)
	if err != nil || !delivered || made.Number == "" {
		t.Fatal(made, delivered, err)
	}
	again, _, err := ada.Create(t.Context(), w, n)
	if diff := cmp.Diff(made, again); diff != "" || err != nil {
		t.Error(diff, err)
	}
	until(t, steps, "done", func(s api.Step) bool {
		return len(s.Done) == 1 && s.Done[0] == api.Done{Key: w.Key, Outcome: api.Delivered, ID: made.ID}
	})
	other := n
	other.Subject = "Another"
	_, _, err = ada.Create(t.Context(), w, other)
	wantCode(t, "the key again", err, api.KeyReused)
	n.FormVersion = "0"
	_, _, err = ada.Create(t.Context(), key(), n)
	wantCode(t, "another form", err, api.FormChanged)
	n.FormVersion, n.Answers = forms.Forms[0].Version, json.RawMessage(`{}`)
	_, _, err = ada.Create(t.Context(), key(), n)
	if told := wantCode(t, "no answer", err, api.AnswersInvalid); len(told.Errors) == 0 || told.Errors[0].Pointer == "" {
		t.Errorf("%+v", told)
	}
	missing := uuid.NewString()
	_, _, err = ada.Create(t.Context(), key(), api.NewTicket{Subject: "x", Attachments: []string{missing}})
	if told := wantCode(t, "a file that is gone", err, api.AttachmentMissing); len(told.IDs) != 1 || told.IDs[0] != missing {
		t.Errorf("%+v", told)
	}

	if _, err := eve.Ticket(t.Context(), made.ID, ""); wantCode(t, "a foreign request", err, api.NotFound).Status != 404 {
		t.Error(err)
	}
	_, err = eve.Tickets(t.Context(), api.TicketQuery{Scope: api.ScopeOrganization})
	wantCode(t, "the organization's requests", err, api.NotPermitted)
	if l := must(bea.Tickets(t.Context(), api.TicketQuery{Scope: api.ScopeOrganization, Category: api.OnHold, Q: "software", Sort: api.SortCreated, Limit: 1}))(t); len(l.Tickets) != 1 {
		t.Error(l)
	}

	// The approval.
	heard, stop := followed(t, bea)
	asked := until(t, heard, "an approval", func(s api.Step) bool { return len(s.Approvals) == 1 }).Approvals[0]
	stop()
	_, err = bea.Decide(t.Context(), at("0"), asked.ID, api.Decision{Decision: api.Approved})
	wantCode(t, "another version", err, api.Changed)
	_, err = bea.Decide(t.Context(), key(), asked.ID, api.Decision{Decision: api.Approved})
	wantCode(t, "no version", err, api.MatchRequired)
	decided := must(bea.Decide(t.Context(), at(asked.Version), asked.ID, api.Decision{Decision: api.Approved, Comment: "Yes"}))(t)
	_, err = bea.Decide(t.Context(), at(decided.Version), asked.ID, api.Decision{Decision: api.Declined})
	wantCode(t, "twice", err, api.DecidedAlready)

	// The conversation.
	if err := p.staff.Reply(t.Context(), made.Number, "Which version?"); err != nil {
		t.Fatal(err)
	}
	until(t, steps, "the technician's reply", func(s api.Step) bool {
		return slices.ContainsFunc(s.Entries, func(e api.Entry) bool { return e.Body == "Which version?" })
	})
	if _, _, err := ada.Reply(t.Context(), key(), made.ID, api.NewEntry{Body: "The newest."}); err != nil {
		t.Fatal(err)
	}
	if e := must(ada.Entries(t.Context(), made.ID, ""))(t); len(e.Entries) < 2 {
		t.Error(e)
	}
	ticket := must(ada.Ticket(t.Context(), made.ID, ""))(t)
	if _, err := ada.Ticket(t.Context(), made.ID, ticket.Version); !errors.Is(err, api.ErrUnchanged) {
		t.Error(err)
	}
	if len(ticket.Files) != 1 || ticket.Files[0].ID != file.ID {
		t.Errorf("%+v", ticket.Files)
	}
	_, err = ada.Act(t.Context(), at("0"), made.ID, api.Act{Action: api.ActClose})
	if told := wantCode(t, "another version", err, api.Changed); len(told.Current) == 0 {
		t.Error("current is missing")
	}
	_, err = ada.Act(t.Context(), at(ticket.Version), made.ID, api.Act{Action: api.ActReopen})
	wantCode(t, "what cannot be done", err, api.NotAllowed)
	closed := must(ada.Act(t.Context(), at(ticket.Version), made.ID, api.Act{Action: api.ActClose, Comment: "Found it."}))(t)
	if closed.Status.Category != api.Closed {
		t.Errorf("%+v", closed.Status)
	}
	_, _, err = ada.Reply(t.Context(), key(), made.ID, api.NewEntry{Body: "x"})
	wantCode(t, "a reply after the end", err, api.TicketClosed)
	if _, err := ada.Feedback(t.Context(), key(), made.ID, api.Feedback{Score: 5, Max: 5}); err != nil {
		t.Error(err)
	}

	// News.
	id, err := p.staff.Announce(t.Context(), newsOf("Maintenance"))
	if err != nil {
		t.Fatal(err)
	}
	until(t, steps, "news", func(s api.Step) bool { return len(s.Announcements) == 1 && s.Announcements[0].ID == id })
	if err := ada.Acknowledge(t.Context(), key(), id); err != nil {
		t.Error(err)
	}
	wantCode(t, "unknown news", ada.Acknowledge(t.Context(), key(), "unknown"), api.NotFound)
}
