package api

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Write is about every change.
type Write struct {
	// Key is the Idempotency-Key, a UUID of version 7. Its maker keeps it with the change, and sends the
	// change under the same key until [Sync].Done names it.
	Key string
	// Version is the version of the thing, as the person has seen it, for actions and decisions.
	Version string
}

func (w Write) header() http.Header {
	h := http.Header{}
	if w.Key != "" {
		h.Set(HeaderIdempotencyKey, w.Key)
	}
	if w.Version != "" {
		h.Set("If-Match", `"`+w.Version+`"`)
	}
	return h
}

// cached asks for a document, unless it has the version tag. It returns its version.
func (c *Client) cached(ctx context.Context, a ask, tag string, into any) (string, error) {
	a.method = http.MethodGet
	if tag != "" {
		a.header = http.Header{"If-None-Match": {`"` + tag + `"`}}
	}
	res, err := c.call(ctx, a, into)
	if err != nil {
		return tag, err
	}
	return strings.Trim(strings.TrimPrefix(res.Header.Get("ETag"), "W/"), `"`), nil
}

func (c *Client) get(ctx context.Context, into any, query url.Values, path ...string) error {
	_, err := c.call(ctx, ask{method: http.MethodGet, path: path, query: query}, into)
	return err
}

func (c *Client) write(ctx context.Context, method string, w Write, body, into any, path ...string) (*http.Response, error) {
	return c.call(ctx, ask{method: method, path: path, header: w.header(), body: body}, into)
}

// about is a query without its empty values.
func about(pairs ...string) url.Values {
	q := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	return q
}

// Portal asks what the portal is. It takes no sign-in. tag is the version of the caller's copy, or "": a copy
// of that version is answered with [ErrUnchanged].
func (c *Client) Portal(ctx context.Context, tag string) (p Portal, version string, err error) {
	version, err = c.cached(ctx, ask{open: true}, tag, &p)
	return p, version, err
}

// Menus asks for the apps of this person. tag is as in [Client.Portal].
func (c *Client) Menus(ctx context.Context, tag string) (m Menus, version string, err error) {
	version, err = c.cached(ctx, ask{path: []string{"menus"}}, tag, &m)
	return m, version, err
}

// Forms asks for the forms of this person. tag is as in [Client.Portal].
func (c *Client) Forms(ctx context.Context, tag string) (f Forms, version string, err error) {
	version, err = c.cached(ctx, ask{path: []string{"forms"}}, tag, &f)
	return f, version, err
}

// Options looks up values of a field. answers are those so far, as a JSON object, or nil.
func (c *Client) Options(ctx context.Context, form, field, q string, answers json.RawMessage) (o Options, err error) {
	return o, c.get(ctx, &o, about("q", q, "answers", string(answers)), "forms", form, "options", field)
}

// People looks people of the own organization up, by two letters or more.
func (c *Client) People(ctx context.Context, q string) (p People, err error) {
	return p, c.get(ctx, &p, about("q", q), "people")
}

// Articles looks articles up.
func (c *Client) Articles(ctx context.Context, q string) (a Articles, err error) {
	return a, c.get(ctx, &a, about("q", q), "articles")
}

// Tickets lists requests that no device keeps.
func (c *Client) Tickets(ctx context.Context, q TicketQuery) (l TicketList, err error) {
	limit := ""
	if q.Limit > 0 {
		limit = strconv.Itoa(q.Limit)
	}
	return l, c.get(ctx, &l, about("scope", string(q.Scope), "category", string(q.Category), "q", q.Q, "sort", string(q.Sort), "cursor", q.Cursor, "limit", limit), "tickets")
}

// Ticket asks for one request. tag is as in [Client.Portal].
func (c *Client) Ticket(ctx context.Context, id, tag string) (t Ticket, err error) {
	_, err = c.cached(ctx, ask{path: []string{"tickets", id}}, tag, &t)
	return t, err
}

// Entries asks for a page of a request's history. before is that of the page before, "" for the newest.
func (c *Client) Entries(ctx context.Context, ticket, before string) (e Entries, err error) {
	return e, c.get(ctx, &e, about("before", before), "tickets", ticket, "entries")
}

// Create makes a request. delivered says that the helpdesk has it; otherwise it is on its way.
func (c *Client) Create(ctx context.Context, w Write, t NewTicket) (made Created, delivered bool, err error) {
	return c.create(ctx, w, t, "tickets")
}

// Reply adds a message to a request. delivered is as in [Client.Create].
func (c *Client) Reply(ctx context.Context, w Write, ticket string, e NewEntry) (made Created, delivered bool, err error) {
	return c.create(ctx, w, e, "tickets", ticket, "entries")
}

func (c *Client) create(ctx context.Context, w Write, body any, path ...string) (made Created, delivered bool, err error) {
	res, err := c.write(ctx, http.MethodPost, w, body, &made, path...)
	return made, err == nil && res.StatusCode == http.StatusCreated, err
}

// Act does an action, and returns the request as it is then. Problems among others: [Changed] with the request as
// it is now, [NotAllowed].
func (c *Client) Act(ctx context.Context, w Write, ticket string, a Act) (t Ticket, err error) {
	_, err = c.write(ctx, http.MethodPost, w, a, &t, "tickets", ticket, "actions")
	return t, err
}

// Decide decides on an approval, and returns it as it is then. Problems among others: [DecidedAlready].
func (c *Client) Decide(ctx context.Context, w Write, approval string, d Decision) (a Approval, err error) {
	_, err = c.write(ctx, http.MethodPost, w, d, &a, "approvals", approval)
	return a, err
}

// Feedback says how a request was.
func (c *Client) Feedback(ctx context.Context, w Write, ticket string, f Feedback) (said Feedback, err error) {
	_, err = c.write(ctx, http.MethodPut, w, f, &said, "tickets", ticket, "feedback")
	return said, err
}

// Acknowledge says that the person has read news.
func (c *Client) Acknowledge(ctx context.Context, w Write, announcement string) error {
	_, err := c.write(ctx, http.MethodPut, w, nil, nil, "announcements", announcement, "ack")
	return err
}
