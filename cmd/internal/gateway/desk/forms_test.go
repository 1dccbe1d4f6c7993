package desk

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/portico-desktop/portico/app/portal/api"
)

func (r *rig) formVersion(who *Person, id string) string {
	a, err := r.Forms(r.t.Context(), who)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, f := range a.Body.(api.Forms).Forms {
		if f.ID == id {
			return f.Version
		}
	}
	return ""
}

func (r *rig) fill(who *Person, form, answers string) (api.Ticket, error) {
	a, err := r.Create(r.t.Context(), who, key(), api.NewTicket{Form: form, FormVersion: r.formVersion(who, form), Answers: json.RawMessage(answers)})
	if err != nil {
		return api.Ticket{}, err
	}
	return r.ticket(who, a.Body.(api.Created).ID), nil
}

func TestAnswersAreHeldToTheirForm(t *testing.T) {
	r := newRig(t)
	quote := r.file(r.ada, "quote.pdf", "%PDF-1.7 ")
	for answers, want := range map[string]string{
		`{"site":"b"}`: "",
		`{}`:           "/answers/site required",
		``:             "/answers/site required",
		`[]`:           "/answers type",
		`null`:         "/answers type",
		`{"site":"x"}`: "/answers/site choice", // Fabrikam's
		`{"site":"b","why":"` + strings.Repeat("a", 21) + `"}`: "/answers/why too-long",
		`{"site":"b","other":1}`:                               "/answers/other unknown",
		`{"site":1}`:                                           "/answers/site type",
		`{"site":"b","boss":"` + r.eve.ID + `"}`:               "/answers/boss choice",
		`{"site":"b","boss":"` + r.ben.ID + `"}`:               "",
		`{"site":"b","quote":["` + quote + `"]}`:               "",
	} {
		_, err := r.fill(r.ada, "laptop", answers)
		got := ""
		if p := asProblem(err); p != nil && len(p.Errors) > 0 && p.Code == api.AnswersInvalid {
			got = p.Errors[0].Pointer + " " + p.Errors[0].Code
		} else if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%.60s: %q, want %q", answers, got, want)
		}
	}
	_, err := r.fill(r.ada, "laptop", `{"site":"b","quote":["`+uuid.NewString()+`"]}`)
	wantCode(t, "a missing file", err, "409 attachment-missing")
}

func TestAFormsRequestReadsAsItWasFilledIn(t *testing.T) {
	r := newRig(t)
	quote := r.file(r.ada, "quote.pdf", "%PDF-1.7 ")
	x, err := r.fill(r.ada, "laptop", `{"site":"b","why":"old","boss":"`+r.ben.ID+`","quote":["`+quote+`"],"secret":"dropped"}`)
	if err != nil {
		t.Fatal(err)
	}
	if x.Subject != "A new laptop" || x.Form != "laptop" || len(x.Files) != 1 || x.Files[0].Name != "quote.pdf" {
		t.Errorf("%+v", x)
	}
	for _, want := range []string{"Berlin", "old", "Ben", "quote.pdf"} {
		if !strings.Contains(x.Description, want) {
			t.Errorf("%q is not in\n%s", want, x.Description)
		}
	}
	shown, err := r.staff.Show(t.Context(), x.Number)
	if err != nil || strings.Contains(string(shown.Answers)+x.Description, "dropped") {
		t.Errorf("%s, %v", shown.Answers, err)
	}
}

func TestARequestHasTheSubjectThatWasGiven(t *testing.T) {
	r := newRig(t)
	for answers, want := range map[string]string{`{}`: "My pay", `{"subject":""}`: "My pay", `{"subject":"Two \t lines\n here"}`: "Two lines here",
		`{"subject":"` + strings.Repeat("ä", 300) + `"}`: strings.Repeat("ä", 249) + "…"} {
		if x, err := r.fill(r.ada, "pay", answers); err != nil || x.Subject != want {
			t.Errorf("%s: %q, %v", answers, x.Subject, err)
		}
	}
}

