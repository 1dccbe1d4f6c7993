package desk

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/portico-desktop/portico/app/portal/api"
	"github.com/portico-desktop/portico/cmd/internal/gateway/attachments"
	"github.com/portico-desktop/portico/cmd/internal/gateway/content"
	"github.com/portico-desktop/portico/cmd/internal/gateway/store"
)

// rig is a desk over a real store, real files and real content, with people of two
// organizations and a guest.
type rig struct {
	*Desk
	t     *testing.T
	staff Staff
	// folder is that of the content.
	folder string
	clock  time.Time
	// ada and ben are of contoso, bea sees its requests, eve is of fabrikam, gus of none.
	ada, ben, bea, eve, gus *Person
}

const (
	laptopForm = `{"id":"laptop","title":"A new laptop","audience":{"organizations":["contoso"]},
"schema":{"type":"object","required":["site"],"properties":{"site":{"type":"string"},"why":{"type":"string","maxLength":20},"boss":{"type":"string"},"quote":{"type":"array","items":{"type":"string"}},
 "secret":{"type":"string"}}},
"ui":{"type":"VerticalLayout","elements":[
 {"type":"Control","scope":"#/properties/site","options":{"portico":"dynamic"}},
 {"type":"Control","scope":"#/properties/why"},
 {"type":"Control","scope":"#/properties/boss","options":{"portico":"person"}},
 {"type":"Control","scope":"#/properties/quote","options":{"portico":"files"}},
 {"type":"Control","scope":"#/properties/secret","rule":{"effect":"SHOW","condition":{"scope":"#/properties/why","schema":{"const":"secret"}}}}]},
"sources":{"site":{"file":"sites.json"}}}`
	privateForm  = `{"id":"pay","title":"My pay","private":true,"schema":{"type":"object","properties":{"subject":{"type":"string"},"what":{"type":"string"}}}}`
	approvalForm = `{"id":"software","title":"Software","approval":{"by":["ben@contoso.example","bea@contoso.example","ada@contoso.example","eve@fabrikam.example"],"title":"Buy it?"},"schema":{"type":"object","properties":{"name":{"type":"string"}}}}`
)

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, clock: time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)}
	folder := t.TempDir()
	r.folder = folder
	for name, text := range map[string]string{
		"portico.json":       `{"version":1,"name":"Contoso IT","providers":[{"id":"x","authority":"https://login.example","client_id":"c"}]}`,
		"menus/a.json":       `[{"id":"mail","title":"Mail","url":"https://mail.example/"},{"id":"it","title":"IT","url":"https://it.example/","audience":{"groups":["it"]}}]`,
		"forms/laptop.json":  laptopForm,
		"forms/pay.json":     privateForm,
		"forms/app.json":     approvalForm,
		"options/sites.json": `[{"value":"b","title":"Berlin"},{"value":"x","title":"X","audience":{"organizations":["fabrikam"]}}]`,
		"articles/a.json":    `[{"title":"Printer jams","url":"https://kb.example/1"}]`,
	} {
		path := filepath.Join(folder, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	quiet := slog.New(slog.DiscardHandler)
	s, err := store.Open(t.Context(), store.Params{File: filepath.Join(t.TempDir(), "gateway.db"), Make: true, Now: func() time.Time { return r.clock }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	c, err := content.Params{Folder: folder, Log: quiet}.Open()
	if err != nil {
		t.Fatal(err)
	}
	files, err := attachments.Params{Folder: filepath.Join(t.TempDir(), "files"), Limit: 1 << 20}.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = files.Close() })
	r.Desk = New(Params{Store: s, Content: c, Attachments: files, Log: quiet})
	r.staff = Staff{Store: s, Name: "Tom"}
	r.ada, r.ben = r.person("Ada", "contoso"), r.person("Ben", "contoso")
	r.bea, r.eve, r.gus = r.person("Bea", "contoso"), r.person("Eve", "fabrikam"), r.person("Gus", "")
	r.bea.Roles = []string{Organization}
	r.ada.Groups = []string{"it"}
	return r
}

func (r *rig) person(name, organization string) *Person {
	r.t.Helper()
	p := store.Person{Issuer: "https://login.example", Subject: name, Name: name, Address: strings.ToLower(name) + "@" + organization + ".example"}
	err := r.store.Write(r.t.Context(), func(tx *store.Tx) (err error) {
		if organization != "" {
			if p.Organization, err = tx.OrganizationRow(organization, strings.ToUpper(organization[:1])+organization[1:]); err != nil {
				return err
			}
		}
		return tx.AddPerson(&p)
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return &Person{Row: p.Row, ID: p.ID, Name: p.Name, Address: p.Address, Organization: organization, OrganizationRow: p.Organization}
}

// key is a write of its own.
func key() Write { return Write{Key: uuid.Must(uuid.NewV7())} }

func match(version string) Write {
	w := key()
	w.IfMatch = version
	return w
}

// create makes a plain request.
func (r *rig) create(who *Person, n api.NewTicket) api.Ticket {
	r.t.Helper()
	if n.Subject == "" && n.Form == "" {
		n.Subject = "My screen is black"
	}
	a, err := r.Create(r.t.Context(), who, key(), n)
	if err != nil {
		r.t.Fatal(err)
	}
	return r.ticket(who, a.Body.(api.Created).ID)
}

func (r *rig) ticket(who *Person, id string) api.Ticket {
	r.t.Helper()
	a, err := r.Ticket(r.t.Context(), who, id)
	if err != nil {
		r.t.Fatal(err)
	}
	return a.Body.(api.Ticket)
}

func (r *rig) entriesOf(who *Person, id string) []api.Entry {
	r.t.Helper()
	a, err := r.Entries(r.t.Context(), who, id, "")
	if err != nil {
		r.t.Fatal(err)
	}
	return a.Body.(api.Entries).Entries
}

// put sends a file.
func (r *rig) put(who *Person, id uuid.UUID, name, text string) (Answer, error) {
	sum := attachments.Digest(sha256.Sum256([]byte(text)))
	return r.Attach(r.t.Context(), who, id, name, attachments.Upload{Length: int64(len(text)), Content: &sum, Body: strings.NewReader(text)})
}

func (r *rig) file(who *Person, name, text string) string {
	r.t.Helper()
	id := uuid.New()
	if a, err := r.put(who, id, name, text); err != nil || a.Status != 201 {
		r.t.Fatalf("%+v, %v", a, err)
	}
	return id.String()
}

func (r *rig) readFile(who *Person, id string) (string, error) {
	f, err := r.File(r.t.Context(), who, id)
	if err != nil {
		return "", err
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	return string(b), err
}

// copyOf is what a device has of a portal, by following /sync to its end.
type copyOf struct {
	tickets   map[string]api.Ticket
	entries   map[string]api.Entry
	approvals map[string]api.Approval
	news      map[string]api.Announcement
	done      map[string]api.Done
	gone      map[string]api.Gone
	me        *api.Me
	versions  api.Versions
	cursor    string
	answers   int
}

func (c *copyOf) follow(r *rig, who *Person, limit int) {
	r.t.Helper()
	if c.tickets == nil {
		c.tickets, c.entries, c.approvals = map[string]api.Ticket{}, map[string]api.Entry{}, map[string]api.Approval{}
		c.news, c.done, c.gone = map[string]api.Announcement{}, map[string]api.Done{}, map[string]api.Gone{}
	}
	for range 1000 {
		s, err := r.Sync(r.t.Context(), who, c.cursor, limit)
		if err != nil {
			r.t.Fatal(err)
		}
		if s == nil {
			if r.Ahead(who, c.cursor) {
				r.t.Fatal("there is nothing new, and a client would not wait")
			}
			return
		}
		c.answers++
		c.take(s)
	}
	r.t.Fatal("a sync without an end")
}

func (c *copyOf) take(s *api.Sync) {
	for _, g := range s.Gone {
		c.gone[g.ID] = g
		delete(c.tickets, g.ID)
		delete(c.news, g.ID)
	}
	for _, t := range s.Tickets {
		c.tickets[t.ID] = t
	}
	for _, e := range s.Entries {
		c.entries[e.ID] = e
	}
	for _, a := range s.Approvals {
		c.approvals[a.ID] = a
	}
	for _, a := range s.Announcements {
		c.news[a.ID] = a
	}
	for _, d := range s.Done {
		c.done[d.Key] = d
	}
	if s.Me != nil {
		c.me = s.Me
	}
	c.cursor, c.versions = s.Cursor, s.Versions
}

// code is the code of a problem with its status, "" for no error.
func code(err error) string {
	if err == nil {
		return ""
	}
	p := asProblem(err)
	if p == nil {
		return "internal: " + err.Error()
	}
	text, err := json.Marshal(p.Status)
	return string(text) + " " + string(p.Code) + errorText(err)
}

func errorText(err error) string {
	if err != nil {
		return err.Error()
	}
	return ""
}

func wantCode(t *testing.T, what string, err error, want string) {
	t.Helper()
	if got := code(err); got != want {
		t.Errorf("%s: %q (%v), want %q", what, got, err, want)
	}
}
