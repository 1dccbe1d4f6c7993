package store

import (
	"database/sql"
	"time"

	"github.com/portico-desktop/portico/cmd/internal/gateway/bus"
)

// Announcement is a piece of news.
type Announcement struct {
	Row                 int64
	ID                  string
	Title, Body, Format string
	Severity, URL       string
	Starts              time.Time
	Ends                *time.Time
	AckWanted           bool
	// Audience is a rule, as JSON; "" for everybody. The store does not look into it.
	Audience  string
	Withdrawn bool
	Updated   time.Time
}

const announcementColumns = "row, id, title, body, format, severity, url, starts, ends, ack_wanted, audience, withdrawn, updated"

func (q query) announcements(where string, args ...any) ([]Announcement, error) {
	var found []Announcement
	err := q.all("SELECT "+announcementColumns+" FROM announcements WHERE "+where, args, func(row scanner) error {
		var a Announcement
		var starts, updated int64
		var ends sql.NullInt64
		err := row.Scan(&a.Row, &a.ID, &a.Title, &a.Body, &a.Format, &a.Severity, &a.URL, &starts, &ends, &a.AckWanted, &a.Audience, &a.Withdrawn, &updated)
		a.Starts, a.Ends, a.Updated = timeOf(starts), timeOrNil(ends), timeOf(updated)
		found = append(found, a)
		return err
	})
	return found, err
}

// AnnouncementByID returns an announcement by its id, or [ErrNotFound].
func (q query) AnnouncementByID(id string) (Announcement, error) {
	found, err := q.announcements("id = ?", id)
	if err == nil && len(found) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Announcement{}, err
	}
	return found[0], nil
}

// AnnouncementsByRow returns announcements by their rows.
func (q query) AnnouncementsByRow(rows []int64) ([]Announcement, error) {
	var all []Announcement
	for _, part := range chunks(rows) {
		found, err := q.announcements("row IN ("+marks(len(part))+") ORDER BY row", part...)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// Announcements returns all announcements, newest first; withdrawn ones too if all is set.
func (q query) Announcements(all bool, limit int) ([]Announcement, error) {
	return q.announcements("(withdrawn = 0 OR ?) ORDER BY row DESC LIMIT ?", all, limit)
}

// AddAnnouncement adds an announcement, tells the followers of heads, and sets Row, ID and
// Updated. What is for a group moves everybody's head: who gets it is decided at the sync.
func (tx *Tx) AddAnnouncement(a *Announcement, heads ...bus.Head) (err error) {
	a.ID, a.Updated = newID("n"), tx.Now()
	a.Row, err = tx.insert("INSERT INTO announcements (id, title, body, format, severity, url, starts, ends, ack_wanted, audience, updated) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		a.ID, a.Title, a.Body, a.Format, a.Severity, a.URL, a.Starts.UnixMilli(), millis(a.Ends), a.AckWanted, a.Audience, a.Updated.UnixMilli())
	if err != nil {
		return err
	}
	for _, head := range heads {
		if err := tx.Changed(head, AnAnnounce, a.Row); err != nil {
			return err
		}
	}
	return nil
}

// SaveAnnouncement writes a changed announcement, and tells its followers. A
// withdrawn one is gone.
func (tx *Tx) SaveAnnouncement(a *Announcement) error {
	a.Updated = tx.Now()
	if err := tx.exec("UPDATE announcements SET title = ?, body = ?, format = ?, severity = ?, url = ?, starts = ?, ends = ?, ack_wanted = ?, audience = ?, withdrawn = ?, updated = ? WHERE row = ?",
		a.Title, a.Body, a.Format, a.Severity, a.URL, a.Starts.UnixMilli(), millis(a.Ends), a.AckWanted, a.Audience, a.Withdrawn, a.Updated.UnixMilli(), a.Row); err != nil {
		return err
	}
	var heads []bus.Head
	if err := tx.all("SELECT kind, row FROM feed INDEXED BY feed_of_item WHERE what = ? AND item = ?", []any{AnAnnounce, a.Row}, func(row scanner) error {
		var h bus.Head
		err := row.Scan(&h.Kind, &h.Row)
		heads = append(heads, h)
		return err
	}); err != nil {
		return err
	}
	for _, head := range heads {
		var err error
		if a.Withdrawn {
			err = tx.Gone(head, AnAnnounce, a.Row, a.ID, "")
		} else {
			err = tx.Changed(head, AnAnnounce, a.Row)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Acked returns which of these announcements a person has said to have read.
func (q query) Acked(person int64, announcements []int64) (map[int64]bool, error) {
	found := map[int64]bool{}
	for _, part := range chunks(announcements) {
		err := q.all("SELECT announcement FROM acks WHERE person = ? AND announcement IN ("+marks(len(part))+")", append([]any{person}, part...), func(row scanner) error {
			var id int64
			err := row.Scan(&id)
			found[id] = true
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// Acknowledge notes an announcement as read by a person, and tells their other devices.
func (tx *Tx) Acknowledge(person, announcement int64) error {
	if err := tx.exec("INSERT OR IGNORE INTO acks VALUES (?, ?, ?)", person, announcement, tx.Now().UnixMilli()); err != nil {
		return err
	}
	return tx.Changed(PersonHead(person), AnAnnounce, announcement)
}
