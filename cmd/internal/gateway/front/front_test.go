package front

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/portico-desktop/portico/app/portal/api"
	"github.com/portico-desktop/portico/cmd/internal/gateway/desk"
)

func TestEachOperationReachesTheDesk(t *testing.T) {
	p := newPlace(t, false, nil)
	id := uuid.NewString()
	for _, test := range []struct {
		method, path, body string
		status             int
		did, control       string
	}{
		{"GET", "/v1/menus", "", 200, "menus", "private, no-cache"},
		{"GET", "/v1/forms", "", 200, "forms", "private, no-cache"},
		{"GET", "/v1/forms/f1/options/printer?q=hp&answers=%7B%22a%22%3A1%7D", "", 200, `options f1 printer hp {"a":1}`, "private, max-age=300"},
		{"GET", "/v1/people?q=li", "", 200, "people li", "private, max-age=300"},
		{"GET", "/v1/articles?q=vpn", "", 200, "articles vpn", "private, max-age=600"},
		{"GET", "/v1/tickets?scope=mine&category=new&q=vpn&sort=updated&cursor=c&limit=20", "", 200, "tickets {mine new vpn updated c 20}", "no-store"},
		{"GET", "/v1/tickets/t%2F1", "", 200, "ticket t/1", "private, no-cache"},
		{"GET", "/v1/tickets/t1/entries?before=e9", "", 200, "entries t1 e9", "no-store"},
		{"POST", "/v1/tickets", `{"subject":"Printer","of a newer client":[1]}`, 201, "create Printer", "no-store"},
		{"POST", "/v1/tickets/t1/entries", `{"body":"Thanks"}`, 201, "reply t1 Thanks", "no-store"},
		{"POST", "/v1/tickets/t1/actions", `{"action":"close"}`, 200, "act t1 close", "no-store"},
		{"POST", "/v1/approvals/a1", `{"decision":"approve"}`, 200, "decide a1 approve", "no-store"},
		{"PUT", "/v1/tickets/t1/feedback", `{"score":5}`, 200, "feedback t1 5", "no-store"},
		{"PUT", "/v1/announcements/n1/ack", "", 204, "acknowledge n1", "no-store"},
		{"PUT", "/v1/attachments/" + id, "12345", 201, "attach " + id + "  5 {0 0 false}", "no-store"},
		{"GET", "/v1/attachments/" + id, "", 200, "file " + id, "private, max-age=31536000, immutable"},
	} {
		p.shelf.last = ""
		a := p.request(test.method, test.path, test.body, `If-Match: "1"`)
		if a.StatusCode != test.status || p.shelf.last != test.did || a.Header.Get("Cache-Control") != test.control {
			t.Errorf("%s %s: %s, %q, Cache-Control %q; %s", test.method, test.path, a.Status, p.shelf.last, a.Header.Get("Cache-Control"), a.body)
		}
		for _, name := range []string{"Request-Id", "X-Content-Type-Options", "Content-Security-Policy", "Referrer-Policy"} {
			if a.Header.Get(name) == "" {
				t.Errorf("%s %s has no %s", test.method, test.path, name)
			}
		}
	}
	for _, open := range []struct{ method, path, body, kind, want string }{
		{"GET", "/v1", "", "", `{"name":"Test","limits":{"attachment_bytes":0,"wait":0},"features":null}`},
		{"HEAD", "/v1", "", "", ""},
		{"POST", "/v1/token", "grant_type=exchange", "application/x-www-form-urlencoded", `{"access_token":"person-1-x","grant":"exchange"}`},
		{"GET", manifestPath, "", "", "{}"},
	} {
		if a := p.request(open.method, open.path, open.body, "Authorization: ", "Content-Type: "+open.kind); a.StatusCode != 200 || a.body != open.want {
			t.Errorf("%s %s: %s %s", open.method, open.path, a.Status, a.body)
		}
	}
}

