package desk

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/portico-desktop/portico/app/portal/api"
	"github.com/portico-desktop/portico/auth/plain"
)

// hostile are texts that mean something to a database, a browser, a terminal or an eye.
func hostile() []string {
	return []string{
		`'; DROP TABLE tickets; --`, `" OR ""="`, `%' AND 1=1 --`, `{{.}} ${x} $(id) %s%n`,
		`<script>alert(1)</script><img src=x onerror=alert(1)>`, `[click](javascript:alert(1)) ![](https://x.example/p.png)`,
		"red\x1b[31m\x07bell\x00nul", "invoice\u202efdp.exe", "\u2066isolated\u2069 \u200bzero", "a\r\nSet-Cookie: x", "bad\xff\xfebytes", "\ufeffbom", "Zoe\u0308",
		"e" + strings.Repeat("\u0301", 50),
	}
}

// Every text comes out as it is read by people: without what they do not see, and with what
// means nothing to them as it was written.
func TestHostileTextsAreOnlyTexts(t *testing.T) {
	for _, text := range hostile() {
		r := newRig(t)
		file := uuid.New()
		if _, err := r.put(r.ada, file, text, "content"); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		answers, err := json.Marshal(map[string]string{"name": text})
		if err != nil {
			t.Fatal(err)
		}
		x, err := r.fill(r.gus, "software", string(answers))
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		seen := []string{x.Description}
		a, err := r.Create(t.Context(), r.ada, key(), api.NewTicket{Subject: "s " + text, Description: text, Attachments: []string{file.String()}, Device: map[string]string{"Host": text, text: "x"}})
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		id := a.Body.(api.Created).ID
		if _, err := r.Reply(t.Context(), r.ada, key(), id, api.NewEntry{Body: "m " + text}); err != nil {
			t.Errorf("%q: %v", text, err)
		}
		now := r.ticket(r.ada, id)
		for _, err := range []error{
			r.staff.Reply(t.Context(), now.Number, "r "+text), r.staff.Note(t.Context(), now.Number, "n "+text), r.staff.Status(t.Context(), now.Number, "open", "l "+line(text)[:min(len(line(text)), 8)]),
			r.staff.Assign(t.Context(), now.Number, "a "+line(text)[:min(len(line(text)), 8)]), r.staff.Ask(t.Context(), now.Number, r.ben.ID, "t "+text),
			r.act(r.ada, id, api.Act{Action: api.ActClose, Comment: "c " + text}),
		} {
			if err != nil {
				t.Errorf("%q: %v", text, err)
			}
		}
		if _, err := r.Feedback(t.Context(), r.ada, key(), id, api.Feedback{Score: 1, Max: 5, Comment: text}); err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if _, err := r.staff.Announce(t.Context(), News{Title: "news " + text, Body: text}); err != nil {
			t.Errorf("%q: %v", text, err)
		}
		var ada, ben copyOf
		ada.follow(r, r.ada, 0)
		ben.follow(r, r.ben, 0)
		for _, a := range ben.approvals {
			if _, err := r.Decide(t.Context(), r.ben, match(a.Version), a.ID, api.Decision{Decision: api.Approved, Comment: text}); err != nil {
				t.Errorf("%q: %v", text, err)
			}
			seen = append(seen, a.Title, a.Body)
		}
		shown, err := r.staff.Show(t.Context(), now.Number)
		if err != nil {
			t.Fatal(err)
		}
		seen = append(seen, shown.Subject, shown.Description, shown.Files[0].Name, shown.Feedback.Comment, shown.Assignee, shown.Status.Label)
		for name, value := range shown.Device {
			seen = append(seen, name, value)
		}
		for _, e := range shown.Entries {
			seen = append(seen, e.Body)
		}
		for _, a := range ada.news {
			seen = append(seen, a.Title, a.Body)
		}
		for _, s := range seen {
			for _, c := range s {
				if plain.Hidden(c) && c != '\n' && c != '\t' {
					t.Errorf("%q holds %q", s, c)
				}
			}
		}
		if want := "s " + line(text); shown.Subject != strings.TrimSpace(want) {
			t.Errorf("%q, want %q", shown.Subject, want)
		}
		// As a search, a key, an id and a filter it finds nothing that is not there.
		for _, q := range []api.TicketQuery{{Q: text}, {Cursor: text}, {Scope: api.Scope(text)}, {Category: api.Category(text)}, {Sort: api.Sort(text)}} {
			if _, err := r.Tickets(t.Context(), r.ben, q); err != nil && code(err) != "400 bad-request" {
				t.Errorf("%q: %v", text, err)
			}
		}
		for _, err := range []error{
			func() error { _, err := r.People(t.Context(), r.ada, text); return err }(),
			func() error { _, err := r.Articles(t.Context(), r.ada, text); return err }(),
			func() error { _, err := r.Options(t.Context(), r.ada, "laptop", "site", text, ""); return err }(),
		} {
			if err != nil && code(err) != "400 bad-request" {
				t.Errorf("%q: %v", text, err)
			}
		}
	}
}

