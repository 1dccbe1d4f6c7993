package desk

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/portico-desktop/portico/app/portal/api"
	"github.com/portico-desktop/portico/cmd/internal/gateway/bus"
	"github.com/portico-desktop/portico/cmd/internal/gateway/store"
)

const (
	// fewChanges is the number of changes in an answer unless the client says otherwise;
	// mostChanges is the largest that it can say.
	fewChanges, mostChanges = 200, 500
	// closedFor is how long a closed request is in a bootstrap.
	closedFor = 90 * 24 * time.Hour
)

// Ahead says from memory if [Desk.Sync] has an answer for a cursor. It is true as well for
// a cursor of no use, and for a store out of order: Sync says so.
func (d *Desk) Ahead(who *Person, cursor string) bool {
	c, err := d.store.ParseCursor(cursor, who.Row, who.OrganizationRow)
	if err != nil {
		return true
	}
	behind, err := d.store.Behind(context.Background(), c)
	return behind || err != nil
}

// Sync is everything new for a person since a cursor; nil for nothing. No cursor begins
// with everything that a device keeps. 0 is a good limit.
//
// Problems: cursor-expired, no-access.
func (d *Desk) Sync(ctx context.Context, who *Person, cursor string, limit int) (*api.Sync, error) {
	c, err := d.store.ParseCursor(cursor, who.Row, who.OrganizationRow)
	if err == nil {
		err = d.store.Valid(ctx, c)
	}
	if errors.Is(err, store.ErrExpired) {
		return nil, &api.Problem{Status: http.StatusGone, Code: api.CursorExpired, Title: "Begin again without a cursor"}
	}
	if err != nil {
		return nil, err
	}
	if behind, err := d.store.Behind(ctx, c); !behind || err != nil {
		return nil, err
	}
	if limit <= 0 {
		limit = fewChanges
	}
	s := &syncing{desk: d, who: who, cursor: c, limit: min(limit, mostChanges), first: cursor == ""}
	// The head is read before the lines: they hold all up to it.
	if s.head, err = d.store.Start(ctx, who.Row); err != nil {
		return nil, err
	}
	if s.first {
		s.cursor.Until = max(s.head, 1) // begins a bootstrap
	}
	s.bootstrap = s.cursor.Until > 0
	if err := d.read(ctx, who, s.read); err != nil {
		return nil, err
	}
	if s.cursor.Until > 0 && !s.out.More {
		s.cursor.Until = 0
	}
	content := d.content.Current()
	_, s.out.Versions.Menus = content.Menus(who.Audience())
	_, s.out.Versions.Forms = content.Forms(who.Audience())
	s.out.Poll = api.Poll{Wait: int(d.limits.Wait.Seconds()), Spread: int(d.limits.Spread.Seconds())}
	s.out.Cursor = d.store.Text(s.cursor)
	return &s.out, nil
}

// syncing is one answer in the making.
type syncing struct {
	desk   *Desk
	who    *Person
	cursor store.Cursor
	limit  int
	// first: the first answer of a bootstrap. bootstrap: one of a bootstrap's.
	first, bootstrap bool
	head             int64
	out              api.Sync

	tickets, entries, approvals, announcements, writes []int64
	me                                                 bool
}

// read reads the lines of changes, and then the things in them as they are now.
func (s *syncing) read(r *store.Reader) error {
	own, err := r.Changes(store.PersonHead(s.who.Row), s.cursor.Own, s.limit)
	if err != nil {
		return err
	}
	s.cursor.Own = last(s.cursor.Own, own)
	if s.out.More = len(own) == s.limit; !s.out.More {
		// Lines can be gone, the newest too.
		s.cursor.Own = max(s.cursor.Own, s.head)
	}
	for _, line := range []struct {
		head bus.Head
		seq  *int64
	}{{store.OrganizationHead(s.who.OrganizationRow), &s.cursor.Shared}, {bus.All, &s.cursor.Common}} {
		changes, err := r.Changes(line.head, *line.seq, s.limit)
		if err != nil {
			return err
		}
		*line.seq = last(*line.seq, changes)
		s.out.More = s.out.More || len(changes) == s.limit
		own = append(own, changes...)
	}
	for _, c := range own {
		s.sort(c)
	}
	return errors.Join(s.readMe(r), s.readTickets(r), s.readEntries(r), s.readApprovals(r), s.readAnnouncements(r), s.readWrites(r))
}

func last(before int64, changes []store.Change) int64 {
	if len(changes) == 0 {
		return before
	}
	return changes[len(changes)-1].Seq
}

