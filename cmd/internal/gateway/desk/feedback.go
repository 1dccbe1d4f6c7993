package desk

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/portico-desktop/portico/app/portal/api"
	"github.com/portico-desktop/portico/cmd/internal/gateway/audience"
	"github.com/portico-desktop/portico/cmd/internal/gateway/store"
)

// Feedback takes the person's word on how it was, once. The same word again is no error.
//
// Problems: closed-too-long-ago, not-allowed, answers-invalid, 404.
func (d *Desk) Feedback(ctx context.Context, who *Person, w Write, ticket string, n api.Feedback) (Answer, error) {
	return d.once(ctx, who, w, func(tx *store.Tx) (made, error) {
		q, err := d.see(tx, who, ticket)
		if err != nil {
			return made{}, err
		}
		n.Comment = lines(n.Comment)
		ended := q.ended()
		switch {
		case n.Max < 2 || n.Max > 10:
			return made{}, invalid(fault("/max", "maximum", "has to be from 2 to 10"))
		case n.Score < 1 || n.Score > n.Max:
			return made{}, invalid(fault("/score", "maximum", "has to be from 1 to %d", n.Max))
		case longer(n.Comment, maxComment):
			return made{}, tooLong("/comment", maxComment)
		case !q.asked || !d.may(who, Feedback):
			return made{}, notAllowed("You are not asked how it was.")
		case q.ScoreMax > 0 && q.Score == n.Score && q.ScoreMax == n.Max && q.ScoreComment == n.Comment:
			return made{Answer{Status: http.StatusOK, Body: n}, q.ID}, nil
		case q.ScoreMax > 0:
			return made{}, notAllowed("It was said already.")
		case ended == nil:
			return made{}, notAllowed("The request is not closed yet.")
		case tx.Now().After(ended.Add(d.limits.Feedback)):
			return made{}, conflict(api.ClosedTooLongAgo, "The request was closed too long ago")
		}
		q.Score, q.ScoreMax, q.ScoreComment = n.Score, n.Max, n.Comment
		return made{Answer{Status: http.StatusOK, Body: n}, q.ID}, save(tx, q)
	})
}

// Acknowledge notes that the person has read an announcement.
//
// Problems: 404.
func (d *Desk) Acknowledge(ctx context.Context, who *Person, w Write, id string) (Answer, error) {
	return d.once(ctx, who, w, func(tx *store.Tx) (made, error) {
		a, err := tx.AnnouncementByID(id)
		if err == nil && (a.Withdrawn || !meets(a, who)) {
			err = store.ErrNotFound
		}
		if err != nil {
			return made{}, err
		}
		return made{Answer{Status: http.StatusNoContent}, a.ID}, tx.Acknowledge(who.Row, a.Row)
	})
}

// meets is true if an announcement is for the person. One with an unreadable audience is
// for nobody.
func meets(a store.Announcement, who *Person) bool {
	var rule audience.Rule
	if a.Audience != "" && json.Unmarshal([]byte(a.Audience), &rule) != nil {
		return false
	}
	return rule.Includes(who.Audience())
}