func TestRefusalsAreProblemDocuments(t *testing.T) {
	p := newPlace(t, false, nil)
	long := strings.Repeat("x", 300)
	for _, test := range []struct {
		method, path, body string
		status             int
		header             []string
	}{
		{"GET", "/v1/nothing", "", 404, nil},
		{"GET", "/v1/", "", 404, nil},
		{"GET", "/v1//sync", "", 404, nil},
		{"GET", "/v1/tickets/", "", 404, nil},
		{"GET", "/v1/tickets/" + long, "", 404, nil},
		{"GET", "/v1/tickets/%00", "", 404, nil},
		{"GET", "/v1/tickets/a%20b", "", 404, nil},
		{"GET", "/v1/tickets/%E2%80%AE", "", 404, nil},
		{"GET", "/elsewhere", "", 404, nil},
		{"PUT", "/v1/attachments/..%2F..%2Fetc", "x", 404, nil},
		{"DELETE", "/v1/tickets", "", 405, nil},
		{"PUT", "/v1/sync", "{}", 405, nil},
		{"HEAD", "/v1/sync", "", 405, nil},
		{"BREW", "/v1/menus", "", 405, nil},
		{"GET", "/v1/menus", "", 406, []string{"Accept: text/html, application/json;q=0"}},
		{"GET", "/v1/menus", "", 401, []string{"Authorization: "}},
		{"GET", "/v1/menus", "", 401, []string{"Authorization: Basic cGVyc29uLTEteA=="}},
		{"GET", "/v1/menus", "", 401, []string{"Authorization: Bearer forged"}},
		{"GET", "/v1/menus", "", 401, []string{"Authorization: Bearer person-1-" + strings.Repeat("x", maxToken)}},
		{"GET", "/v1/menus", "{}", 400, nil},
		{"GET", "/v1/menus?%zz", "", 400, nil},
		{"GET", "/v1/people?q=a&q=b", "", 400, nil},
		{"GET", "/v1/people?q=" + long, "", 400, nil},
		{"GET", "/v1/people?q=" + strings.Repeat(long, 60), "", 414, nil},
		{"GET", "/v1/sync?limit=0", "", 400, nil},
		{"GET", "/v1/sync?limit=-1", "", 400, nil},
		{"GET", "/v1/sync?limit=501", "", 400, nil},
		{"GET", "/v1/tickets?limit=101", "", 400, nil},
		{"GET", "/v1/sync?cursor=" + long, "", 400, nil},
		{"GET", "/v1/forms/f/options/x?answers=[1]", "", 400, nil},
		{"POST", "/v1/tickets", "", 400, nil},
		{"POST", "/v1/tickets", "{", 400, nil},
		{"POST", "/v1/tickets", "[]", 400, nil},
		{"POST", "/v1/tickets", `{"subject":1}`, 400, nil},
		{"POST", "/v1/tickets", "{}", 415, []string{"Content-Type: "}},
		{"POST", "/v1/tickets", "{}", 415, []string{"Content-Type: text/plain"}},
		{"POST", "/v1/tickets", "{}", 415, []string{"Content-Type: application/json; charset=latin1"}},
		{"POST", "/v1/tickets", "{}", 415, []string{"Content-Encoding: gzip"}},
		{"POST", "/v1/tickets", `{"subject":"` + strings.Repeat("x", maxBody) + `"}`, 413, nil},
		{"POST", "/v1/tickets", "{}", 400, []string{"Idempotency-Key: "}},
		{"POST", "/v1/tickets", "{}", 400, []string{"Idempotency-Key: 1"}},
		{"POST", "/v1/tickets", "{}", 400, []string{"Idempotency-Key: 9b2f8a0e-4d7e-4b8c-9a51-6f6f3f1f2b11"}}, // of version 4
		{"POST", "/v1/tickets/t/actions", "{}", 400, []string{`If-Match: "1", "2"`}},
		{"POST", "/v1/tickets/t/actions", "{}", 400, []string{`If-Match: W/"1"`}},
		{"POST", "/v1/tickets/t/actions", "{}", 400, []string{"If-Match: 1"}},
		{"POST", "/v1/tickets/t/actions", "{}", 428, nil},
		{"POST", "/v1/approvals/a", "{}", 428, nil},
		{"PUT", "/v1/announcements/n/ack", "{}", 400, nil},
		{"PUT", "/v1/attachments/" + uuid.NewString(), "abc", 400, []string{"Content-Range: bytes 5-1/3"}},
		{"PUT", "/v1/attachments/" + uuid.NewString(), "abc", 400, []string{"Content-Digest: sha-256=nonsense"}},
		{"PUT", "/v1/attachments/" + uuid.NewString(), "abc", 400, []string{"Content-Disposition: ;;"}},
		{"PUT", "/v1/attachments/" + uuid.NewString(), "abc", 415, []string{"Content-Encoding: gzip"}},
	} {
		p.shelf.last = ""
		a := p.request(test.method, test.path, test.body, append([]string{"Request-Id: " + "mine"}, test.header...)...)
		name := test.method + " " + test.path[:min(60, len(test.path))] + " " + strings.Join(test.header, ",")
		if a.StatusCode != test.status {
			t.Errorf("%s: %s, not %d; %s", name, a.Status, test.status, a.body)
			continue
		}
		if a.Header.Get("Request-Id") != "mine" {
			t.Errorf("%s: the Request-Id is %q", name, a.Header.Get("Request-Id"))
		}
		if p.shelf.last != "" {
			t.Errorf("%s reached the desk: %s", name, p.shelf.last)
		}
		if test.status == 405 && a.Header.Get("Allow") == "" {
			t.Errorf("%s: no Allow", name)
		}
		if test.status == 401 && a.Header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s: no WWW-Authenticate", name)
		}
		if test.method == "HEAD" {
			continue
		}
		var told api.Problem
		if err := json.Unmarshal([]byte(a.body), &told); err != nil || a.Header.Get("Content-Type") != "application/problem+json" ||
			told.Status != test.status || told.Code == "" || told.Title == "" || told.RequestID != "mine" {
			t.Errorf("%s: no problem document: %v, %s, %s", name, err, a.Header.Get("Content-Type"), a.body)
		}
	}
}

