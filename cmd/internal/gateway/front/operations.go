package front

import (
	"net/http"

	"github.com/portico-desktop/portico/app/portal/api"
	"github.com/portico-desktop/portico/cmd/internal/gateway/desk"
)

// operations are all of Portal API 1.
func operations() []route {
	return []route{
		{method: http.MethodGet, path: "/v1", serve: (*Front).portal, open: true},
		{method: http.MethodPost, path: "/v1/token", serve: (*Front).token, open: true},
		{method: http.MethodGet, path: "/v1/sync", serve: (*Front).sync},
		{method: http.MethodGet, path: "/v1/menus", serve: func(f *Front, c *call) error {
			a, err := f.Desk.Menus(c.r.Context(), c.who)
			return c.cached(a, err, "private, no-cache")
		}},
		{method: http.MethodGet, path: "/v1/forms", serve: func(f *Front, c *call) error {
			a, err := f.Desk.Forms(c.r.Context(), c.who)
			return c.cached(a, err, "private, no-cache")
		}},
		{method: http.MethodGet, path: "/v1/forms/{id}/options/{field}", serve: (*Front).options},
		{method: http.MethodGet, path: "/v1/people", serve: func(f *Front, c *call) error {
			q, err := c.query("q", maxSearch)
			if err != nil {
				return err
			}
			a, err := f.Desk.People(c.r.Context(), c.who, q)
			return c.cached(a, err, "private, max-age=300")
		}},
		{method: http.MethodGet, path: "/v1/articles", serve: func(f *Front, c *call) error {
			q, err := c.query("q", maxSearch)
			if err != nil {
				return err
			}
			a, err := f.Desk.Articles(c.r.Context(), c.who, q)
			return c.cached(a, err, "private, max-age=600")
		}},
		{method: http.MethodPost, path: "/v1/tickets", serve: func(f *Front, c *call) error {
			var t api.NewTicket
			w, err := c.write(&t)
			if err != nil {
				return err
			}
			if max(len(t.Form), len(t.FormVersion), len(t.OnBehalfOf)) > api.MaxID {
				return badRequest("Ids and versions have %d bytes at most.", api.MaxID)
			}
			return c.answer(f.Desk.Create(c.r.Context(), c.who, w, t))
		}},
		{method: http.MethodGet, path: "/v1/tickets", serve: (*Front).tickets},
		{method: http.MethodGet, path: "/v1/tickets/{id}", serve: func(f *Front, c *call) error {
			a, err := f.Desk.Ticket(c.r.Context(), c.who, c.ids[0])
			return c.cached(a, err, "private, no-cache")
		}},
		{method: http.MethodGet, path: "/v1/tickets/{id}/entries", serve: func(f *Front, c *call) error {
			before, err := c.query("before", api.MaxID)
			if err != nil {
				return err
			}
			return c.answer(f.Desk.Entries(c.r.Context(), c.who, c.ids[0], before))
		}},
		{method: http.MethodPost, path: "/v1/tickets/{id}/entries", serve: func(f *Front, c *call) error {
			var e api.NewEntry
			w, err := c.write(&e)
			if err != nil {
				return err
			}
			return c.answer(f.Desk.Reply(c.r.Context(), c.who, w, c.ids[0], e))
		}},
		{method: http.MethodPost, path: "/v1/tickets/{id}/actions", serve: func(f *Front, c *call) error {
			var a api.Act
			w, err := c.writeFrom(&a)
			if err != nil {
				return err
			}
			return c.answer(f.Desk.Act(c.r.Context(), c.who, w, c.ids[0], a))
		}},
		{method: http.MethodPost, path: "/v1/approvals/{id}", serve: func(f *Front, c *call) error {
			var d api.Decision
			w, err := c.writeFrom(&d)
			if err != nil {
				return err
			}
			return c.answer(f.Desk.Decide(c.r.Context(), c.who, w, c.ids[0], d))
		}},
		{method: http.MethodPut, path: "/v1/tickets/{id}/feedback", serve: func(f *Front, c *call) error {
			var b api.Feedback
			w, err := c.write(&b)
			if err != nil {
				return err
			}
			return c.answer(f.Desk.Feedback(c.r.Context(), c.who, w, c.ids[0], b))
		}},
		{method: http.MethodPut, path: "/v1/announcements/{id}/ack", serve: func(f *Front, c *call) error {
			w, err := c.write(nil)
			if err != nil {
				return err
			}
			return c.answer(f.Desk.Acknowledge(c.r.Context(), c.who, w, c.ids[0]))
		}},
		{method: http.MethodPut, path: "/v1/attachments/{id}", serve: (*Front).attach},
		{method: http.MethodGet, path: "/v1/attachments/{id}", serve: (*Front).file},
	}
}

const (
	maxList    = 100      // tickets of a page
	maxSearch  = 256      // bytes of a search
	maxAnswers = 12 << 10 // bytes of the answers that options depend on
)

func (f *Front) portal(c *call) error {
	return c.send(desk.Answer{Body: f.Portal()}, "public, max-age=3600")
}

// token has a token exchanged. It works even while no /sync is let in, at a rate of its own.
func (f *Front) token(c *call) error {
	if wait := f.exchanges.admit(); wait > 0 {
		return c.busy(http.StatusServiceUnavailable, wait)
	}
	c.w.Header().Set("Cache-Control", "no-store")
	c.r.Body = http.MaxBytesReader(c.w, c.r.Body, maxExchange)
	f.Exchange.ServeHTTP(&textToProblem{ResponseWriter: c.w}, c.r)
	return nil
}

const maxExchange = 64 << 10 // bytes of a request for a token

func (f *Front) options(c *call) error {
	q, err := c.query("q", maxSearch)
	if err != nil {
		return err
	}
	answers, err := c.query("answers", maxAnswers)
	if err != nil {
		return err
	}
	if answers != "" {
		var any map[string]any
		if err := decode([]byte(answers), &any); err != nil {
			return err
		}
	}
	a, err := f.Desk.Options(c.r.Context(), c.who, c.ids[0], c.ids[1], q, answers)
	return c.cached(a, err, "private, max-age=300")
}

func (f *Front) tickets(c *call) error {
	var scope, category, sort string
	var q api.TicketQuery
	for _, one := range []struct {
		name string
		into *string
		most int
	}{{"scope", &scope, 32}, {"category", &category, 32}, {"q", &q.Q, maxSearch}, {"sort", &sort, 32}, {"cursor", &q.Cursor, api.MaxID}} {
		var err error
		if *one.into, err = c.query(one.name, one.most); err != nil {
			return err
		}
	}
	var err error
	if q.Limit, err = c.number("limit", 0, maxList); err != nil {
		return err
	}
	q.Scope, q.Category, q.Sort = api.Scope(scope), api.Category(category), api.Sort(sort)
	return c.answer(f.Desk.Tickets(c.r.Context(), c.who, q))
}
