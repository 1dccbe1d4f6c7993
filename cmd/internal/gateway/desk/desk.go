package desk

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/portico-desktop/portico/app/portal/api"
	"github.com/portico-desktop/portico/cmd/internal/gateway/attachments"
	"github.com/portico-desktop/portico/cmd/internal/gateway/content"
	"github.com/portico-desktop/portico/cmd/internal/gateway/store"
)

// Params says what the desk works with.
type Params struct {
	Store       *store.Store
	Content     *content.Content
	Attachments *attachments.Folder
	// Log takes news for operators, such as an unknown approver; nil is the default logger.
	Log *slog.Logger
	// Everybody are the roles of each person; nil is all but [Organization].
	Everybody []string
	Limits    Limits
}

// Limits are the portal's. Zero values are the defaults.
type Limits struct {
	// Reopen is the time after closing in which a request can be opened again, 30 days.
	Reopen time.Duration
	// Feedback is the time after closing in which people are asked how it was, 30 days.
	Feedback time.Duration
	// Unused is the time after which an attachment of no request is removed, 7 days.
	Unused time.Duration
	// Wait is the longest time for a client to wait in /sync, 55 s.
	Wait time.Duration
	// Spread is the time over which clients come back after news to everybody, 0 s.
	Spread time.Duration
}

// Desk answers people. Its methods may be called from several goroutines.
type Desk struct {
	store     *store.Store
	content   *content.Content
	files     *attachments.Folder
	log       *slog.Logger
	everybody []string
	limits    Limits
}

// New makes a desk.
func New(p Params) *Desk {
	d := &Desk{store: p.Store, content: p.Content, files: p.Attachments, log: p.Log, everybody: p.Everybody, limits: p.Limits}
	if d.log == nil {
		d.log = slog.Default()
	}
	if d.everybody == nil {
		d.everybody = []string{Approvals, Feedback, Participants, OnBehalfOf, Articles}
	}
	const day = 24 * time.Hour
	for _, l := range []struct {
		is *time.Duration
		or time.Duration
	}{{&d.limits.Reopen, 30 * day}, {&d.limits.Feedback, 30 * day}, {&d.limits.Unused, 7 * day}, {&d.limits.Wait, 55 * time.Second}} {
		if *l.is == 0 {
			*l.is = l.or
		}
	}
	return d
}

// Portal is the answer of GET /v1 for a portal of this name. Its features are those that
// somebody may have: a role can give each of them.
func (d *Desk) Portal(name string) api.Portal {
	features := []api.Feature{api.ApprovalsFeature, api.FeedbackFeature, api.ParticipantsFeature, api.OnBehalfOfFeature, api.OrganizationFeature}
	if d.content.Current().HasArticles() {
		features = append(features, api.ArticlesFeature)
	}
	return api.Portal{
		Name: name, Features: features,
		Limits: api.Limits{AttachmentBytes: d.files.Limit(), Types: d.files.Types(), Wait: int(d.limits.Wait.Seconds())},
	}
}

// may is true if the person has a role, by the settings or as everybody.
func (d *Desk) may(who *Person, role string) bool {
	return who.Has(role) || slices.Contains(d.everybody, role)
}

// features are the parts of the contract for this person.
func (d *Desk) features(who *Person) []api.Feature {
	all := []api.Feature{}
	for _, feature := range d.Portal("").Features {
		if d.may(who, string(feature)) {
			all = append(all, feature)
		}
	}
	return all
}

// reader is a state of the store: of a [store.Reader], or within a change.
type reader interface {
	Person(row int64) (store.Person, error)
	PersonByID(id string) (store.Person, error)
	PeopleByAddress(address string) ([]store.Person, error)
	PeopleByRow(rows []int64) (map[int64]store.Person, error)
	Organization(row int64) (store.Organization, error)
	Ticket(row int64) (store.Ticket, error)
	TicketByID(id string) (store.Ticket, error)
	TicketsByRow(rows []int64) ([]store.Ticket, error)
	Members(ticket int64) ([]store.Member, error)
	Entries(ticket int64, ask store.EntryQuery) ([]store.Entry, error)
	EntriesByRow(rows []int64) ([]store.Entry, error)
	File(id string) (store.File, error)
	FilesOfTickets(tickets []int64) ([]store.File, error)
	FilesOfEntries(entries []int64) ([]store.File, error)
	ApprovalsOfTicket(ticket int64) ([]store.Approval, error)
}

// read has f read one state of the store for a person with access.
//
// Problems: as admit; 404 for a row that f does not find.
func (d *Desk) read(ctx context.Context, who *Person, f func(r *store.Reader) error) error {
	err := d.store.Read(ctx, func(r *store.Reader) error {
		if err := admit(r, who); err != nil {
			return err
		}
		return f(r)
	})
	if errors.Is(err, store.ErrNotFound) {
		return notFound()
	}
	return err
}

// admit looks at the person as they are now: a token says how they were some minutes ago.
//
// Problems: no-access for somebody shut out, unauthorized for somebody whose organization
// has changed since, and for whoever is not the row's person: where a copy of the store was
// put back, the row of a later person is given again.
func admit(r reader, who *Person) error {
	p, err := r.Person(who.Row)
	switch {
	case errors.Is(err, store.ErrNotFound) || err == nil && (p.Removed != nil || p.OutSince != nil):
		return &api.Problem{Status: http.StatusForbidden, Code: api.NoAccess, Title: "You have no access to this portal any more"}
	case err != nil:
		return err
	case p.ID != who.ID:
		return &api.Problem{Status: http.StatusUnauthorized, Code: api.Unauthorized, Title: "The portal does not know you any more", Detail: "Get a new token."}
	case p.Organization != who.OrganizationRow:
		return &api.Problem{Status: http.StatusUnauthorized, Code: api.Unauthorized, Title: "Your organization has changed", Detail: "Get a new token."}
	}
	return nil
}