func TestTheDesksProblemsArePassedOnAndItsFailuresAreNot(t *testing.T) {
	p := newPlace(t, false, nil)
	p.shelf.fails = &api.Problem{Status: 409, Code: "ticket-closed", Title: "Closed"}
	if a := p.request("POST", "/v1/tickets/t/entries", "{}"); a.StatusCode != 409 || !strings.Contains(a.body, `"ticket-closed"`) {
		t.Errorf("%s %s", a.Status, a.body)
	}
	p.shelf.fails = errors.New("SELECT secret FROM people")
	for _, path := range []string{"/v1/menus", "/v1/sync", "/v1/attachments/x"} {
		if a := p.request("GET", path, "", "Request-Id: find-me"); a.StatusCode != 500 || strings.Contains(a.body, "SELECT") {
			t.Errorf("%s: %s %s", path, a.Status, a.body)
		}
	}
	if log := p.log.String(); strings.Count(log, "SELECT secret") != 3 || !strings.Contains(log, "find-me") {
		t.Errorf("the log does not say what failed:\n%s", log)
	}
}

// away is a place where nothing can be said of tokens now.
type away struct{}

func (away) Check(context.Context, string) (*desk.Person, error) {
	return nil, &api.Problem{Status: http.StatusServiceUnavailable, Code: api.Unavailable, RetryAfter: 7}
}

// A token is not refused where nobody can look at it: that would end a sign-in.
func TestTokensThatCannotBeLookedAtAreNotRefused(t *testing.T) {
	p := newPlace(t, false, func(p *Params) { p.Tokens = away{} })
	if a := p.request("GET", "/v1/menus", ""); a.StatusCode != http.StatusServiceUnavailable || a.Header.Get("Retry-After") != "7" || a.Header.Get("WWW-Authenticate") != "" {
		t.Errorf("%s %v %s", a.Status, a.Header, a.body)
	}
}

func TestAPanicIsAnAnswer(t *testing.T) {
	p := newPlace(t, false, func(p *Params) {
		p.Portal = func() *api.Portal { panic("oops") }
	})
	if a := p.request("GET", "/v1", ""); a.StatusCode != 500 || strings.Contains(a.body, "oops") || !strings.Contains(p.log.String(), "oops") {
		t.Errorf("%s %s\n%s", a.Status, a.body, p.log)
	}
	if a := p.request("GET", "/v1/menus", ""); a.StatusCode != 200 {
		t.Error(a.Status)
	}
}

