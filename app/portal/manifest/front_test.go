package manifest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

const signIn = `"providers":[{"id":"g","preset":"google","client_id":"6f1c"}]`

// front is a manifest with these members of the front door.
func front(members string) []byte {
	return fmt.Appendf(nil, `{"version":1,"name":"x","support":{"email":"it@contoso.example"},%s,%s}`, members, signIn)
}

func TestFrontDoorIsRead(t *testing.T) {
	m, err := Parse(front(`"api":{"url":"https://portal.example/api/","scopes":["a"]},"tickets":{"connector":"mail"},
		"forms":[{"id":"new","title":"New laptop","group":"Hardware","keywords":["pc"],"version":"3","schema":{"type":"object"},"later":1}],
		"announcements_url":"news.xml","status":{"url":"https://status.example/feed"}`), "x")
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Unused) != 0 {
		t.Errorf("unused: %+v", m.Unused)
	}
	if diff := cmp.Diff([]Unknown{{Path: "forms[0].later"}}, m.Unknown); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(API{URL: "https://portal.example/api", Auth: TokenExchange, Scopes: []string{"a"}}, m.API); diff != "" {
		t.Error(diff)
	}
	if m.Connector() != MailConnector || m.AnnouncementsURL != "news.xml" || m.Status.URL != "https://status.example/feed" {
		t.Errorf("%+v", m)
	}
	if len(m.Forms) != 1 || m.Forms[0].ID != "new" || m.Forms[0].Version != "3" || string(m.Forms[0].Schema) != `{"type":"object"}` ||
		!bytes.Contains(m.Forms[0].Document, []byte(`"later"`)) {
		t.Errorf("%+v", m.Forms)
	}
}

// Whatever stands in the front door, people can sign in.
func TestAWrongFrontDoorKeepsNobodyOut(t *testing.T) {
	compiled, err := jsonschema.NewCompiler().Compile("../../../assets/schema/manifest.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	form := func(members string) string {
		return `"forms":[{"id":"a","title":"A","schema":{}},` + members + `]`
	}
	for members, want := range map[string]string{ // the unused field
		`"api":7`:                                "api",
		`"api":{}`:                               "api.url",
		`"api":null`:                             "", // encoding/json's way to leave something out
		`"api":{"url":"http://portal.example/"}`: "api.url",
		`"api":{"url":"https://portal.example/?x"}`:                     "api.url",
		`"api":{"url":"https://169.254.169.254/"}`:                      "api.url",
		`"api":{"url":["https://portal.example/"]}`:                     "api.url",
		`"api":{"url":"https://portal.example/","auth":"none"}`:         "api.auth",
		`"api":{"url":"https://portal.example/","auth":"access_token"}`: "api.scopes",
		`"api":{"url":"https://portal.example/","scopes":["a b"]}`:      "api.scopes[0]",
		`"api":{"url":"https://portal.example/","scopes":[""]}`:         "api.scopes[0]",
		`"tickets":"mail"`:                                     "tickets",
		`"tickets":{"connector":"fax"}`:                        "tickets.connector",
		`"tickets":{"connector":"portal"}`:                     "tickets.connector",
		`"forms":{}`:                                           "forms",
		form(`7`):                                              "forms[1]",
		form(`{"title":"B","schema":{}}`):                      "forms[1].id",
		form(`{"id":"b","schema":{}}`):                         "forms[1].title",
		form(`{"id":"b","title":"B"}`):                         "forms[1].schema",
		form(`{"id":"a","title":"B","schema":{}}`):             "forms[1].id",
		form(`{"id":"b","title":"B","schema":{},"version":7}`): "forms[1].version",
		`"announcements_url":7`:                                "announcements_url",
		`"announcements_url":""`:                               "announcements_url",
		`"announcements_url":"http://portal.example/"`:         "announcements_url",
		`"announcements_url":"file:///etc/passwd"`:             "announcements_url",
		`"announcements_url":"//portal.example/news"`:          "announcements_url",
		`"announcements_url":"a b"`:                            "announcements_url",
		`"status":"https://status.example/"`:                   "status",
		`"status":{}`:                                          "status.url",
		`"status":{"url":"ftp://status.example/"}`:             "status.url",
	} {
		raw := front(members)
		m, err := Parse(raw, "x")
		if err != nil || len(m.Providers) != 1 || m.Name != "x" {
			t.Errorf("%s: %v", members, err)
			continue
		}
		var got string
		for _, u := range m.Unused {
			got += u.Field
			if !strings.HasSuffix(u.Reason, "people have the portal without it") {
				t.Errorf("%s: %s %s", members, u.Field, u.Reason)
			}
		}
		if got != want {
			t.Errorf("%s: unused is %q, want %q", members, got, want)
		}
		if strings.HasPrefix(members, `"forms":[`) && (len(m.Forms) != 1 || m.Forms[0].ID != "a") {
			t.Errorf("%s: of the forms there are %+v", members, m.Forms)
		}
		// The schema cannot look up another part, and knows no addresses that are off limits.
		if strings.Contains(want, "connector") && strings.Contains(members, "portal") || strings.Contains(members, "169.254") ||
			strings.Contains(members, `{"id":"a","title":"B"`) || want == "" || strings.Contains(members, "a b") {
			continue
		}
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		if compiled.Validate(value) == nil {
			t.Errorf("%s: the schema allows it", members)
		}
	}
}

