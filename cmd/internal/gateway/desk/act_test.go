package desk

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/app/portal/api"
)

func (r *rig) act(who *Person, id string, a api.Act) error {
	_, err := r.Act(r.t.Context(), who, match("*"), id, a)
	return err
}

func TestActionsAreThoseThatWork(t *testing.T) {
	r := newRig(t)
	x := r.create(r.ada, api.NewTicket{Participants: []string{r.ben.ID}})
	all := []api.Action{api.ActReply, api.ActClose, api.ActReopen, api.ActWatch, api.ActUnwatch, api.ActAddParticipants, api.ActRemoveParticipants, api.ActFeedback, "delete", ""}
	check := func(when string, who *Person, want string) {
		t.Helper()
		now := r.ticket(who, x.ID)
		var names []string
		for _, a := range now.Actions {
			names = append(names, string(a))
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s, %s: %q, want %q", when, who.Name, got, want)
		}
		for _, a := range all {
			if strings.Contains(" "+want+" ", " "+string(a)+" ") && a != "" && a != api.ActReply && a != api.ActFeedback {
				continue
			}
			wantCode(t, when+", "+who.Name+" does "+string(a), r.act(who, x.ID, api.Act{Action: a, Comment: "x"}), "422 not-allowed")
		}
	}
	check("new", r.ada, "reply close add_participants remove_participants")
	check("new", r.ben, "reply add_participants unwatch")
	check("new", r.bea, "watch")
	_, err := r.Reply(t.Context(), r.bea, key(), x.ID, api.NewEntry{Body: "x"})
	wantCode(t, "a reply of an overseer", err, "403 not-permitted")
	if err := r.act(r.ada, x.ID, api.Act{Action: api.ActClose}); err != nil {
		t.Fatal(err)
	}
	check("closed", r.ada, "reopen remove_participants feedback")
	check("closed", r.ben, "reopen unwatch")
	r.clock = r.clock.Add(31 * 24 * time.Hour)
	check("closed long ago", r.ada, "remove_participants")
	check("closed long ago", r.ben, "unwatch")
	_, err = r.Feedback(t.Context(), r.ada, key(), x.ID, api.Feedback{Score: 1, Max: 5})
	wantCode(t, "late feedback", err, "409 closed-too-long-ago")
}

// What the settings give to nobody is not there, unless a role gives it to somebody.
func TestFeaturesAreGiven(t *testing.T) {
	r := newRig(t)
	x := r.create(r.ada, api.NewTicket{})
	if err := r.act(r.ada, x.ID, api.Act{Action: api.ActClose}); err != nil {
		t.Fatal(err)
	}
	r.everybody = []string{}
	for _, roles := range [][]string{nil, {Feedback, Articles}} {
		r.ada.Roles = roles
		var c copyOf
		c.follow(r, r.ada, 0)
		if got := strings.Join(features(c.me.May), " "); got != strings.ToLower(strings.Join(roles, " ")) {
			t.Errorf("may %q with %v", got, roles)
		}
		offered := strings.Contains(fmt.Sprint(r.ticket(r.ada, x.ID).Actions), "feedback")
		a, err := r.Articles(t.Context(), r.ada, "printer")
		if found := len(a.Body.(api.Articles).Articles) == 1; err != nil || found != (roles != nil) || offered != found {
			t.Errorf("%v: articles %v, feedback %v, %v", roles, found, offered, err)
		}
		_, err = r.Feedback(t.Context(), r.ada, key(), x.ID, api.Feedback{Score: 1, Max: 5})
		if want := map[bool]string{true: "", false: "422 not-allowed"}[offered]; code(err) != want {
			t.Errorf("%v: feedback %v", roles, err)
		}
	}
}

func TestAChangeGoesOutFromWhatWasSeen(t *testing.T) {
	r := newRig(t)
	x := r.create(r.ada, api.NewTicket{})
	if err := r.staff.Status(t.Context(), x.Number, "solved", "Done"); err != nil {
		t.Fatal(err)
	}
	before := len(r.entriesOf(r.ada, x.ID))
	_, err := r.Act(t.Context(), r.ada, match(x.Version), x.ID, api.Act{Action: api.ActClose, Comment: "typed"})
	wantCode(t, "an older version", err, "412 changed")
	var now api.Ticket
	if err := json.Unmarshal(asProblem(err).Current, &now); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(r.ticket(r.ada, x.ID), now); diff != "" {
		t.Error(diff)
	}
	if len(r.entriesOf(r.ada, x.ID)) != before {
		t.Error("the comment of a change that was refused is there")
	}
	_, err = r.Act(t.Context(), r.ada, key(), x.ID, api.Act{Action: api.ActClose})
	wantCode(t, "no version", err, "428 match-required")
	a, err := r.Act(t.Context(), r.ada, match(now.Version), x.ID, api.Act{Action: api.ActReopen, Comment: "It came back."})
	if err != nil || a.Body.(api.Ticket).Status.Category != api.Open || a.Body.(api.Ticket).SolvedAt != nil {
		t.Errorf("%+v, %v", a, err)
	}
	if said := r.entriesOf(r.ada, x.ID); said[1].Body != "It came back." || said[0].Kind != api.StatusEntry {
		t.Errorf("%+v", said)
	}
}

