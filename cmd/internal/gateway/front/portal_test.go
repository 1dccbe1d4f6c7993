package front

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/portico-desktop/portico/app/portal/api"
	"github.com/portico-desktop/portico/app/portal/api/apitest"
	"github.com/portico-desktop/portico/cmd/internal/gateway/attachments"
	"github.com/portico-desktop/portico/cmd/internal/gateway/bus"
	"github.com/portico-desktop/portico/cmd/internal/gateway/content"
	"github.com/portico-desktop/portico/cmd/internal/gateway/desk"
	"github.com/portico-desktop/portico/cmd/internal/gateway/store"
)

// portal is a front over the real desk, store, content and attachments. Only the tokens are
// made up: a person's name.
type portal struct {
	*place
	store  *store.Store
	staff  desk.Staff
	people map[string]*desk.Person
	// contract is the OpenAPI file, which all traffic is held to.
	contract *apitest.Contract
}

func (p *portal) Check(_ context.Context, token string) (*desk.Person, error) {
	if who := p.people[token]; who != nil {
		return who, nil
	}
	return nil, errors.New("nobody's token")
}

func newPortal(t *testing.T) *portal {
	t.Helper()
	folder := t.TempDir()
	for name, text := range map[string]string{
		"portico.json":       `{"version":1,"name":"Contoso IT","providers":[{"id":"x","authority":"https://login.example","client_id":"c"}]}`,
		"menus/mail.json":    `[{"id":"mail","title":"Mail","url":"https://mail.example/"}]`,
		"articles/a.json":    `[{"title":"Printer jams","url":"https://kb.example/1"}]`,
		"options/sites.json": `[{"value":"b","title":"Berlin"}]`,
		"forms/laptop.json": `{"id":"laptop","title":"A laptop","schema":{"type":"object","required":["site"],"properties":{"site":{"type":"string"}}},
			"ui":{"type":"VerticalLayout","elements":[{"type":"Control","scope":"#/properties/site","options":{"portico":"dynamic"}}]},"sources":{"site":{"file":"sites.json"}}}`,
	} {
		path := filepath.Join(folder, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	p := &portal{people: map[string]*desk.Person{}}
	rings := &bus.Local{}
	var err error
	if p.store, err = store.Open(t.Context(), store.Params{File: filepath.Join(t.TempDir(), "gateway.db"), Make: true, Bus: rings}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.store.Close() })
	quiet := slog.New(slog.DiscardHandler)
	published, err := content.Params{Folder: folder, Log: quiet}.Open()
	if err != nil {
		t.Fatal(err)
	}
	files, err := attachments.Params{Folder: filepath.Join(t.TempDir(), "files"), Limit: 1 << 20}.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = files.Close() })
	everybody := []string{desk.Participants, desk.OnBehalfOf, desk.Feedback, desk.Approvals, desk.Articles}
	real := desk.New(desk.Params{Store: p.store, Content: published, Attachments: files, Log: quiet, Everybody: everybody})
	p.staff = desk.Staff{Store: p.store, Name: "Tom"}
	for name, organization := range map[string]string{"ada": "contoso", "ben": "contoso", "eve": "fabrikam"} {
		one := store.Person{Issuer: "https://login.example", Subject: name, Name: name, Address: name + "@" + organization + ".example"}
		if err := p.store.Write(t.Context(), func(tx *store.Tx) (err error) {
			if one.Organization, err = tx.OrganizationRow(organization, organization); err != nil {
				return err
			}
			return tx.AddPerson(&one)
		}); err != nil {
			t.Fatal(err)
		}
		p.people[name] = &desk.Person{Row: one.Row, ID: one.ID, Name: one.Name, Address: one.Address, Organization: organization, OrganizationRow: one.Organization}
	}
	p.place = newPlace(t, false, func(params *Params) {
		params.Limits.Requests = Rate{1e6, 1e6}
		params.Desk, params.Tokens, params.Manifest = real, p, published
		params.Portal = func() *api.Portal {
			portal := real.Portal("Contoso IT")
			return &portal
		}
	})
	if p.contract, err = apitest.Load(); err != nil {
		t.Fatal(err)
	}
	p.held = func(over http.RoundTripper) http.RoundTripper { return p.contract.Transport(t, over) }
	stop := rings.Listen(p.Ring)
	t.Cleanup(stop)
	return p
}

// as sends a request as somebody.
func (p *portal) as(who, method, path, body string, header ...string) answer {
	p.t.Helper()
	return p.request(method, path, body, append([]string{"Authorization: Bearer " + who}, header...)...)
}