func TestAMailConnectorNeedsAnAddress(t *testing.T) {
	m, err := Parse([]byte(strings.Replace(string(front(`"tickets":{"connector":"mail"}`)), "it@contoso.example", "call us", 1)), "x")
	if err != nil || m.Connector() != NoConnector || !unusedHas(m, "tickets.connector") {
		t.Errorf("%v, %+v", err, m)
	}
}

func unusedHas(m *Manifest, field string) bool {
	for _, u := range m.Unused {
		if u.Field == field {
			return true
		}
	}
	return false
}

// An https portal may not have this computer ask its own programs.
func TestAServedFrontDoorKeepsToWhereItsPortalMayLead(t *testing.T) {
	raw := front(`"api":{"url":"http://127.0.0.1:8080/"},"tickets":{"connector":"portal"},"announcements_url":"http://localhost/news","status":{"url":"/status.json"}`)
	m, err := ParseServed(raw, "https://portal.example")
	if err != nil {
		t.Fatal(err)
	}
	if m.API.URL != "" || m.AnnouncementsURL != "" || m.Status.URL != "/status.json" || m.Connector() != NoConnector {
		t.Errorf("%+v", m)
	}
	if !unusedHas(m, "api.url") || !unusedHas(m, "announcements_url") || len(m.Unused) != 2 {
		t.Errorf("%+v", m.Unused)
	}
	m, err = ParseServed(raw, "http://127.0.0.1:9")
	if err != nil || m.API.URL == "" || m.Connector() != PortalConnector || len(m.Unused) != 0 {
		t.Errorf("%v, %+v", err, m)
	}
	if got, err := Resolve("https://portal.example", "news.xml"); err != nil || got != "https://portal.example/.well-known/news.xml" {
		t.Errorf("%s, %v", got, err)
	}
}

func TestCatalogueIsBounded(t *testing.T) {
	entries := make([]string, maxForms+3)
	for i := range entries {
		entries[i] = fmt.Sprintf(`{"id":"f%d","title":"F","schema":{}}`, i)
	}
	m, err := Parse(front(`"forms":[`+strings.Join(entries, ",")+`]`), "x")
	if err != nil || len(m.Forms) != maxForms || !unusedHas(m, "forms") {
		t.Errorf("%v, %d forms, %+v", err, len(m.Forms), m.Unused)
	}
}

// A form's Document is for app/portal/form, and has to be the whole of it.
func TestFormsKeepTheirDocument(t *testing.T) {
	m, err := Parse(front(`"forms":[7,{"id":"b","title":"B","schema":{"type":"object"},"ui":{"type":"VerticalLayout"}}]`), "x")
	if err != nil || len(m.Forms) != 1 || m.Forms[0].At != 1 {
		t.Fatalf("%v, %+v", err, m.Forms)
	}
	var form map[string]json.RawMessage
	if err := json.Unmarshal(m.Forms[0].Document, &form); err != nil || len(form) != 4 {
		t.Errorf("%v, %s", err, m.Forms[0].Document)
	}
}
