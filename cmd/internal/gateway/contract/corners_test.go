package contract

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/uuid"

	"github.com/portico-desktop/portico/app/portal/api"
)

// want sends a request and holds its status to the one wanted.
func (c *caller) want(t *testing.T, status int, r *http.Request) *http.Response {
	t.Helper()
	res, body := send(t, c, r)
	if res.StatusCode != status {
		t.Errorf("%s %s: %s, want %d: %.200s", r.Method, r.URL.Path, res.Status, status, body)
	}
	return res
}

func (c *caller) get(path string, header ...string) *http.Request {
	return c.request(http.MethodGet, path, "", header...)
}

func TestCopiesAreNotSentAgain(t *testing.T) {
	p := newPortal(t)
	c := p.caller(t, "Ada", "contoso")
	file := must(p.client("Ada", "contoso").Upload(t.Context(), upload(t, 1000)))(t)
	for _, path := range []string{"/v1", "/v1/articles?q=p", "/v1/forms/software/options/site", "/v1/people?q=ada", "/v1/attachments/" + file.ID} {
		tag := c.want(t, http.StatusOK, c.get(path)).Header.Get("ETag")
		c.want(t, http.StatusNotModified, c.get(path, "If-None-Match", tag))
	}
	tag := c.want(t, http.StatusOK, c.request(http.MethodHead, "/v1", "")).Header.Get("ETag")
	c.want(t, http.StatusNotModified, c.request(http.MethodHead, "/v1", "", "If-None-Match", tag))
	c.want(t, http.StatusPartialContent, c.get("/v1/attachments/"+file.ID, "Range", "bytes=10-19"))
	c.want(t, http.StatusRequestedRangeNotSatisfiable, c.get("/v1/attachments/"+file.ID, "Range", "bytes=5000-"))
}

func TestAFileInParts(t *testing.T) {
	p := newPortal(t)
	c := p.caller(t, "Ada", "contoso")
	// "abc", of which the digest is.
	const digest = "sha-256=:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=:"
	path := "/v1/attachments/" + uuid.NewString()
	c.want(t, http.StatusAccepted, c.request(http.MethodPut, path, "ab", "Content-Type", "application/octet-stream", "Repr-Digest", digest, "Content-Range", "bytes 0-1/3"))
	c.want(t, http.StatusCreated, c.request(http.MethodPut, path, "c", "Content-Type", "application/octet-stream", "Repr-Digest", digest, "Content-Range", "bytes 2-2/3"))
}

func TestRightsAreRefusedByName(t *testing.T) {
	p := newPortal(t)
	ada, bea := p.client("Ada", "contoso"), p.client("Bea", "contoso")
	made, _, err := ada.Create(t.Context(), key(), api.NewTicket{Subject: "My screen is black"})
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = bea.Reply(t.Context(), key(), made.ID, api.NewEntry{Body: "x"})
	wantCode(t, "somebody who only sees it", err, api.NotPermitted)
	strict := newPortal(t, `features = ["approvals"]`).client("Ada", "contoso")
	_, err = strict.People(t.Context(), "ada")
	wantCode(t, "people, for somebody who may name none", err, api.NotPermitted)
	_, _, err = strict.Create(t.Context(), key(), api.NewTicket{Subject: "x", Participants: []string{"y"}})
	wantCode(t, "participants", err, api.NotPermitted)

	ticket := must(ada.Ticket(t.Context(), made.ID, ""))(t)
	if err := p.staff.ShutOut(t.Context(), "ada@contoso.example", true); err != nil {
		t.Fatal(err)
	}
	_, err = ada.Act(t.Context(), at(ticket.Version), made.ID, api.Act{Action: api.ActClose})
	wantCode(t, "somebody shut out", err, api.NoAccess)
	err = ada.Follow(t.Context(), api.Follow{Take: func(context.Context, api.Step) error { return errors.New("there was something") }})
	wantCode(t, "a sync of somebody shut out", err, api.NoAccess)
}

