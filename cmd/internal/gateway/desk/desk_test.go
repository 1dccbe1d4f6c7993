package desk

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/portico-desktop/portico/app/portal/api"
)

// A request from its beginning to its end, as its people's devices see it.
func TestARequestsLife(t *testing.T) {
	r := newRig(t)
	var ada, ben, eve copyOf
	for who, c := range map[*Person]*copyOf{r.ada: &ada, r.ben: &ben, r.eve: &eve} {
		c.follow(r, who, 0)
	}
	w := key()
	a, err := r.Create(t.Context(), r.ada, w, api.NewTicket{Subject: "My screen is black", Description: "Since today.", Participants: []string{r.ben.ID}, Device: map[string]string{"Host": "PC-1"}})
	if err != nil || a.Status != 201 {
		t.Fatal(a, err)
	}
	made := a.Body.(api.Created)
	ada.follow(r, r.ada, 0)
	ben.follow(r, r.ben, 0)
	if done := ada.done[w.Key.String()]; done.Outcome != api.Delivered || done.ID != made.ID {
		t.Errorf("done: %+v", done)
	}
	if len(ben.done) > 0 {
		t.Errorf("Ben hears of Ada's write: %+v", ben.done)
	}
	if x := ben.tickets[made.ID]; x.Subject != "My screen is black" || x.Number != made.Number || x.Status.Category != api.New || x.Requester.Name != "Ada" {
		t.Errorf("%+v", x)
	}
	if shown, err := r.staff.Show(t.Context(), made.Number); err != nil || shown.Device["Host"] != "PC-1" {
		t.Errorf("%+v, %v", shown, err)
	}

	if err := r.staff.Reply(t.Context(), made.Number, "Is it plugged in?"); err != nil {
		t.Fatal(err)
	}
	if err := r.staff.Status(t.Context(), made.Number, "waiting_for_you", ""); err != nil {
		t.Fatal(err)
	}
	ada.follow(r, r.ada, 0)
	if x := ada.tickets[made.ID]; x.Status.Category != api.WaitingForYou {
		t.Errorf("%+v", x.Status)
	}
	if _, err := r.Reply(t.Context(), r.ben, key(), made.ID, api.NewEntry{Body: "It is."}); err != nil {
		t.Fatal(err)
	}
	ada.follow(r, r.ada, 0)
	var said []string
	for _, e := range r.entriesOf(r.ada, made.ID) {
		said = append(said, e.Author.Name+": "+e.Body)
		if ada.entries[e.ID].Body != e.Body {
			t.Errorf("the device does not have %+v", e)
		}
	}
	want := []string{"Ben: In progress", "Ben: It is.", "Tom: Waiting for you", "Tom: In progress", "Tom: Is it plugged in?"}
	if diff := cmp.Diff(want, said); diff != "" {
		t.Error(diff)
	}

	now := ada.tickets[made.ID]
	if diff := cmp.Diff([]api.Action{api.ActReply, api.ActClose, api.ActAddParticipants, api.ActRemoveParticipants}, now.Actions); diff != "" {
		t.Error(diff)
	}
	closed, err := r.Act(t.Context(), r.ada, match(now.Version), made.ID, api.Act{Action: api.ActClose, Comment: "It was the plug."})
	if err != nil || closed.Body.(api.Ticket).Status.Category != api.Closed || closed.ETag != closed.Body.(api.Ticket).Version {
		t.Fatalf("%+v, %v", closed, err)
	}
	_, err = r.Reply(t.Context(), r.ben, key(), made.ID, api.NewEntry{Body: "Thanks"})
	wantCode(t, "a reply after the end", err, "409 ticket-closed")
	if _, err := r.Feedback(t.Context(), r.ada, key(), made.ID, api.Feedback{Score: 5, Max: 5, Comment: "Quick"}); err != nil {
		t.Fatal(err)
	}
	ada.follow(r, r.ada, 0)
	ben.follow(r, r.ben, 0)
	if x := ada.tickets[made.ID]; x.Feedback == nil || x.Feedback.Score != 5 || ben.tickets[made.ID].Feedback != nil {
		t.Errorf("%+v, %+v", x.Feedback, ben.tickets[made.ID].Feedback)
	}
	if len(eve.tickets)+len(eve.entries) > 0 || r.Ahead(r.eve, eve.cursor) {
		t.Errorf("Eve has heard of it: %+v", eve)
	}

	// A new device has the same.
	var fresh copyOf
	fresh.follow(r, r.ada, 2)
	if diff := cmp.Diff(ada.tickets, fresh.tickets); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(ada.entries, fresh.entries); diff != "" {
		t.Error(diff)
	}
	if fresh.me == nil || fresh.me.Organization != "Contoso" || !strings.Contains(strings.Join(features(fresh.me.May), " "), "participants") || fresh.done[w.Key.String()].ID != made.ID {
		t.Errorf("%+v, %+v", fresh.me, fresh.done)
	}
}

func features(all []api.Feature) (names []string) {
	for _, f := range all {
		names = append(names, string(f))
	}
	return names
}

// A copy of the store was put back, and a later person's row given to somebody else: the
// former one's token, which is signed with the same key, opens nothing.
func TestATokenOfARowsFormerPersonOpensNothing(t *testing.T) {
	r := newRig(t)
	former := *r.ada
	former.ID = "pformerperson"
	for name, call := range map[string]func() error{
		"sync":    func() error { _, err := r.Sync(t.Context(), &former, "", 0); return err },
		"tickets": func() error { _, err := r.Tickets(t.Context(), &former, api.TicketQuery{}); return err },
		"create": func() error {
			_, err := r.Create(t.Context(), &former, Write{Key: uuid.Must(uuid.NewV7())}, api.NewTicket{Subject: "x", Description: "y"})
			return err
		},
	} {
		var refused *api.Problem
		if err := call(); !errors.As(err, &refused) || refused.Status != http.StatusUnauthorized {
			t.Errorf("%s: %v", name, err)
		}
	}
}