func TestParticipantsComeAndGo(t *testing.T) {
	r := newRig(t)
	x := r.create(r.ada, api.NewTicket{})
	if _, err := r.Reply(t.Context(), r.ada, key(), x.ID, api.NewEntry{Body: "before Ben"}); err != nil {
		t.Fatal(err)
	}
	var ben, bea copyOf
	ben.follow(r, r.ben, 0)
	bea.follow(r, r.bea, 0)
	for _, bad := range [][]string{nil, {r.eve.ID}, {r.ben.ID, "x"}} {
		wantCode(t, strings.Join(bad, " "), r.act(r.ada, x.ID, api.Act{Action: api.ActAddParticipants, Participants: bad}), "422 answers-invalid")
	}
	for range 2 {
		if err := r.act(r.ada, x.ID, api.Act{Action: api.ActAddParticipants, Participants: []string{r.ben.ID, r.ada.ID}}); err != nil {
			t.Fatal(err)
		}
	}
	ben.follow(r, r.ben, 0)
	if ben.tickets[x.ID].ID == "" || len(ben.entries) != 1 || len(ben.tickets[x.ID].Participants) != 1 {
		t.Errorf("%+v %+v", ben.tickets, ben.entries)
	}
	if err := r.act(r.bea, x.ID, api.Act{Action: api.ActWatch, Comment: "I follow this."}); err != nil {
		t.Fatal(err)
	}
	bea.follow(r, r.bea, 0)
	if bea.tickets[x.ID].ID == "" || len(bea.entries) != 2 {
		t.Errorf("%+v %+v", bea.tickets, bea.entries)
	}
	wantCode(t, "somebody who takes no part", r.act(r.ada, x.ID, api.Act{Action: api.ActRemoveParticipants, Participants: []string{r.ben.ID, r.eve.ID}}), "422 answers-invalid")
	if err := r.act(r.ada, x.ID, api.Act{Action: api.ActRemoveParticipants, Participants: []string{r.ben.ID}}); err != nil {
		t.Fatal(err)
	}
	ben.follow(r, r.ben, 0)
	if ben.gone[x.ID].Kind != api.KindTicket || len(ben.tickets) != 0 {
		t.Errorf("%+v", ben.gone)
	}
	_, err := r.Ticket(t.Context(), r.ben, x.ID)
	wantCode(t, "somebody taken out", err, "404 not-found")
	// Later entries are not Ben's either.
	if err := r.staff.Reply(t.Context(), x.Number, "not for Ben"); err != nil {
		t.Fatal(err)
	}
	if r.Ahead(r.ben, ben.cursor) {
		t.Error("Ben is rung")
	}
	// Leaving oneself: the answer is the request, the last time.
	a, err := r.Act(t.Context(), r.bea, match("*"), x.ID, api.Act{Action: api.ActUnwatch})
	if err != nil || a.Status != 200 {
		t.Errorf("%+v, %v", a, err)
	}
}

func TestSomebodyAsksForAnother(t *testing.T) {
	r := newRig(t)
	x := r.create(r.ada, api.NewTicket{OnBehalfOf: r.ben.ID, Participants: []string{r.ben.ID, r.ada.ID}})
	for _, who := range []*Person{r.ada, r.ben} {
		now := r.ticket(who, x.ID)
		if now.OnBehalfOf == nil || now.OnBehalfOf.Name != "Ben" || now.Requester.Name != "Ada" || len(now.Participants) != 0 {
			t.Errorf("%+v", now)
		}
		if r.mine(who) != 1 {
			t.Errorf("it is not among those of %s", who.Name)
		}
	}
	if err := r.act(r.ben, x.ID, api.Act{Action: api.ActClose}); err != nil {
		t.Error(err)
	}
}

func TestFeedbackIsGivenOnce(t *testing.T) {
	r := newRig(t)
	x := r.create(r.ada, api.NewTicket{Participants: []string{r.ben.ID}})
	say := func(who *Person, f api.Feedback) error {
		_, err := r.Feedback(t.Context(), who, key(), x.ID, f)
		return err
	}
	good := api.Feedback{Score: 4, Max: 5, Comment: "ok"}
	wantCode(t, "before the end", say(r.ada, good), "422 not-allowed")
	if err := r.act(r.ada, x.ID, api.Act{Action: api.ActClose}); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []api.Feedback{{}, {Score: 6, Max: 5}, {Score: 0, Max: 5}, {Score: -1, Max: 5}, {Score: 1, Max: 1}, {Score: 1, Max: 11}, {Score: 1, Max: 5, Comment: strings.Repeat("x", maxComment+1)}} {
		wantCode(t, "a wrong one", say(r.ada, bad), "422 answers-invalid")
	}
	wantCode(t, "a participant's", say(r.ben, good), "422 not-allowed")
	for range 2 {
		if err := say(r.ada, good); err != nil {
			t.Error(err)
		}
	}
	wantCode(t, "another one", say(r.ada, api.Feedback{Score: 1, Max: 5}), "422 not-allowed")
}
