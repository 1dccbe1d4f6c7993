package demogateway

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/portico-desktop/portico/app/portal/api"
	"github.com/portico-desktop/portico/cmd/internal/demoportal/contoso"
	"github.com/portico-desktop/portico/cmd/internal/gateway/attachments"
	"github.com/portico-desktop/portico/cmd/internal/gateway/content"
	"github.com/portico-desktop/portico/cmd/internal/gateway/desk"
	"github.com/portico-desktop/portico/cmd/internal/gateway/store"
)

const (
	organization = "contoso"
	technician   = "Tom of Contoso IT"
	storeFile    = "gateway.db"
)

// filled fills a new store. It is made beside, and moved at the end: after a death on the
// way, the next start begins anew.
func (p Params) filled(ctx context.Context, portal, file string) error {
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	beside := filepath.Join(p.Dir, "filling")
	if err := errors.Join(os.RemoveAll(beside), os.MkdirAll(beside, 0o700)); err != nil {
		return err
	}
	if err := p.fill(ctx, portal, beside); err != nil {
		return fmt.Errorf("write down what happened at Contoso: %w", err)
	}
	return errors.Join(os.Rename(filepath.Join(beside, storeFile), file), os.RemoveAll(beside))
}

// past is the clock of earlier days.
type past struct{ now time.Time }

// fill makes a store and lets everything happen again in it, by the desk: so all of it keeps
// the rules.
func (p Params) fill(ctx context.Context, portal, dir string) (err error) {
	now := time.Now()
	clock := &past{now.UTC().AddDate(0, -2, 0)}
	s, err := store.Open(ctx, store.Params{File: filepath.Join(dir, storeFile), Make: true, Now: func() time.Time { return clock.now }, Log: p.Log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	files, err := attachments.Params{Folder: filepath.Join(dir, "attachments")}.Open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, files.Close()) }()
	c, err := content.Params{Folder: portal, Organizations: []string{organization}, Log: p.Log}.Open()
	if err != nil {
		return err
	}
	people, err := addPeople(ctx, s, p)
	if err != nil {
		return err
	}
	d := desk.New(desk.Params{Store: s, Content: c, Attachments: files, Log: p.Log})
	world := contosos{desk: d, staff: desk.Staff{Store: s, Name: technician}, content: c.Current(), people: people}
	events, err := world.events(now)
	if err != nil {
		return err
	}
	for _, e := range events {
		clock.now = e.at
		if err := e.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", e.what, err)
		}
	}
	return nil
}

// addPeople adds Contoso's people, as if each had signed in.
func addPeople(ctx context.Context, s *store.Store, p Params) (map[string]*desk.Person, error) {
	all, err := contoso.People()
	if err != nil {
		return nil, err
	}
	issuer := ""
	if len(p.Providers) > 0 {
		issuer = p.Providers[0].Authority
	}
	people := map[string]*desk.Person{}
	return people, s.Write(ctx, func(tx *store.Tx) error {
		row, err := tx.OrganizationRow(organization, "Contoso")
		if err != nil {
			return err
		}
		for _, one := range all {
			p := store.Person{Issuer: issuer, Subject: one.Subject, Name: one.Name, Address: one.Address, Organization: row}
			if err := tx.AddPerson(&p); err != nil {
				return err
			}
			people[one.Address] = &desk.Person{
				Row: p.Row, ID: p.ID, Name: p.Name, Address: p.Address, Organization: organization, OrganizationRow: row,
				Roles: []string{desk.Participants, desk.OnBehalfOf},
			}
		}
		return nil
	})
}

// event is one line of the history.
type event struct {
	at   time.Time
	what string
	do   func(context.Context) error
}

// contosos are the people and rooms of the history.
type contosos struct {
	desk    *desk.Desk
	staff   desk.Staff
	content *content.Snapshot
	people  map[string]*desk.Person // by address
}

// events is the whole history, in its order.
func (w contosos) events(now time.Time) ([]event, error) {
	news, err := contoso.Announcements(now)
	if err != nil {
		return nil, err
	}
	requests, err := contoso.Requests(now, func(address string) string {
		if p := w.people[address]; p != nil {
			return p.ID
		}
		return address
	})
	if err != nil {
		return nil, err
	}
	var events []event
	for _, n := range news {
		events = append(events, event{n.Updated, n.Title, func(ctx context.Context) error {
			_, err := w.staff.Announce(ctx, announcement(n))
			return err
		}})
	}
	for _, r := range requests {
		events = append(events, w.ofRequest(r)...)
	}
	slices.SortStableFunc(events, func(a, b event) int { return cmp.Compare(a.at.UnixNano(), b.at.UnixNano()) })
	return events, nil
}

func announcement(n contoso.News) desk.News {
	out := desk.News{Title: n.Title, Body: n.Body, Markdown: true, Severity: api.Severity(n.Severity), URL: n.URL, From: n.From, AckWanted: n.Ack}
	if n.Until != nil {
		out.Until = *n.Until
	}
	return out
}

// ofRequest is the history of one request.
func (w contosos) ofRequest(r contoso.Request) []event {
	d, staff, people := w.desk, w.staff, w.people
	id := "" // once it is made
	events := []event{{r.At, r.Subject, func(ctx context.Context) error {
		raw, err := json.Marshal(r.Answers)
		if err != nil {
			return err
		}
		f, ok := w.content.Form(people[r.By].Audience(), r.Form.ID)
		if !ok {
			return fmt.Errorf("%s does not have the form %s", r.By, r.Form.ID)
		}
		n := api.NewTicket{Form: f.ID, FormVersion: f.Version, Answers: raw, Subject: r.Subject}
		for _, address := range r.Participants {
			n.Participants = append(n.Participants, people[address].ID)
		}
		answer, err := d.Create(ctx, people[r.By], newWrite(), n)
		if err != nil {
			return err
		}
		made, ok := answer.Body.(api.Created)
		if !ok {
			return fmt.Errorf("the desk answered %T", answer.Body)
		}
		id = made.ID
		return nil
	}}}
	for _, step := range r.Steps {
		events = append(events, event{step.At, r.Subject, func(ctx context.Context) error {
			switch {
			case step.Status != "":
				return staff.Status(ctx, id, step.Status, "")
			case step.Note != "":
				return staff.Note(ctx, id, step.Note)
			case step.By == "it":
				return staff.Reply(ctx, id, step.Message)
			}
			_, err := d.Reply(ctx, people[step.By], newWrite(), id, api.NewEntry{Body: step.Message})
			return err
		}})
	}
	return events
}

func newWrite() desk.Write { return desk.Write{Key: uuid.Must(uuid.NewV7())} }
