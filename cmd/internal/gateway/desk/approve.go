package desk

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/portico-desktop/portico/app/portal/api"
	"github.com/portico-desktop/portico/cmd/internal/gateway/content"
	"github.com/portico-desktop/portico/cmd/internal/gateway/store"
)

// waitsForApproval is the label of a request on hold for an approval.
const waitsForApproval = "Waiting for approval"

// askApprovers asks the people named by a form, of the request's organization, but never the
// requester. With none of them known, technicians see the reason why the request waits.
func (d *Desk) askApprovers(tx *store.Tx, q *request, a *content.Approval) error {
	var asked []int64
	for _, named := range a.By {
		people, err := approvers(tx, q, named)
		if err != nil {
			return err
		}
		for _, p := range people {
			if err := ask(tx, q, p.Row, author{person: q.Requester}, a.Title); err != nil {
				return err
			}
			asked = append(asked, p.Row)
		}
	}
	if len(asked) == 0 {
		d.log.Warn("a request waits for an approval, and nobody to approve it has signed in yet", "ticket", q.Number, "form", q.Form)
		note := store.Entry{Ticket: q.Row, Kind: string(api.System), Internal: true, Format: string(api.Text), Delivery: string(api.DeliveryDone), Created: tx.Now(),
			Body: "This request needs the approval of " + strings.Join(a.By, ", ") + ". Nobody of them has signed in yet."}
		if err := tx.AddEntry(&note); err != nil {
			return err
		}
	}
	if err := setStatus(tx, q, author{}, api.OnHold, waitsForApproval); err != nil {
		return err
	}
	return save(tx, q)
}

// unapproved is true for a request that needs an approval and has none. Closing it and opening
// it again does not help.
func (d *Desk) unapproved(who *Person, q *request) bool {
	f, known := d.content.Current().Form(who.Audience(), q.Form)
	needs := len(q.approvals) > 0 || known && f.Approval != nil
	return needs && !q.decided(api.Approved)
}

// approvers are the people for one name in a form: an id or a mail address.
func approvers(tx *store.Tx, q *request, named string) ([]store.Person, error) {
	people, err := tx.PeopleByAddress(named)
	if err != nil {
		return nil, err
	}
	if p, err := tx.PersonByID(named); err == nil {
		people = append(people, p)
	}
	var fit []store.Person
	for _, p := range people {
		if p.Removed == nil && p.OutSince == nil && p.Row != q.Requester && p.Organization == q.Organization {
			fit = append(fit, p)
		}
	}
	return fit, nil
}

// ask asks one person for an approval.
func ask(tx *store.Tx, q *request, person int64, by author, title string) error {
	return tx.AddApproval(&store.Approval{
		Ticket: q.Row, Person: person, AskedBy: by.person, AskedName: by.staff, Title: cmp.Or(title, q.Subject), Body: q.Description, Format: q.Format,
		State: string(api.Pending), Created: tx.Now(), Updated: tx.Now(),
	})
}

// Decide decides on an approval. The first decision counts for everybody with the same
// question.
//
// Problems: match-required, changed, decided-already, answers-invalid, 404.
func (d *Desk) Decide(ctx context.Context, who *Person, w Write, id string, n api.Decision) (Answer, error) {
	return d.once(ctx, who, w, func(tx *store.Tx) (made, error) {
		a, err := tx.ApprovalByID(id)
		if err == nil && a.Person != who.Row {
			err = store.ErrNotFound
		}
		if err != nil {
			return made{}, err
		}
		if err := d.decidable(tx, a, w); err != nil {
			return made{}, err
		}
		comment := lines(n.Comment)
		switch {
		case n.Decision != api.Approved && n.Decision != api.Declined:
			return made{}, invalid(fault("/decision", "enum", "has to be approved or declined"))
		case longer(comment, maxComment):
			return made{}, tooLong("/comment", maxComment)
		}
		t, err := tx.Ticket(a.Ticket)
		if err == nil && t.Organization != who.OrganizationRow {
			// Whoever has left the organization decides nothing there.
			err = store.ErrNotFound
		}
		if err != nil {
			return made{}, err
		}
		q, err := requestOf(tx, t)
		if err != nil {
			return made{}, err
		}
		if err := settle(tx, who, q, a, n.Decision, comment); err != nil {
			return made{}, err
		}
		if a, err = tx.ApprovalByID(id); err != nil {
			return made{}, err
		}
		v, err := d.approval(tx, a)
		return made{Answer{Status: http.StatusOK, Body: v, ETag: v.Version}, a.ID}, err
	})
}

// decidable is nil for an approval that the client has seen as it is, without a decision.
func (d *Desk) decidable(tx *store.Tx, a store.Approval, w Write) error {
	v, err := d.approval(tx, a)
	if err != nil {
		return err
	}
	switch {
	case a.State != string(api.Pending):
		p := conflict(api.DecidedAlready, "This is decided already")
		p.Current, err = json.Marshal(v)
		return errors.Join(err, p)
	case w.IfMatch == "":
		return &api.Problem{Status: http.StatusPreconditionRequired, Code: api.MatchRequired, Title: "If-Match is missing", Detail: "Send the version that was seen."}
	case w.IfMatch != "*" && w.IfMatch != v.Version:
		return changed(v)
	}
	return nil
}

// settle writes a decision to all open approvals of the same question, and says it in the
// request. A declined request is closed; one with nothing left to decide goes on.
func settle(tx *store.Tx, who *Person, q *request, decided store.Approval, decision api.ApprovalState, comment string) error {
	all, err := tx.ApprovalsOfTicket(q.Row)
	if err != nil {
		return err
	}
	waits := false
	for _, a := range all {
		if a.State != string(api.Pending) {
			continue
		}
		if a.Title != decided.Title {
			waits = true
			continue
		}
		a.State, a.DecidedBy, a.Updated, a.Comment = string(decision), who.Row, tx.Now(), comment
		if err := tx.SaveApproval(&a); err != nil {
			return err
		}
	}
	body := map[api.ApprovalState]string{api.Approved: "Approved", api.Declined: "Declined"}[decision]
	if !blank(comment) {
		body += ": " + comment
	}
	by := author{person: who.Row}
	if _, err := addEntry(tx, q, by, api.System, body); err != nil {
		return err
	}
	switch {
	case decision == api.Declined && q.Category != string(api.Closed):
		err = setStatus(tx, q, by, api.Closed, "Declined")
	case decision == api.Approved && !waits && q.Category == string(api.OnHold):
		err = setStatus(tx, q, author{}, api.New, "")
	}
	if err != nil {
		return err
	}
	return save(tx, q)
}
