package desk

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/portico-desktop/portico/app/portal/api"
	"github.com/portico-desktop/portico/cmd/internal/gateway/store"
)

// Reply adds a message of the person.
//
// Problems: ticket-closed, answers-invalid, attachment-missing, not-permitted, 404.
func (d *Desk) Reply(ctx context.Context, who *Person, w Write, ticket string, n api.NewEntry) (Answer, error) {
	return d.once(ctx, who, w, func(tx *store.Tx) (made, error) {
		q, err := d.see(tx, who, ticket)
		if err != nil {
			return made{}, err
		}
		if !q.writes() {
			return made{}, notPermitted("You see this request and take no part in it.")
		}
		if q.Category == string(api.Closed) {
			return made{}, conflict(api.TicketClosed, "The request is closed")
		}
		body := lines(n.Body)
		if longer(body, maxBody) {
			return made{}, tooLong("/body", maxBody)
		}
		if blank(body) && len(n.Attachments) == 0 {
			return made{}, missing("/body")
		}
		e, err := d.say(tx, who, q, body, n.Attachments)
		if err != nil {
			return made{}, err
		}
		switch api.Category(q.Category) {
		case api.WaitingForYou, api.Solved:
			err = setStatus(tx, q, author{person: who.Row}, api.Open, "")
		}
		if err == nil {
			err = save(tx, q)
		}
		return made{Answer{Status: http.StatusCreated, Body: api.Created{ID: e.ID}}, e.ID}, err
	})
}

// say adds an entry of the person, with files.
func (d *Desk) say(tx *store.Tx, who *Person, q *request, body string, files []string) (store.Entry, error) {
	kind := api.Message
	if blank(body) {
		kind = api.FileEntry
	}
	e, err := addEntry(tx, q, author{person: who.Row}, kind, body)
	if err != nil {
		return e, err
	}
	return e, attach(tx, who, q.Row, e.Row, files)
}

// Act does one of the actions of a request, with its comment.
//
// Problems: match-required, changed with the request as it is now, not-allowed,
// answers-invalid, not-permitted, 404.
func (d *Desk) Act(ctx context.Context, who *Person, w Write, ticket string, a api.Act) (Answer, error) {
	return d.once(ctx, who, w, func(tx *store.Tx) (made, error) {
		q, err := d.see(tx, who, ticket)
		if err != nil {
			return made{}, err
		}
		if err := d.unchanged(tx, who, q, w); err != nil {
			return made{}, err
		}
		if !slices.Contains(d.actions(who, q), a.Action) || a.Action == api.ActReply || a.Action == api.ActFeedback {
			return made{}, notAllowed("The request cannot be changed in this way now, or not by you.")
		}
		comment := lines(a.Comment)
		if longer(comment, maxComment) {
			return made{}, tooLong("/comment", maxComment)
		}
		// Watching makes a person one of those who write.
		if a.Action == api.ActWatch {
			if err := addParticipants(tx, q, []int64{who.Row}); err != nil {
				return made{}, err
			}
		}
		if !blank(comment) {
			if _, err := d.say(tx, who, q, comment, nil); err != nil {
				return made{}, err
			}
		}
		if err := d.act(tx, who, q, a); err != nil {
			return made{}, err
		}
		if err := save(tx, q); err != nil {
			return made{}, err
		}
		return d.acted(tx, who, q)
	})
}

// acted is the request after an action. Somebody who has just left it sees it for the last
// time, without any action.
func (d *Desk) acted(tx *store.Tx, who *Person, q *request) (made, error) {
	now, err := d.seeTicket(tx, who, q.Ticket)
	if asProblem(err) != nil {
		now, err = requestOf(tx, q.Ticket)
	}
	if err != nil {
		return made{}, err
	}
	t, err := d.whole(tx, who, now)
	return made{Answer{Status: http.StatusOK, Body: t, ETag: t.Version}, q.ID}, err
}

// unchanged compares the version in If-Match.
func (d *Desk) unchanged(r reader, who *Person, q *request, w Write) error {
	if w.IfMatch == "" {
		return &api.Problem{Status: http.StatusPreconditionRequired, Code: api.MatchRequired, Title: "If-Match is missing", Detail: "Send the version that the change goes out from."}
	}
	if w.IfMatch == version(q.Version) || w.IfMatch == "*" {
		return nil
	}
	t, err := d.whole(r, who, q)
	if err != nil {
		return err
	}
	return changed(t)
}

func version(n int64) string { return strconv.FormatInt(n, 10) }

func (d *Desk) act(tx *store.Tx, who *Person, q *request, a api.Act) error {
	switch a.Action {
	case api.ActClose:
		return setStatus(tx, q, author{person: who.Row}, api.Closed, "")
	case api.ActReopen:
		if d.unapproved(who, q) {
			return setStatus(tx, q, author{person: who.Row}, api.OnHold, waitsForApproval)
		}
		return setStatus(tx, q, author{person: who.Row}, api.Open, "")
	case api.ActUnwatch:
		return removeParticipant(tx, q, who.Row)
	case api.ActAddParticipants:
		if len(a.Participants) == 0 {
			return missing("/participants")
		}
		rows, err := d.copied(tx, who, a.Participants)
		if err != nil {
			return err
		}
		if len(rows)+len(q.participants()) > maxParticipants {
			return invalid(fault("/participants", "maxItems", "may be %d people at most", maxParticipants))
		}
		return addParticipants(tx, q, rows)
	case api.ActRemoveParticipants:
		return removeParticipants(tx, q, a.Participants)
	}
	return nil
}

func removeParticipants(tx *store.Tx, q *request, ids []string) error {
	if len(ids) == 0 {
		return missing("/participants")
	}
	for i, id := range ids {
		p, err := tx.PersonByID(id)
		if errors.Is(err, store.ErrNotFound) || err == nil && !slices.Contains(q.participants(), p.Row) {
			return invalid(fault(fmt.Sprintf("/participants/%d", i), "enum", "takes no part"))
		}
		if err != nil {
			return err
		}
		if err := removeParticipant(tx, q, p.Row); err != nil {
			return err
		}
	}
	return nil
}