// A text that nobody would see is none, and one that is too long is refused, not cut.
func TestTextsAreThereAndBounded(t *testing.T) {
	r := newRig(t)
	x := r.create(r.ada, api.NewTicket{})
	for what, c := range map[string]struct {
		err  error
		want string
	}{
		"no subject":         {second(r.Create(t.Context(), r.ada, key(), api.NewTicket{Description: "x"})), "/subject"},
		"an unseen subject":  {second(r.Create(t.Context(), r.ada, key(), api.NewTicket{Subject: "\u200b\u202e \u3164"})), "/subject"},
		"a long subject":     {second(r.Create(t.Context(), r.ada, key(), api.NewTicket{Subject: strings.Repeat("ä", maxSubject+1)})), "/subject"},
		"a long description": {second(r.Create(t.Context(), r.ada, key(), api.NewTicket{Subject: "x", Description: strings.Repeat("ä", maxBody+1)})), "/description"},
		"a long fact":        {second(r.Create(t.Context(), r.ada, key(), api.NewTicket{Subject: "x", Device: map[string]string{"a": strings.Repeat("x", 501)}})), "/device"},
		"many participants":  {second(r.Create(t.Context(), r.ada, key(), api.NewTicket{Subject: "x", Participants: make([]string, maxParticipants+1)})), "/participants"},
		"many files":         {second(r.Create(t.Context(), r.ada, key(), api.NewTicket{Subject: "x", Attachments: make([]string, maxFiles+1)})), "/attachments"},
		"an empty message":   {second(r.Reply(t.Context(), r.ada, key(), x.ID, api.NewEntry{})), "/body"},
		"an unseen message":  {second(r.Reply(t.Context(), r.ada, key(), x.ID, api.NewEntry{Body: "\u200b\n\u202e"})), "/body"},
		"a long message":     {second(r.Reply(t.Context(), r.ada, key(), x.ID, api.NewEntry{Body: strings.Repeat("x", maxBody+1)})), "/body"},
		"a long comment":     {r.act(r.ada, x.ID, api.Act{Action: api.ActClose, Comment: strings.Repeat("x", maxComment+1)}), "/comment"},
	} {
		if p := asProblem(c.err); p == nil || p.Code != api.AnswersInvalid || p.Errors[0].Pointer != c.want {
			t.Errorf("%s: %v", what, c.err)
		}
	}
	for _, good := range []string{strings.Repeat("ä", maxSubject), "x"} {
		if _, err := r.Create(t.Context(), r.ada, key(), api.NewTicket{Subject: good, Description: strings.Repeat("ä", maxBody)}); err != nil {
			t.Error(err)
		}
	}
}

// second is the error of a call.
func second[T any](_ T, err error) error { return err }
