package desk

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/portico-desktop/portico/app/portal/api"
	"github.com/portico-desktop/portico/cmd/internal/gateway/content"
	"github.com/portico-desktop/portico/cmd/internal/gateway/store"
)

// maxParticipants bounds those in copy.
const maxParticipants = 50

// draft is a new request before it is in the store.
type draft struct {
	store.Ticket
	form *content.Form
	// parts are those of the description; files are ids of attachments.
	parts, files []string
}

// Create makes a request.
//
// Problems: answers-invalid, form-changed, not-permitted, attachment-missing.
func (d *Desk) Create(ctx context.Context, who *Person, w Write, n api.NewTicket) (Answer, error) {
	return d.once(ctx, who, w, func(tx *store.Tx) (made, error) {
		t, err := d.compose(tx, who, n)
		if err != nil {
			return made{}, err
		}
		participants, err := d.copied(tx, who, n.Participants)
		if err != nil {
			return made{}, err
		}
		q, err := open(tx, t, participants)
		if err != nil {
			return made{}, err
		}
		if err := attach(tx, who, q.Row, 0, t.files); err != nil {
			return made{}, err
		}
		if t.form != nil && t.form.Approval != nil {
			if err := d.askApprovers(tx, q, t.form.Approval); err != nil {
				return made{}, err
			}
		}
		return made{Answer{Status: http.StatusCreated, Body: api.Created{ID: q.ID, Number: q.Number}}, q.ID}, nil
	})
}

// open writes a new request with its members.
func open(tx *store.Tx, t *draft, participants []int64) (*request, error) {
	q := &request{Ticket: t.Ticket, members: []store.Member{{Person: t.Requester, Part: store.Own}}}
	if t.Behalf != 0 {
		q.members = append(q.members, store.Member{Person: t.Behalf, Part: store.Own})
	}
	for _, row := range participants {
		if !q.has(row) {
			q.members = append(q.members, store.Member{Person: row, Part: store.Copy})
		}
	}
	var err error
	if q.Number, err = tx.NextNumber(); err != nil {
		return nil, err
	}
	return q, tx.AddTicket(&q.Ticket, q.members)
}

// compose checks a new request.
func (d *Desk) compose(tx *store.Tx, who *Person, n api.NewTicket) (*draft, error) {
	t := &draft{Ticket: store.Ticket{
		Requester: who.Row, Organization: who.OrganizationRow, Format: string(api.Text), Delivery: string(api.DeliveryDone),
		Category: string(api.New), Label: labelOf(api.New), Created: tx.Now(), Updated: tx.Now(), Subject: line(n.Subject),
	}, files: slices.Clone(n.Attachments)}
	if text := lines(n.Description); text != "" {
		t.parts = append(t.parts, text)
	}
	if err := d.answer(tx, who, t, n); err != nil {
		return nil, err
	}
	if err := d.behalf(tx, who, t, n.OnBehalfOf); err != nil {
		return nil, err
	}
	device, err := deviceFacts(n.Device)
	if err != nil {
		return nil, err
	}
	t.Device = device
	t.Description = strings.Join(t.parts, "\n\n")
	switch {
	case t.Subject == "":
		return nil, missing("/subject")
	case longer(t.Subject, maxSubject):
		return nil, tooLong("/subject", maxSubject)
	case longer(t.Description, maxBody):
		return nil, tooLong("/description", maxBody)
	}
	return t, nil
}

// answer holds the answers to their form.
func (d *Desk) answer(tx *store.Tx, who *Person, t *draft, n api.NewTicket) error {
	if n.Form == "" {
		if len(n.Answers) > 0 && string(n.Answers) != "null" && string(n.Answers) != "{}" {
			return invalid(fault("/form", "required", "is missing; there are answers"))
		}
		return nil
	}
	f, ok := d.content.Current().Form(who.Audience(), n.Form)
	if !ok || f.Version != n.FormVersion {
		return conflict(api.FormChanged, "The form has changed; look at it again")
	}
	a, err := d.check(tx, who, f, n.Answers)
	if err != nil {
		return err
	}
	t.form, t.Form, t.Private, t.Answers = f, f.ID, f.Private, string(a.answers)
	if t.Subject == "" {
		t.Subject = shortened(cmp.Or(a.subject, line(f.Title)), maxSubject)
	}
	if a.text != "" {
		t.parts = append(t.parts, a.text)
	}
	t.files = append(t.files, a.files...)
	return nil
}

// behalf sets the colleague in whose name the request is.
func (d *Desk) behalf(tx *store.Tx, who *Person, t *draft, id string) error {
	if id == "" || id == who.ID {
		return nil
	}
	if !d.may(who, OnBehalfOf) {
		return notPermitted("You may not ask for somebody else.")
	}
	p, err := colleague(tx, who, id)
	if err != nil {
		return err
	}
	if p == nil {
		return invalid(fault("/on_behalf_of", "enum", "is nobody of your organization"))
	}
	t.Behalf = p.Row
	return nil
}

// copied are the rows of people to be in copy.
func (d *Desk) copied(r reader, who *Person, ids []string) (rows []int64, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	if !d.may(who, Participants) {
		return nil, notPermitted("You may not have others in copy.")
	}
	if len(ids) > maxParticipants {
		return nil, invalid(fault("/participants", "maxItems", "may be %d people at most", maxParticipants))
	}
	for i, id := range ids {
		p, err := colleague(r, who, id)
		if err != nil {
			return nil, err
		}
		if p == nil {
			return nil, invalid(fault(fmt.Sprintf("/participants/%d", i), "enum", "is nobody of your organization"))
		}
		if !slices.Contains(rows, p.Row) {
			rows = append(rows, p.Row)
		}
	}
	return rows, nil
}

// colleague is somebody of the person's own organization by an id of /v1/people, or the
// person; nil for nobody.
func colleague(r reader, who *Person, id string) (*store.Person, error) {
	p, err := r.PersonByID(id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, err
	case p.Row != who.Row && (who.OrganizationRow == 0 || p.Organization != who.OrganizationRow), p.Removed != nil, p.OutSince != nil:
		return nil, nil
	}
	return &p, nil
}

// deviceFacts are the facts of a computer as JSON, with texts as people see them.
func deviceFacts(facts map[string]string) (string, error) {
	const mostFacts, mostName, mostFact = 40, 60, 500
	if len(facts) == 0 {
		return "", nil
	}
	if len(facts) > mostFacts {
		return "", invalid(fault("/device", "maxProperties", "may have %d facts at most", mostFacts))
	}
	clean := map[string]string{}
	for name, value := range facts {
		if longer(name, mostName) || longer(value, mostFact) {
			return "", tooLong("/device", mostFact)
		}
		if name, value = line(name), line(value); name != "" && value != "" {
			clean[name] = value
		}
	}
	raw, err := json.Marshal(clean)
	return string(raw), err
}