func TestAFormThatHasChangedIsSaid(t *testing.T) {
	r := newRig(t)
	for what, n := range map[string]api.NewTicket{
		"an older version":          {Form: "laptop", FormVersion: "1", Answers: json.RawMessage(`{"site":"b"}`)},
		"no version":                {Form: "laptop", Answers: json.RawMessage(`{"site":"b"}`)},
		"a form that is not there":  {Form: "other", FormVersion: "1"},
		"a form in place of a path": {Form: "../laptop", FormVersion: "1"},
	} {
		_, err := r.Create(t.Context(), r.ada, key(), n)
		wantCode(t, what, err, "409 form-changed")
	}
	// Contoso's form, its version, and a person of Fabrikam.
	_, err := r.Create(t.Context(), r.eve, key(), api.NewTicket{Form: "laptop", FormVersion: r.formVersion(r.ada, "laptop"), Answers: json.RawMessage(`{"site":"b"}`)})
	wantCode(t, "another organization's form", err, "409 form-changed")
	_, err = r.Options(t.Context(), r.eve, "laptop", "site", "", "")
	wantCode(t, "its choices", err, "404 not-found")
	_, err = r.Options(t.Context(), r.ada, "laptop", "site", "", "[")
	wantCode(t, "unreadable answers", err, "400 bad-request")
	_, err = r.Create(t.Context(), r.ada, key(), api.NewTicket{Subject: "x", Answers: json.RawMessage(`{"site":"b"}`)})
	wantCode(t, "answers without a form", err, "422 answers-invalid")
}

func TestMenusAndFormsAreAPersonsOwn(t *testing.T) {
	r := newRig(t)
	for who, want := range map[*Person]string{r.ada: "mail it | laptop pay software", r.ben: "mail | laptop pay software", r.eve: "mail | pay software"} {
		m, err := r.Menus(t.Context(), who)
		if err != nil {
			t.Fatal(err)
		}
		f, err := r.Forms(t.Context(), who)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, x := range m.Body.(api.Menus).Menus {
			got = append(got, x.ID)
		}
		got = append(got, "|")
		var forms []string
		for _, x := range f.Body.(api.Forms).Forms {
			forms = append(forms, x.ID)
		}
		if len(forms) == 3 && forms[0] == "software" { // app.json comes first
			forms = append(forms[1:], "software")
		} else if len(forms) == 2 {
			forms = []string{forms[1], forms[0]}
		}
		if diff := cmp.Diff(want, strings.Join(append(got, forms...), " ")); diff != "" {
			t.Errorf("%s: %s", who.Name, diff)
		}
		var c copyOf
		if c.follow(r, who, 0); c.versions.Menus != m.ETag || c.versions.Forms != f.ETag {
			t.Errorf("%s: versions %+v", who.Name, c.versions)
		}
	}
}

func TestAPrivateRequestIsItsPeoplesAlone(t *testing.T) {
	r := newRig(t)
	open := r.create(r.ada, api.NewTicket{})
	private, err := r.fill(r.ada, "pay", `{"what":"more"}`)
	if err != nil {
		t.Fatal(err)
	}
	r.ticket(r.bea, open.ID) // she oversees
	_, err = r.Ticket(t.Context(), r.bea, private.ID)
	wantCode(t, "an overseer and a private request", err, "404 not-found")
	// Neither does an approval lead there.
	if err := r.staff.Ask(t.Context(), private.Number, r.bea.Address, "More?"); err != nil {
		t.Fatal(err)
	}
	_, err = r.Ticket(t.Context(), r.bea, private.ID)
	wantCode(t, "an approver and a private request", err, "404 not-found")
	a, err := r.Tickets(t.Context(), r.bea, api.TicketQuery{Scope: api.ScopeOrganization})
	if err != nil || len(a.Body.(api.TicketList).Tickets) != 1 {
		t.Errorf("%+v, %v", a.Body, err)
	}
	if a, err = r.Tickets(t.Context(), r.bea, api.TicketQuery{Scope: api.ScopeApprovals}); err != nil || len(a.Body.(api.TicketList).Tickets) != 0 {
		t.Errorf("%+v, %v", a.Body, err)
	}
	// A participant sees it.
	if _, err := r.Act(t.Context(), r.ada, match("*"), private.ID, api.Act{Action: api.ActAddParticipants, Participants: []string{r.ben.ID}}); err != nil {
		t.Fatal(err)
	}
	r.ticket(r.ben, private.ID)
}

