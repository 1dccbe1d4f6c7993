package desk

import (
	"github.com/portico-desktop/portico/app/portal/api"
	"github.com/portico-desktop/portico/cmd/internal/gateway/store"
)

func personView(p store.Person) api.Person {
	return api.Person{ID: p.ID, Name: p.Name, Address: p.Address}
}

func fileView(f store.File) api.File {
	return api.File{ID: f.ID, Name: f.Name, Size: f.Size, Type: f.Type}
}

// summaries are requests for a person without descriptions, people in copy and files.
func (d *Desk) summaries(r reader, tickets []store.Ticket) ([]api.Ticket, error) {
	var rows, organizations []int64
	for _, t := range tickets {
		rows = append(rows, t.Requester, t.Behalf)
		organizations = append(organizations, t.Organization)
	}
	people, err := r.PeopleByRow(rows)
	if err != nil {
		return nil, err
	}
	names, err := organizationNames(r, organizations)
	if err != nil {
		return nil, err
	}
	out := []api.Ticket{}
	for _, t := range tickets {
		v := api.Ticket{
			ID: t.ID, Number: t.Number, Subject: t.Subject, Organization: names[t.Organization], Form: t.Form, Assignee: t.Assignee,
			Status:    api.Status{Label: t.Label, Category: api.Category(t.Category)},
			Requester: personView(people[t.Requester]),
			CreatedAt: t.Created, UpdatedAt: t.Updated, SolvedAt: t.Solved,
			Delivery: api.Delivery(t.Delivery), Version: version(t.Version),
		}
		if t.Behalf != 0 {
			p := personView(people[t.Behalf])
			v.OnBehalfOf = &p
		}
		if t.Priority != 0 {
			v.Priority = &api.Priority{Label: t.PriorityLabel, Level: t.Priority}
		}
		out = append(out, v)
	}
	return out, nil
}

func organizationNames(r reader, rows []int64) (map[int64]string, error) {
	names := map[int64]string{0: ""}
	for _, row := range rows {
		if _, known := names[row]; known {
			continue
		}
		o, err := r.Organization(row)
		if err != nil {
			return nil, err
		}
		names[row] = o.Name
	}
	return names, nil
}

// whole is a request with everything that the person may see of it, but its entries.
func (d *Desk) whole(r reader, who *Person, q *request) (api.Ticket, error) {
	all, err := d.summaries(r, []store.Ticket{q.Ticket})
	if err != nil {
		return api.Ticket{}, err
	}
	t := all[0]
	t.Description, t.Format = q.Description, api.Format(q.Format)
	t.Actions = d.actions(who, q)
	people, err := r.PeopleByRow(q.participants())
	if err != nil {
		return t, err
	}
	for _, row := range q.participants() {
		t.Participants = append(t.Participants, personView(people[row]))
	}
	files, err := r.FilesOfTickets([]int64{q.Row})
	if err != nil {
		return t, err
	}
	for _, f := range files {
		t.Files = append(t.Files, fileView(f))
	}
	if q.ScoreMax > 0 && q.asked {
		t.Feedback = &api.Feedback{Score: q.Score, Max: q.ScoreMax, Comment: q.ScoreComment}
	}
	older, err := r.Entries(q.Row, store.EntryQuery{Limit: store.Newest() + 1})
	t.Limited = len(older) > store.Newest()
	return t, err
}

// entries are entries with their authors and files. ids are the ids of their tickets by the
// rows.
func (d *Desk) entries(r reader, rows []store.Entry, ids map[int64]string) ([]api.Entry, error) {
	var authors, all []int64
	for _, e := range rows {
		all = append(all, e.Row)
		if e.Author != 0 {
			authors = append(authors, e.Author)
		}
	}
	people, err := r.PeopleByRow(authors)
	if err != nil {
		return nil, err
	}
	attached, err := r.FilesOfEntries(all)
	if err != nil {
		return nil, err
	}
	files := map[int64][]api.File{}
	for _, f := range attached {
		files[f.Entry] = append(files[f.Entry], fileView(f))
	}
	out := []api.Entry{}
	for _, e := range rows {
		v := api.Entry{
			ID: e.ID, TicketID: ids[e.Ticket], Kind: api.EntryKind(e.Kind), Body: e.Body, Format: api.Format(e.Format),
			Files: files[e.Row], CreatedAt: e.Created, Delivery: api.Delivery(e.Delivery),
		}
		switch {
		case e.Author != 0:
			p := personView(people[e.Author])
			v.Author = &p
		case e.Staff != "":
			v.Author, v.Staff = &api.Person{Name: e.Staff}, true
		}
		out = append(out, v)
	}
	return out, nil
}

// approval is an approval for the person who was asked.
func (d *Desk) approval(r reader, a store.Approval) (api.Approval, error) {
	v := api.Approval{
		ID: a.ID, Title: a.Title, Body: a.Body, Format: api.Format(a.Format), State: api.ApprovalState(a.State), Comment: a.Comment,
		AskedBy: api.Person{Name: a.AskedName}, CreatedAt: a.Created, UpdatedAt: a.Updated, Until: a.Until, Version: version(a.Version),
	}
	people, err := r.PeopleByRow([]int64{a.AskedBy, a.DecidedBy})
	if err != nil {
		return v, err
	}
	if a.AskedBy != 0 {
		v.AskedBy = personView(people[a.AskedBy])
	}
	if a.DecidedBy != 0 {
		p := personView(people[a.DecidedBy])
		v.DecidedBy = &p
	}
	if a.Ticket != 0 {
		t, err := r.Ticket(a.Ticket)
		if err != nil {
			return v, err
		}
		v.Ticket, v.Number = t.ID, t.Number
	}
	return v, nil
}

func announcementView(a store.Announcement, acked bool) api.Announcement {
	return api.Announcement{
		ID: a.ID, Title: a.Title, Body: a.Body, Format: api.Format(a.Format), Severity: api.Severity(a.Severity), URL: a.URL,
		From: a.Starts, Until: a.Ends, AckWanted: a.AckWanted, Acked: acked, UpdatedAt: a.Updated,
	}
}