// sort puts a change to those of its kind.
func (s *syncing) sort(c store.Change) {
	if c.Gone {
		kinds := map[store.What]api.Kind{store.ATicket: api.KindTicket, store.AnEntry: api.KindEntry, store.AnApproval: api.KindApproval, store.AnAnnounce: api.KindAnnouncement}
		if kind, ok := kinds[c.What]; ok && !s.first {
			s.out.Gone = append(s.out.Gone, api.Gone{Kind: kind, ID: c.ID, Into: c.Into})
		}
		return
	}
	switch c.What {
	case store.ATicket:
		s.tickets = append(s.tickets, c.Item)
	case store.AnEntry:
		// A bootstrap has the newest entries with their tickets.
		if !s.bootstrap {
			s.entries = append(s.entries, c.Item)
		}
	case store.AnApproval:
		s.approvals = append(s.approvals, c.Item)
	case store.AnAnnounce:
		s.announcements = append(s.announcements, c.Item)
	case store.AWrite:
		s.writes = append(s.writes, c.Item)
	case store.Me:
		s.me = true
	}
}

func (s *syncing) readMe(r *store.Reader) error {
	if !s.me && !s.first {
		return nil
	}
	p, err := r.Person(s.who.Row)
	if err != nil {
		return err
	}
	names, err := organizationNames(r, []int64{p.Organization})
	s.out.Me = &api.Me{Person: personView(p), Organization: names[p.Organization], May: s.desk.features(s.who)}
	return err
}

func (s *syncing) readTickets(r *store.Reader) error {
	tickets, err := r.TicketsByRow(s.tickets)
	if err != nil {
		return err
	}
	for _, t := range tickets {
		q, err := s.desk.seeTicket(r, s.who, t)
		if asProblem(err) != nil {
			continue // not theirs any more: another line says so
		}
		if err != nil {
			return err
		}
		if ended := q.ended(); s.bootstrap && ended != nil && ended.Before(s.desk.store.Now().Add(-closedFor)) {
			continue
		}
		whole, err := s.desk.whole(r, s.who, q)
		if err != nil {
			return err
		}
		s.out.Tickets = append(s.out.Tickets, whole)
		if s.bootstrap {
			newest, err := r.Entries(t.Row, store.EntryQuery{Limit: store.Newest()})
			if err != nil {
				return err
			}
			for _, e := range newest {
				s.entries = append(s.entries, e.Row)
			}
		}
	}
	return nil
}

// readEntries reads entries of requests that the person sees.
func (s *syncing) readEntries(r *store.Reader) error {
	rows, err := r.EntriesByRow(s.entries)
	if err != nil {
		return err
	}
	ids := map[int64]string{}
	var mine []store.Entry
	for _, e := range rows {
		if _, known := ids[e.Ticket]; !known {
			t, err := r.Ticket(e.Ticket)
			if err != nil {
				return err
			}
			if _, err := s.desk.seeTicket(r, s.who, t); asProblem(err) == nil && err != nil {
				return err
			} else if err == nil {
				ids[e.Ticket] = t.ID
			} else {
				ids[e.Ticket] = ""
			}
		}
		if ids[e.Ticket] != "" {
			mine = append(mine, e)
		}
	}
	s.out.Entries, err = s.desk.entries(r, mine, ids)
	return err
}

func (s *syncing) readApprovals(r *store.Reader) error {
	rows, err := r.ApprovalsByRow(s.approvals)
	if err != nil {
		return err
	}
	for _, a := range rows {
		old := a.State != string(api.Pending) && a.Updated.Before(s.desk.store.Now().Add(-closedFor))
		if a.Person != s.who.Row || s.bootstrap && old {
			continue
		}
		v, err := s.desk.approval(r, a)
		if err != nil {
			return err
		}
		s.out.Approvals = append(s.out.Approvals, v)
	}
	return nil
}

func (s *syncing) readAnnouncements(r *store.Reader) error {
	rows, err := r.AnnouncementsByRow(s.announcements)
	if err != nil {
		return err
	}
	acked, err := r.Acked(s.who.Row, s.announcements)
	if err != nil {
		return err
	}
	for _, a := range rows {
		over := a.Ends != nil && a.Ends.Before(s.desk.store.Now())
		if !a.Withdrawn && meets(a, s.who) && !(s.bootstrap && over) {
			s.out.Announcements = append(s.out.Announcements, announcementView(a, acked[a.Row]))
		}
	}
	return nil
}

// readWrites reads what came of writes.
func (s *syncing) readWrites(r *store.Reader) error {
	rows, err := r.WritesByRow(s.writes)
	if err != nil {
		return err
	}
	for _, w := range rows {
		done := api.Done{Key: w.Key, Outcome: api.Outcome(w.Outcome), ID: w.Made}
		if w.Problem != "" {
			done.Problem = &api.Problem{}
			if err := json.Unmarshal([]byte(w.Problem), done.Problem); err != nil {
				return err
			}
		}
		s.out.Done = append(s.out.Done, done)
	}
	return nil
}