// read reads an answer with this status.
func read[T any](t *testing.T, a answer, status int) T {
	t.Helper()
	var into T
	if a.StatusCode != status {
		t.Fatalf("%s %s: %s, not %d: %.300s", a.Request.Method, a.Request.URL.Path, a.Status, status, a.body)
	}
	if a.body != "" {
		if err := json.Unmarshal([]byte(a.body), &into); err != nil {
			t.Fatalf("%s: %v", a.body, err)
		}
	}
	return into
}

func digest(text string) string {
	return "Content-Digest: " + attachments.Digest(sha256.Sum256([]byte(text))).String()
}

// A request's whole life, by two desktops and a technician.
func TestARequestsLifeOverRealSockets(t *testing.T) {
	p := newPortal(t)
	if portal := read[api.Portal](t, p.as("ada", "GET", "/v1", ""), 200); portal.Name != "Contoso IT" {
		t.Error(portal)
	}
	first := read[api.Sync](t, p.as("ada", "GET", "/v1/sync", ""), 200)
	if first.Me == nil || first.Me.Name != "ada" || first.More {
		t.Fatalf("%+v", first)
	}
	form := read[api.Forms](t, p.as("ada", "GET", "/v1/forms", ""), 200).Forms[0]
	if options := read[api.Options](t, p.as("ada", "GET", "/v1/forms/laptop/options/site?q=ber", ""), 200); len(options.Options) != 1 {
		t.Error(options)
	}
	file := uuid.NewString()
	if f := read[api.File](t, p.as("ada", "PUT", "/v1/attachments/"+file, "smoke", digest("smoke"), `Content-Disposition: attachment; filename="a.txt"`), 201); f.Name != "a.txt" || f.Size != 5 {
		t.Error(f)
	}
	ben := p.people["ben"].ID
	key := uuid.Must(uuid.NewV7()).String()
	create := fmt.Sprintf(`{"form":"laptop","form_version":%q,"answers":{"site":"b"},"subject":"A laptop","participants":[%q],"attachments":[%q]}`, form.Version, ben, file)
	made := read[api.Created](t, p.as("ada", "POST", "/v1/tickets", create, "Idempotency-Key: "+key), 201)
	if again := read[api.Created](t, p.as("ada", "POST", "/v1/tickets", create, "Idempotency-Key: "+key), 201); again != made || made.Number == "" {
		t.Errorf("the same again: %v, not %v", again, made)
	}
	if other := read[api.Problem](t, p.as("ada", "POST", "/v1/tickets", create+" ", "Idempotency-Key: "+key), 422); other.Code != api.KeyReused {
		t.Error(other)
	}
	if a := p.as("ben", "GET", "/v1/attachments/"+file, ""); a.StatusCode != 200 || a.body != "smoke" || a.Header.Get("Repr-Digest") == "" {
		t.Error(a.Status, a.body)
	}

	next := read[api.Sync](t, p.as("ada", "GET", "/v1/sync?cursor="+first.Cursor, ""), 200)
	if len(next.Tickets) != 1 || len(next.Done) != 1 || next.Done[0].Key != key {
		t.Fatalf("%+v", next)
	}
	desktop := p.desktop()
	desktop.sync("ada", next.Cursor, 30)
	if err := p.staff.Reply(t.Context(), made.Number, "Which colour?"); err != nil {
		t.Fatal(err)
	}
	news := read[api.Sync](t, desktop.answer2(), 200)
	if e := news.Entries[slices.IndexFunc(news.Entries, func(e api.Entry) bool { return e.Kind == api.Message })]; e.Body != "Which colour?" || !e.Staff {
		t.Fatalf("%+v", news)
	}
	desktop.sync("ada", news.Cursor, 30)
	read[api.Created](t, p.as("ben", "POST", "/v1/tickets/"+made.ID+"/entries", `{"body":"Black"}`), 201)
	if news = read[api.Sync](t, desktop.answer2(), 200); len(news.Entries) != 1 || news.Entries[0].Body != "Black" {
		t.Fatalf("%+v", news)
	}

	path := "/v1/tickets/" + made.ID
	ticket := read[api.Ticket](t, p.as("ada", "GET", path, ""), 200)
	if a := p.as("ada", "GET", path, "", "If-None-Match: "+etag(ticket.Version)); a.StatusCode != 304 {
		t.Error(a.Status)
	}
	if changed := read[api.Problem](t, p.as("ada", "POST", path+"/actions", `{"action":"close"}`, `If-Match: "0"`), 412); changed.Code != api.Changed || changed.Current == nil {
		t.Error(changed)
	}
	closed := read[api.Ticket](t, p.as("ada", "POST", path+"/actions", `{"action":"close","comment":"Thanks"}`, "If-Match: "+etag(ticket.Version)), 200)
	if closed.Status.Category != api.Closed && closed.Status.Category != api.Solved {
		t.Error(closed.Status)
	}
	read[api.Feedback](t, p.as("ada", "PUT", path+"/feedback", `{"score":5,"max":5}`), 200)
	if entries := read[api.Entries](t, p.as("ada", "GET", path+"/entries", ""), 200); len(entries.Entries) < 3 {
		t.Error(entries)
	}
	if list := read[api.TicketList](t, p.as("ada", "GET", "/v1/tickets?scope=mine&category="+string(closed.Status.Category), ""), 200); len(list.Tickets) != 1 {
		t.Error(list)
	}
	if err := p.staff.Note(t.Context(), made.Number, "internal"); err != nil {
		t.Fatal(err)
	}
	if a := p.as("ada", "GET", path+"/entries", ""); strings.Contains(a.body, "internal") {
		t.Error(a.body)
	}
	if _, err := p.staff.Announce(t.Context(), desk.News{Title: "Mail is down", Severity: api.Outage, AckWanted: true}); err != nil {
		t.Fatal(err)
	}
	told := read[api.Sync](t, p.as("eve", "GET", "/v1/sync", ""), 200)
	if len(told.Announcements) != 1 || len(told.Tickets) != 0 {
		t.Fatalf("%+v", told)
	}
	read[struct{}](t, p.as("eve", "PUT", "/v1/announcements/"+told.Announcements[0].ID+"/ack", ""), 204)
}

