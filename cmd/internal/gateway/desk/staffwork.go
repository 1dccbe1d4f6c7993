package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/portico-desktop/portico/app/portal/api"
	"github.com/portico-desktop/portico/cmd/internal/gateway/store"
)

// change changes a request that is not merged.
func (s Staff) change(ctx context.Context, ticket string, f func(tx *store.Tx, q *request) error) error {
	return s.Store.Write(ctx, func(tx *store.Tx) error {
		t, err := find(tx, ticket)
		if err != nil {
			return err
		}
		if t.Merged != 0 {
			return fmt.Errorf("the request %s lives on in another one", t.Number)
		}
		q, err := requestOf(tx, t)
		if err != nil {
			return err
		}
		return f(tx, q)
	})
}

func (s Staff) author() author { return author{staff: line(s.Name)} }

// Reply answers a request. A new one is under way then.
func (s Staff) Reply(ctx context.Context, ticket, body string) error {
	body, err := staffText(body)
	if err != nil {
		return err
	}
	return s.change(ctx, ticket, func(tx *store.Tx, q *request) error {
		if _, err := addEntry(tx, q, s.author(), api.Message, body); err != nil {
			return err
		}
		if q.Category == string(api.New) {
			if err := setStatus(tx, q, s.author(), api.Open, ""); err != nil {
				return err
			}
		}
		return save(tx, q)
	})
}

// Note adds a note that people do not see. They are not told of any change.
func (s Staff) Note(ctx context.Context, ticket, body string) error {
	body, err := staffText(body)
	if err != nil {
		return err
	}
	return s.change(ctx, ticket, func(tx *store.Tx, q *request) error {
		return tx.AddEntry(&store.Entry{Ticket: q.Row, Kind: string(api.Message), Staff: s.author().staff, Internal: true, Body: body,
			Format: string(api.Text), Delivery: string(api.DeliveryDone), Created: tx.Now()})
	})
}

func staffText(body string) (string, error) {
	if body = lines(body); blank(body) {
		return "", errors.New("the text is empty")
	}
	if longer(body, maxBody) {
		return "", fmt.Errorf("the text has more than %d characters", maxBody)
	}
	return body, nil
}

// Status changes the status of a request. label is the word for people, "" for the
// category's.
func (s Staff) Status(ctx context.Context, ticket, category, label string) error {
	if !slices.Contains(categories(), api.Category(category)) {
		return wrongCategory(category)
	}
	if label = line(label); longer(label, 60) {
		return errors.New("the label has more than 60 characters")
	}
	return s.change(ctx, ticket, func(tx *store.Tx, q *request) error {
		if err := setStatus(tx, q, s.author(), api.Category(category), label); err != nil {
			return err
		}
		return save(tx, q)
	})
}

// Assign names the technician of a request; "" for nobody.
func (s Staff) Assign(ctx context.Context, ticket, assignee string) error {
	if assignee = line(assignee); longer(assignee, 100) {
		return errors.New("the name has more than 100 characters")
	}
	return s.change(ctx, ticket, func(tx *store.Tx, q *request) error {
		q.Assignee = assignee
		return save(tx, q)
	})
}

// Ask asks a person for an approval of a request, which is on hold until then.
func (s Staff) Ask(ctx context.Context, ticket, person, title string) error {
	if title = line(title); longer(title, maxSubject) {
		return fmt.Errorf("the title has more than %d characters", maxSubject)
	}
	return s.change(ctx, ticket, func(tx *store.Tx, q *request) error {
		p, err := findPerson(tx, person)
		if err != nil {
			return err
		}
		if p.Organization != q.Organization {
			return fmt.Errorf("%s is not of the organization of the request", p.Name)
		}
		if err := ask(tx, q, p.Row, s.author(), title); err != nil {
			return err
		}
		if err := setStatus(tx, q, author{}, api.OnHold, waitsForApproval); err != nil {
			return err
		}
		return save(tx, q)
	})
}

// Merge has a request live on in another one of the same organization. Its people are in
// copy there, and see that one whole.
func (s Staff) Merge(ctx context.Context, ticket, into string) error {
	return s.change(ctx, ticket, func(tx *store.Tx, q *request) error {
		other, err := find(tx, into)
		switch {
		case err != nil:
			return err
		case other.Row == q.Row:
			return errors.New("a request cannot be merged into itself")
		case other.Merged != 0:
			return fmt.Errorf("the request %s lives on in another one", other.Number)
		case other.Organization != q.Organization:
			return errors.New("the two requests are of different organizations")
		}
		// What was for few must not be for more.
		other.Private = other.Private || q.Private
		other.Updated, q.Updated = tx.Now(), tx.Now()
		if err := tx.MergeTicket(&q.Ticket, &other); err != nil {
			return err
		}
		_, err = addEntry(tx, &request{Ticket: other}, s.author(), api.System, "Merged with "+q.Number+": "+q.Subject)
		return err
	})
}

// Contact is what a technician says of a person.
type Contact struct {
	// Address is the person's mail address.
	Address string
	// Organization is the key of an organization in the settings, OrganizationName its name.
	Organization, OrganizationName string
}

// Link says whose address a person has, and of which organization they are. Their devices
// begin anew.
func (s Staff) Link(ctx context.Context, person string, c Contact) error {
	return s.Store.Write(ctx, func(tx *store.Tx) error {
		p, err := findPerson(tx, person)
		if err != nil {
			return err
		}
		if c.Address != "" {
			p.Address = line(c.Address)
		}
		if c.Organization != "" {
			if p.Organization, err = tx.OrganizationRow(c.Organization, c.OrganizationName); err != nil {
				return err
			}
		}
		return tx.SavePerson(p)
	})
}

// ShutOut takes a person's access away at once, or gives it back.
func (s Staff) ShutOut(ctx context.Context, person string, out bool) error {
	return s.Store.Write(ctx, func(tx *store.Tx) error {
		p, err := findPerson(tx, person)
		if err != nil {
			return err
		}
		p.OutSince = nil
		if out {
			now := tx.Now()
			p.OutSince = &now
		}
		return tx.SavePerson(p)
	})
}
