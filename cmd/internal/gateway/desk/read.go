package desk

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"unicode/utf8"

	"github.com/portico-desktop/portico/app/portal/api"
	"github.com/portico-desktop/portico/cmd/internal/gateway/content"
	"github.com/portico-desktop/portico/cmd/internal/gateway/store"
)

// Menus are the apps for a person; the ETag is versions.menus of /sync.
func (d *Desk) Menus(_ context.Context, who *Person) (Answer, error) {
	menus, version := d.content.Current().Menus(who.Audience())
	out := api.Menus{Menus: []api.Menu{}}
	for _, m := range menus {
		out.Menus = append(out.Menus, api.Menu{ID: m.ID, Title: m.Title, Icon: m.Icon, URL: m.URL, Group: m.Group, Keywords: m.Keywords})
	}
	return Answer{Status: http.StatusOK, Body: out, ETag: version}, nil
}

// Forms are the forms for a person; the ETag is versions.forms of /sync.
func (d *Desk) Forms(_ context.Context, who *Person) (Answer, error) {
	forms, version := d.content.Current().Forms(who.Audience())
	out := api.Forms{Forms: []api.Form{}}
	for _, f := range forms {
		out.Forms = append(out.Forms, api.Form{ID: f.ID, Group: f.Group, Title: f.Title, Icon: f.Icon, Keywords: f.Keywords, Version: f.Version, Schema: f.Schema, UI: f.UI})
	}
	return Answer{Status: http.StatusOK, Body: out, ETag: version}, nil
}

// Options are choices for a dynamic field. answers is a JSON object of the answers so far,
// "" for none.
//
// Problems: bad-request; 404 for a form or a field that the person does not have.
func (d *Desk) Options(_ context.Context, who *Person, form, field, q, answers string) (Answer, error) {
	var soFar map[string]any
	if answers != "" && json.Unmarshal([]byte(answers), &soFar) != nil {
		return Answer{}, badRequest("answers is no JSON object.")
	}
	found, err := d.content.Current().Options(who.Audience(), form, field, q, soFar)
	if errors.Is(err, content.ErrNoField) {
		return Answer{}, notFound()
	}
	out := api.Options{Options: []api.Option{}}
	for _, o := range found {
		out.Options = append(out.Options, api.Option{Value: o.Value, Title: o.Title})
	}
	return Answer{Status: http.StatusOK, Body: out}, err
}

// Articles are pages that may answer a question; none for somebody without that feature.
func (d *Desk) Articles(_ context.Context, who *Person, q string) (Answer, error) {
	out := api.Articles{Articles: []api.Article{}}
	if !d.may(who, Articles) {
		return Answer{Status: http.StatusOK, Body: out}, nil
	}
	for _, a := range d.content.Current().Articles(who.Audience(), q) {
		out.Articles = append(out.Articles, api.Article{Title: a.Title, Snippet: a.Snippet, URL: a.URL})
	}
	return Answer{Status: http.StatusOK, Body: out}, nil
}

// mostPeople is the number of people in one answer.
const mostPeople = 20

// People finds people of the person's own organization.
//
// Problems: not-permitted for somebody who may name nobody; bad-request for less than two
// letters.
func (d *Desk) People(ctx context.Context, who *Person, q string) (Answer, error) {
	if !d.may(who, Participants) && !d.may(who, OnBehalfOf) {
		return Answer{}, notPermitted("You may not look people up.")
	}
	if q = line(q); utf8.RuneCountInString(q) < 2 {
		return Answer{}, badRequest("q needs two letters or more.")
	}
	out := api.People{People: []api.Person{}}
	err := d.read(ctx, who, func(r *store.Reader) error {
		found, err := r.Colleagues(who.OrganizationRow, q, mostPeople)
		for _, p := range found {
			out.People = append(out.People, personView(p))
		}
		return err
	})
	return Answer{Status: http.StatusOK, Body: out}, err
}

// Ticket is a whole request.
//
// Problems: 404.
func (d *Desk) Ticket(ctx context.Context, who *Person, id string) (answer Answer, err error) {
	err = d.read(ctx, who, func(r *store.Reader) error {
		q, err := d.see(r, who, id)
		if err != nil {
			return err
		}
		t, err := d.whole(r, who, q)
		answer = Answer{Status: http.StatusOK, Body: t, ETag: t.Version}
		return err
	})
	return answer, err
}

// Entries are a page of a request's entries, newest first, before an entry; "" begins.
//
// Problems: 404, also for an entry of another request.
func (d *Desk) Entries(ctx context.Context, who *Person, ticket, before string) (answer Answer, err error) {
	err = d.read(ctx, who, func(r *store.Reader) error {
		q, err := d.see(r, who, ticket)
		if err != nil {
			return err
		}
		ask := store.EntryQuery{Limit: store.Newest() + 1}
		if before != "" {
			e, err := r.EntryByID(q.Row, before)
			if err != nil || e.Internal {
				return errors.Join(err, notFound())
			}
			ask.Before = e.Row
		}
		rows, err := r.Entries(q.Row, ask)
		if err != nil {
			return err
		}
		out := api.Entries{}
		if len(rows) > store.Newest() {
			rows = rows[:store.Newest()]
			out.Before = rows[len(rows)-1].ID
		}
		out.Entries, err = d.entries(r, rows, map[int64]string{q.Row: q.ID})
		answer = Answer{Status: http.StatusOK, Body: out}
		return err
	})
	return answer, err
}