// answer2 is the answer with the request that belongs to it.
func (d *desktop) answer2() answer {
	a := d.answer()
	a.Request = requestOf("GET", "/v1/sync")
	return a
}

// Eve, of another organization, tries every operation on what is Ada's, and on what is nowhere:
// both are the same 404.
func TestForeignAndUnknownAreTheSame(t *testing.T) {
	p := newPortal(t)
	file := uuid.NewString()
	read[api.File](t, p.as("ada", "PUT", "/v1/attachments/"+file, "smoke", digest("smoke")), 201)
	made := read[api.Created](t, p.as("ada", "POST", "/v1/tickets", `{"subject":"Mine"}`), 201)
	news := read[api.Sync](t, p.as("ada", "GET", "/v1/sync", ""), 200)
	body := map[string]string{"entries": `{"body":"x"}`, "actions": `{"action":"close"}`, "feedback": `{"score":1,"max":5}`, "": `{"decision":"approved"}`}
	without := strings.NewReplacer(made.ID, "ID", file, "ID", "nowhere", "ID")
	for _, one := range []struct{ method, path, body string }{
		{"GET", "/v1/tickets/%s", ""},
		{"GET", "/v1/tickets/%s/entries", ""},
		{"POST", "/v1/tickets/%s/entries", body["entries"]},
		{"POST", "/v1/tickets/%s/actions", body["actions"]},
		{"PUT", "/v1/tickets/%s/feedback", body["feedback"]},
		{"POST", "/v1/approvals/%s", body[""]},
		{"PUT", "/v1/announcements/%s/ack", ""},
		{"GET", "/v1/attachments/%s", ""},
	} {
		id := made.ID
		if strings.Contains(one.path, "attachments") {
			id = file
		}
		same := "Request-Id: same"
		foreign := p.as("eve", one.method, fmt.Sprintf(one.path, id), one.body, `If-Match: "1"`, same)
		unknown := p.as("eve", one.method, fmt.Sprintf(one.path, "nowhere"), one.body, `If-Match: "1"`, same)
		if foreign.StatusCode != 404 || without.Replace(foreign.body) != without.Replace(unknown.body) || foreign.StatusCode != unknown.StatusCode {
			t.Errorf("%s %s: %s %s; of an unknown one %s %s", one.method, one.path, foreign.Status, foreign.body, unknown.Status, unknown.body)
		}
	}
	if a := p.as("eve", "PUT", "/v1/attachments/"+file, "other", digest("other")); a.StatusCode != 404 {
		t.Errorf("an id of somebody else's: %s %s", a.Status, a.body)
	}
	if a := p.as("eve", "POST", "/v1/tickets", fmt.Sprintf(`{"subject":"x","attachments":[%q]}`, file)); a.StatusCode/100 != 4 {
		t.Errorf("a file of somebody else's: %s %s", a.Status, a.body)
	}
	if a := p.as("eve", "POST", "/v1/tickets", fmt.Sprintf(`{"subject":"x","participants":[%q]}`, p.people["ada"].ID)); a.StatusCode/100 != 4 {
		t.Errorf("a person of another organization: %s %s", a.Status, a.body)
	}
	if a := p.as("eve", "GET", "/v1/sync?cursor="+news.Cursor, ""); a.StatusCode != 410 {
		t.Errorf("somebody else's cursor: %s %s", a.Status, a.body)
	}
}