func TestVersionsAreEntityTags(t *testing.T) {
	p := newPlace(t, false, nil)
	for _, path := range []string{"/v1", "/v1/menus", "/v1/forms", "/v1/tickets/t"} {
		first := p.request("GET", path, "")
		tag := first.Header.Get("ETag")
		if len(tag) < 3 {
			t.Errorf("%s has no ETag", path)
			continue
		}
		for _, match := range []string{tag, `"other", ` + tag, "W/" + tag, "*"} {
			a := p.request("GET", path, "", "If-None-Match: "+match)
			if a.StatusCode != http.StatusNotModified || a.body != "" || a.Header.Get("ETag") != tag {
				t.Errorf("%s with If-None-Match %s: %s", path, match, a.Status)
			}
		}
		if a := p.request("GET", path, "", `If-None-Match: "other"`); a.StatusCode != 200 {
			t.Errorf("%s: %s", path, a.Status)
		}
	}
	p.request("POST", "/v1/tickets/t/actions", `{"action":"close"}`, `If-Match: "7"`)
	if p.shelf.write.IfMatch != "7" {
		t.Errorf("the desk was told %q", p.shelf.write.IfMatch)
	}
}

// The same request has the same hash, and any other has another.
func TestTheHashIsTheRequests(t *testing.T) {
	p := newPlace(t, false, nil)
	seen := map[[32]byte]string{}
	for _, r := range [][]string{
		{"POST", "/v1/tickets/a/actions", `{"action":"close"}`, `If-Match: "1"`},
		{"POST", "/v1/tickets/b/actions", `{"action":"close"}`, `If-Match: "1"`},
		{"POST", "/v1/tickets/a/actions", `{"action":"close"} `, `If-Match: "1"`},
		{"POST", "/v1/tickets/a/actions", `{"action":"close"}`, `If-Match: "2"`},
		{"POST", "/v1/tickets/a/entries", `{"action":"close"}`},
		{"PUT", "/v1/tickets/a/feedback", `{"action":"close"}`},
	} {
		for range 2 {
			p.request(r[0], r[1], r[2], r[3:]...)
			name := strings.Join(r, " ")
			if before, ok := seen[p.shelf.write.Hash]; ok && before != name {
				t.Errorf("%q has the hash of %q", name, before)
			}
			seen[p.shelf.write.Hash] = name
		}
	}
	if len(seen) != 6 {
		t.Errorf("%d hashes", len(seen))
	}
}

func TestRequestIDsAreEchoedIfTheyAreOnes(t *testing.T) {
	p := newPlace(t, false, nil)
	for given, echoed := range map[string]bool{"abc-1": true, strings.Repeat("x", 128): true, strings.Repeat("x", 129): false, "a b": false, "ü": false, "": false} {
		a := p.request("GET", "/v1", "", "Request-Id: "+given)
		if got := a.Header.Get("Request-Id"); (got == given) != echoed || got == "" {
			t.Errorf("%q became %q", given, got)
		}
	}
}

// Neither log nor metrics have what is a secret or somebody's: tokens, searches, ids.
func TestLogAndMetricsHaveNoSecrets(t *testing.T) {
	p := newPlace(t, false, nil)
	p.request("GET", "/v1/people?q=canary-search", "")
	p.request("GET", "/v1/tickets/canary-ticket", "")
	p.request("GET", "/canary-path?x=canary-query", "")
	p.request("canary", "/v1/menus", "")
	p.request("POST", "/v1/tickets", `{"subject":"canary-subject"}`, "Idempotency-Key: canary-key")
	p.request("GET", "/v1/menus", "", "Authorization: Bearer person-2-canary", "Portico-Client: portico/canary canary")
	p.request("GET", "/v1/menus", "", "Authorization: Bearer canary", "Portico-Client: portico/0.2 windows 10.0.canary")
	var numbers strings.Builder
	p.Metrics.WriteTo(&numbers)
	for name, text := range map[string]string{"log": p.log.String(), "metrics": numbers.String()} {
		if strings.Contains(text, "canary") {
			t.Errorf("the %s has a canary:\n%s", name, text)
		}
	}
	for _, want := range []string{
		`portico_http_requests_total{route="/v1/tickets/{id}",method="GET",status="200"} 1`,
		`portico_client_requests_total{version="0.2",system="windows"} 1`, "portico_sync_waiting 0",
		`portico_http_request_seconds_count{route="/v1/menus"} 3`,
	} {
		if !strings.Contains(numbers.String(), want) {
			t.Errorf("the metrics lack %s:\n%s", want, &numbers)
		}
	}
	if n := strings.Count(p.log.String(), `"msg":"request"`); n != 7 {
		t.Errorf("the log has %d requests:\n%s", n, p.log)
	}
}