// Ben and Bea are asked: Ada has made the request, and Eve is of another organization.
func TestAFormsApproversDecide(t *testing.T) {
	for _, decision := range []api.ApprovalState{api.Approved, api.Declined} {
		r := newRig(t)
		x, err := r.fill(r.ada, "software", `{"name":"Vim"}`)
		if err != nil {
			t.Fatal(err)
		}
		if x.Status.Category != api.OnHold || x.Status.Label != waitsForApproval {
			t.Errorf("%+v", x.Status)
		}
		copies := map[*Person]*copyOf{r.ada: {}, r.ben: {}, r.bea: {}, r.eve: {}}
		ids := map[*Person]api.Approval{}
		for who, c := range copies {
			c.follow(r, who, 0)
			for _, a := range c.approvals {
				ids[who] = a
			}
		}
		if len(ids) != 2 || ids[r.ben].Title != "Buy it?" || ids[r.ben].AskedBy.Name != "Ada" || !strings.Contains(ids[r.ben].Body, "Vim") || ids[r.ben].Number != x.Number {
			t.Fatalf("%+v", ids)
		}
		ben, bea := ids[r.ben], ids[r.bea]
		_, err = r.Decide(t.Context(), r.ben, key(), ben.ID, api.Decision{Decision: decision})
		wantCode(t, "without a version", err, "428 match-required")
		_, err = r.Decide(t.Context(), r.ben, match("7"), ben.ID, api.Decision{Decision: decision})
		wantCode(t, "another version", err, "412 changed")
		_, err = r.Decide(t.Context(), r.ben, match(ben.Version), ben.ID, api.Decision{Decision: "maybe"})
		wantCode(t, "neither yes nor no", err, "422 answers-invalid")
		_, err = r.Decide(t.Context(), r.bea, match(ben.Version), ben.ID, api.Decision{Decision: decision})
		wantCode(t, "somebody else's", err, "404 not-found")
		a, err := r.Decide(t.Context(), r.ben, match(ben.Version), ben.ID, api.Decision{Decision: decision, Comment: "As it is."})
		if err != nil || a.Body.(api.Approval).State != decision || a.Body.(api.Approval).DecidedBy.Name != "Ben" {
			t.Fatalf("%+v, %v", a, err)
		}
		_, err = r.Decide(t.Context(), r.bea, match(bea.Version), bea.ID, api.Decision{Decision: api.Approved})
		wantCode(t, "the second to decide", err, "409 decided-already")
		var now api.Approval
		if err := json.Unmarshal(asProblem(err).Current, &now); err != nil || now.State != decision {
			t.Errorf("%+v, %v", now, err)
		}
		copies[r.bea].follow(r, r.bea, 0)
		if copies[r.bea].approvals[bea.ID].State != decision {
			t.Error("Bea's device does not know")
		}
		want := map[api.ApprovalState]api.Category{api.Approved: api.New, api.Declined: api.Closed}[decision]
		if x = r.ticket(r.ada, x.ID); x.Status.Category != want {
			t.Errorf("%s: %+v", decision, x.Status)
		}
		if decision == api.Declined && slices.Contains(x.Actions, api.ActReopen) {
			t.Error("a declined request can be opened again")
		}
		said := ""
		for _, e := range r.entriesOf(r.ada, x.ID) {
			said += e.Body + "\n"
		}
		if !strings.Contains(said, "As it is.") {
			t.Errorf("%s", said)
		}
	}
}

// Closing a request and opening it again is no way around its approval.
func TestAReopenedRequestWaitsForItsApprovalAgain(t *testing.T) {
	r := newRig(t)
	x, err := r.fill(r.ada, "software", `{"name":"Vim"}`)
	if err != nil {
		t.Fatal(err)
	}
	for _, action := range []api.Action{api.ActClose, api.ActReopen} {
		if _, err := r.Act(t.Context(), r.ada, match(x.Version), x.ID, api.Act{Action: action}); err != nil {
			t.Fatal(err)
		}
		x = r.ticket(r.ada, x.ID)
	}
	if x.Status.Category != api.OnHold || x.Status.Label != waitsForApproval {
		t.Errorf("%+v", x.Status)
	}
}

func TestWhoHasLeftTheOrganizationDecidesNothingThere(t *testing.T) {
	r := newRig(t)
	if _, err := r.fill(r.ada, "software", `{"name":"Vim"}`); err != nil {
		t.Fatal(err)
	}
	c := &copyOf{}
	c.follow(r, r.ben, 0)
	if len(c.approvals) != 1 {
		t.Fatalf("%+v", c.approvals)
	}
	if err := r.staff.Link(t.Context(), r.ben.ID, Contact{Organization: r.eve.Organization, OrganizationName: "Fabrikam"}); err != nil {
		t.Fatal(err)
	}
	moved := *r.ben
	moved.Organization, moved.OrganizationRow = r.eve.Organization, r.eve.OrganizationRow
	for id, a := range c.approvals {
		_, err := r.Decide(t.Context(), &moved, match(a.Version), id, api.Decision{Decision: api.Approved})
		wantCode(t, "a decision from elsewhere", err, "404 not-found")
	}
}

func TestARequestWithoutAKnownApproverWaitsAndSaysWhy(t *testing.T) {
	r := newRig(t)
	x, err := r.fill(r.gus, "software", `{}`)
	if err != nil || x.Status.Category != api.OnHold {
		t.Fatal(x, err)
	}
	shown, err := r.staff.Show(t.Context(), x.Number)
	if err != nil {
		t.Fatal(err)
	}
	note := shown.Entries[0]
	if !note.Internal || !strings.Contains(note.Body, "ben@contoso.example") {
		t.Errorf("%+v", shown.Entries)
	}
}
