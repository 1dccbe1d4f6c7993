package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/portico-desktop/portico/app/portal/api"
	"github.com/portico-desktop/portico/cmd/internal/gateway/audience"
	"github.com/portico-desktop/portico/cmd/internal/gateway/bus"
	"github.com/portico-desktop/portico/cmd/internal/gateway/store"
)

// News is an announcement to be made.
type News struct {
	Title, Body string
	// Severity is info if empty.
	Severity api.Severity
	// Markdown has the body read as Markdown.
	Markdown bool
	// URL leads further, https; "" for nothing.
	URL string
	// From is now if zero; Until is for ever if zero.
	From, Until time.Time
	// AckWanted asks people to say that they have read it.
	AckWanted bool
	Audience  audience.Rule
}

// Announce makes an announcement, and returns its id.
func (s Staff) Announce(ctx context.Context, n News) (id string, err error) {
	a := store.Announcement{Title: line(n.Title), Body: lines(n.Body), Format: string(api.Text), Severity: string(n.Severity), URL: n.URL, AckWanted: n.AckWanted, Starts: n.From.UTC()}
	if n.Markdown {
		a.Format = string(api.Markdown)
	}
	if n.Severity == "" {
		a.Severity = string(api.Info)
	}
	if !n.Until.IsZero() {
		until := n.Until.UTC()
		a.Ends = &until
	}
	if err := checkNews(a); err != nil {
		return "", err
	}
	if !n.Audience.Everybody() {
		if err := n.Audience.Check(); err != nil {
			return "", fmt.Errorf("the audience: %w", err)
		}
		raw, err := json.Marshal(n.Audience)
		if err != nil {
			return "", err
		}
		a.Audience = string(raw)
	}
	err = s.Store.Write(ctx, func(tx *store.Tx) error {
		if n.From.IsZero() {
			a.Starts = tx.Now()
		}
		// One row for everybody: the audience is looked at with each person's groups.
		return tx.AddAnnouncement(&a, bus.All)
	})
	return a.ID, err
}

func checkNews(a store.Announcement) error {
	severities := []api.Severity{api.Info, api.Warning, api.Maintenance, api.Outage, api.Resolved}
	switch {
	case a.Title == "":
		return errors.New("the title is empty")
	case longer(a.Title, maxSubject):
		return fmt.Errorf("the title has more than %d characters", maxSubject)
	case longer(a.Body, maxBody):
		return fmt.Errorf("the text has more than %d characters", maxBody)
	case !slices.Contains(severities, api.Severity(a.Severity)):
		return fmt.Errorf("%q is no severity; write one of %v", a.Severity, severities)
	case a.Ends != nil && !a.Ends.After(a.Starts):
		return errors.New("it ends before it begins")
	}
	if a.URL == "" {
		return nil
	}
	if u, err := url.Parse(a.URL); err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || line(a.URL) != a.URL {
		return errors.New("the address has to begin with https://")
	}
	return nil
}

// News lists announcements, newest first, without those withdrawn.
func (s Staff) News(ctx context.Context) (out []api.Announcement, err error) {
	err = s.Store.Read(ctx, func(r *store.Reader) error {
		rows, err := r.Announcements(false, 200)
		for _, a := range rows {
			out = append(out, announcementView(a, false))
		}
		return err
	})
	return out, err
}

// Withdraw takes an announcement from everybody.
func (s Staff) Withdraw(ctx context.Context, id string) error {
	return s.Store.Write(ctx, func(tx *store.Tx) error {
		a, err := tx.AnnouncementByID(id)
		if errors.Is(err, store.ErrNotFound) {
			return fmt.Errorf("%q: there is no such announcement", id)
		}
		if err != nil || a.Withdrawn {
			return err
		}
		a.Withdrawn = true
		return tx.SaveAnnouncement(&a)
	})
}