// Every operation with whatever a hostile client could put into each place: never a 5xx, and
// never a word of the store's.
func TestHostileRequestsAreTheClientsFault(t *testing.T) {
	p := newPortal(t)
	made := read[api.Created](t, p.as("ada", "POST", "/v1/tickets", `{"subject":"Mine"}`), 201)
	texts := []string{
		"", "x", "'; DROP TABLE tickets; --", `" OR ""="`, "%", "_", "../../etc/passwd", "a/b", "\x00", "\u202egpj.exe", "<script>alert(1)</script>",
		strings.Repeat("ü", 128), strings.Repeat("x", 256), strings.Repeat("x", 5000), "-1", "999999999999999999999999", "null", "\r\nX: y", "*", `"unbalanced`, "AND NOT (", "😀",
	}
	values := func() []string {
		all := []string{"null", "true", "-1", "1e999", `[null]`, `{"a":{"b":{"c":[1,2,3]}}}`, strings.Repeat("[", 30) + strings.Repeat("]", 30)}
		for _, text := range texts {
			quoted, err := json.Marshal(text)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, string(quoted))
			if len(text) < 20 {
				all = append(all, "["+string(quoted)+"]")
			}
		}
		return all
	}()
	// What each write has, with one member in place of the usual one.
	usual := map[string]map[string]string{
		"/v1/tickets":              {"subject": `"s"`},
		"/v1/tickets/{id}/entries": {"body": `"b"`}, "/v1/tickets/{id}/actions": {"action": `"close"`},
		"/v1/tickets/{id}/feedback": {"score": "1", "max": "5"}, "/v1/approvals/{id}": {"decision": `"approved"`},
	}
	more := map[string][]string{
		"/v1/tickets":              {"form", "form_version", "answers", "description", "on_behalf_of", "participants", "attachments", "device", "client_time"},
		"/v1/tickets/{id}/entries": {"attachments", "client_time"}, "/v1/tickets/{id}/actions": {"participants", "comment"},
		"/v1/tickets/{id}/feedback": {"comment"}, "/v1/approvals/{id}": {"comment"},
	}
	held := p.contract.Handler(t, p.Front)
	// In the front's own process, so that there is no connection for each.
	parameters := map[string][]string{
		"/v1/forms/{id}/options/{field}": {"q", "answers"}, "/v1/people": {"q"}, "/v1/articles": {"q"},
		"/v1/tickets": {"scope", "category", "q", "sort", "cursor", "limit"}, "/v1/tickets/{id}/entries": {"before"},
	}
	ask := func(method, path, body string, header ...string) {
		t.Helper()
		w := newRecorded()
		held.ServeHTTP(w, requestWith(method, path, body, append([]string{"Authorization: Bearer ada", "Request-Id: hostile", `If-Match: "1"`}, header...)...))
		if said := w.String(); w.status >= 500 || strings.Contains(said, "SQL") || strings.Contains(said, "constraint") {
			t.Errorf("%s %.100q %.200s: %d %.300s", method, path, body, w.status, said)
		}
	}
	for _, one := range operations() {
		if one.path == "/v1/sync" || one.path == "/v1/token" {
			continue // by themselves below
		}
		for _, id := range append([]string{made.ID}, texts...) {
			path := one.path
			for strings.Contains(path, "{") {
				from, to := strings.Index(path, "{"), strings.Index(path, "}")
				path = path[:from] + escape(id) + path[to+1:]
			}
			ask(one.method, path, "")
			if one.method == "PUT" && strings.Contains(one.path, "attachments") {
				for _, text := range texts {
					ask(one.method, "/v1/attachments/"+uuid.NewString(), text, digest(text), "Content-Disposition: attachment; filename*=UTF-8''"+escape(text))
					ask(one.method, "/v1/attachments/"+uuid.NewString(), text, "Content-Range: bytes "+text)
				}
			}
		}
		target := strings.ReplaceAll(one.path, "{id}", made.ID)
		if one.method == "GET" {
			for _, parameter := range parameters[one.path] {
				for _, text := range texts {
					ask("GET", strings.ReplaceAll(target, "{field}", "site")+"?"+parameter+"="+escape(text), "")
				}
			}
			continue
		}
		for _, member := range append(slices.Collect(maps.Keys(usual[one.path])), more[one.path]...) {
			for _, value := range values {
				members := []string{fmt.Sprintf("%q:%s", member, value)}
				for name, good := range usual[one.path] {
					if name != member {
						members = append(members, fmt.Sprintf("%q:%s", name, good))
					}
				}
				ask(one.method, target, "{"+strings.Join(members, ",")+"}")
			}
		}
	}
	for _, text := range texts {
		ask("GET", "/v1/sync?cursor="+escape(text), "")
		ask("GET", "/v1/sync", "", "Prefer: "+strings.Map(printable, text))
	}
	if tickets := read[api.TicketList](t, p.as("ada", "GET", "/v1/tickets", ""), 200); len(tickets.Tickets) == 0 {
		t.Error("the requests are gone")
	}

}