func TestOneKeyIsForOneWrite(t *testing.T) {
	p := newPortal(t)
	ada := p.client("Ada", "contoso")
	if _, _, err := ada.Menus(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	var news []string
	for i := range 2 {
		id, err := p.staff.Announce(t.Context(), newsOf(fmt.Sprint("News ", i)))
		if err != nil {
			t.Fatal(err)
		}
		news = append(news, id)
	}
	w := key()
	for range 2 { // the same again
		if err := ada.Acknowledge(t.Context(), w, news[0]); err != nil {
			t.Fatal(err)
		}
	}
	wantCode(t, "another with the same key", ada.Acknowledge(t.Context(), w, news[1]), api.KeyReused)
}

func TestCursorsOfSyncs(t *testing.T) {
	p := newPortal(t)
	c := p.caller(t, "Ada", "contoso")
	var s api.Sync
	for more := true; more; more = s.More {
		_, body := send(t, c, c.get("/v1/sync?cursor="+s.Cursor))
		s = api.Sync{}
		if err := json.Unmarshal(body, &s); err != nil {
			t.Fatal(err)
		}
	}
	c.want(t, http.StatusNoContent, c.get("/v1/sync?cursor="+s.Cursor))
	if res := c.want(t, http.StatusNoContent, c.get("/v1/sync?cursor="+s.Cursor, "Prefer", "wait=1")); res.Header.Get("Preference-Applied") != "wait=1" {
		t.Error(res.Header)
	}
	c.want(t, http.StatusGone, c.get("/v1/sync?cursor=x"))
	refused := 0
	for range 200 { // more than one person may send in a moment
		res, _ := send(t, c, c.get("/v1/sync?cursor="+s.Cursor))
		if res.StatusCode == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused == 0 {
		t.Error("200 requests in a row were taken")
	}

	// A gateway that leaves tells those who wait.
	d := p.caller(t, "Bea", "contoso")
	_, body := send(t, d, d.get("/v1/sync"))
	if err := json.Unmarshal(body, &s); err != nil {
		t.Fatal(err)
	}
	waiting := make(chan int, 1)
	go func() {
		res, err := d.Do(d.get("/v1/sync?cursor="+s.Cursor, "Prefer", "wait=55"))
		if err != nil {
			waiting <- 0
			return
		}
		res.Body.Close()
		waiting <- res.StatusCode
	}()
	p.awaitWaiting(t)
	p.leave()
	if got := <-waiting; got != http.StatusServiceUnavailable {
		t.Errorf("the one who waited got %d", got)
	}
}

// A provider out of reach is no fault of the person's.
func TestAProviderOutOfReach(t *testing.T) {
	p := newPortal(t)
	signed := person{p.provider, "Ada", "contoso"}
	token, err := signed.IDToken(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p.provider.Close()
	c, err := api.NewClient(api.Params{URL: p.address, Door: api.NewExchange(api.ExchangeParams{URL: p.address, IDTokens: given(token), Transport: p.contract.Transport(t, nil)})})
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = c.Menus(t.Context(), "")
	var told *api.Problem
	if !errors.As(err, &told) || told.Status != http.StatusServiceUnavailable || told.RetryAfter == 0 {
		t.Errorf("%#v", err)
	}
}

type given string

// IDToken implements [api.IDTokens].
func (g given) IDToken(context.Context) (string, error) { return string(g), nil }

// The built-in helpdesk has each write at once, and knows no feedback that comes too late within a test. A scripted
// portal answers so.
func TestAnswersOfOtherHelpdesks(t *testing.T) {
	p := newPortal(t)
	answers := map[string]string{
		"/v1/tickets": `{"id":"t1"}`, "/v1/tickets/t1/entries": `{"id":"e1"}`,
		"/v1/tickets/t1/actions":  `{"title":"Still at it","status":409,"code":"in-progress","request_id":"r"}`,
		"/v1/tickets/t1/feedback": `{"title":"Too late","status":409,"code":"closed-too-long-ago","request_id":"r"}`,
	}
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Request-Id", "r")
		w.Header().Set("Cache-Control", "no-store")
		switch r.URL.Path {
		case "/v1/tickets", "/v1/tickets/t1/entries":
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusAccepted)
		default:
			w.Header().Set("Content-Type", api.ProblemType)
			w.WriteHeader(http.StatusConflict)
		}
		_, _ = io.WriteString(w, answers[r.URL.Path])
	}))
	defer other.Close()
	c, err := api.NewClient(api.Params{URL: other.URL, Door: &http.Client{Transport: p.contract.Transport(t, nil)}})
	if err != nil {
		t.Fatal(err)
	}
	made, delivered, err := c.Create(t.Context(), key(), api.NewTicket{Subject: "x"})
	if err != nil || delivered || made.ID != "t1" {
		t.Error(made, delivered, err)
	}
	if said, delivered, err := c.Reply(t.Context(), key(), "t1", api.NewEntry{Body: "x"}); err != nil || delivered || said.ID != "e1" {
		t.Error(said, delivered, err)
	}
	_, err = c.Act(t.Context(), at("1"), "t1", api.Act{Action: api.ActClose})
	wantCode(t, "an action under way", err, api.InProgress)
	_, err = c.Feedback(t.Context(), key(), "t1", api.Feedback{Score: 1, Max: 5})
	wantCode(t, "feedback too late", err, api.ClosedTooLongAgo)
}
