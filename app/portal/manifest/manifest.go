// Package manifest is the document of a portal about itself: its types, and the rules for
// reading it and for opening its links. Begin at [Parse].
//
// The document is the contract between a portal and Portico. A server can check its own
// with this package before publishing it. The package fetches nothing and keeps nothing.
package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/portico-desktop/portico/auth/plain"
)

// Manifest is a portal's document about itself. Unknown fields are only listed, so a
// manifest for later versions works here; the JSON Schema in
// assets/schema describes all of it.
type Manifest struct {
	Version   int        `json:"version"`
	Name      string     `json:"name"`
	Logo      Logo       `json:"logo"`
	Accent    string     `json:"accent"`
	Support   Support    `json:"support"`
	Providers []Provider `json:"providers"`
	Menus     []Menu     `json:"menus"`
	API       API        `json:"api"`
	Tickets   Tickets    `json:"tickets"`
	Forms     []Form     `json:"forms"`
	// AnnouncementsURL is that of the news: in Portico's own JSON, Atom or RSS. As with
	// Status it is whole or relative to the manifest; see [Resolve].
	AnnouncementsURL string `json:"announcements_url"`
	Status           Status `json:"status"`
	// Unknown are the members outside providers without a meaning here.
	Unknown []Unknown `json:"-"`
	// Unused are the members not used as they stand.
	Unused []Unused `json:"-"`
}

// Unused is a part of a manifest that is not used as it stands, which whoever
// writes the manifest wants to know.
type Unused struct {
	// Field is its place, as in "logo.light".
	Field string
	// Reason goes on from the field, as in "has the element <script>", and says
	// what people miss by it where that is not plain.
	Reason string
	// Err is the failure to fetch it, nil for any other reason.
	Err error
}

// Logo holds addresses of pictures for a light and a dark ground, relative to
// the manifest or whole.
type Logo struct {
	Light string `json:"light"`
	Dark  string `json:"dark"`
}

// Support is how to reach the IT team.
type Support struct {
	Email string `json:"email"`
	Phone string `json:"phone"`
	Hours string `json:"hours"`
	URL   string `json:"url"`
}

// Menu is one app of the launcher.
type Menu struct {
	ID       string   `json:"id"`
	Title    string   `json:"title"`
	Icon     string   `json:"icon"`
	URL      string   `json:"url"`
	Group    string   `json:"group"`
	Keywords []string `json:"keywords"`
}

// Path is the place of a portal's manifest (RFC 8615).
const Path = "/.well-known/portico.json"

const (
	maxText  = 500
	maxError = 2000
	// maxMenus is how many apps are shown: as many as fit into the largest manifest that
	// is read, at half a kilobyte each. All of them go to the window with every change.
	maxMenus = 2000
	// maxProviders bounds the choice at a sign-in, and the questions of an agent.
	maxProviders = 200
)

// byteOrderMark is put before a text by editors on Windows.
var byteOrderMark = []byte("\ufeff")

var colour = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^#[0-9A-Fa-f]{6}$`) })

// Parse reads and checks a manifest. host is its host, for the words.
// Disabled providers are checked and kept as well; see
// [Manifest.Offered].
//
// Errors: *[Error]. It is of the kind [NotManifest] for any other document,
// [Invalid] with the path of the field or the place of a slip in the JSON, and
// [NoProviders] when none is enabled.
func Parse(raw []byte, host string) (*Manifest, error) {
	raw = bytes.TrimPrefix(raw, byteOrderMark)
	var m Manifest
	as := lenient{Manifest: &m}
	if err := json.Unmarshal(raw, &as); err != nil {
		return nil, unreadable(raw, host, err)
	}
	if !bytes.Contains(raw, []byte(`"version"`)) || m.Version == 0 && m.Name == "" {
		return nil, &Error{Kind: NotManifest, Host: host, Err: errors.New("JSON, but without version and name")}
	}
	if field := secretIn(raw); field != "" {
		return nil, invalid(host, field, "%s", secretsElsewhere)
	}
	if err := m.check(host); err != nil {
		return nil, err
	}
	m.takeFrontDoor(as)
	m.findUnknown(raw)
	return &m, nil
}

// unreadable explains a failure to read raw. A text that begins like a manifest is one with
// a slip; anything else is another page.
func unreadable(raw []byte, host string, err error) error {
	var kind *json.UnmarshalTypeError
	var slip *json.SyntaxError
	switch {
	case errors.As(err, &kind) && kind.Field != "":
		return invalid(host, fieldIn(raw, kind), "has to be %s, not %s", jsonKind(kind.Type.Kind().String()), kind.Value)
	case errors.As(err, &slip) && Begins(raw):
		line, column := placeIn(raw, slip.Offset)
		return invalid(host, fmt.Sprintf("line %d, column %d", line, column), "is not JSON: %v", slip)
	}
	return &Error{Kind: NotManifest, Host: host, Err: err}
}

// Begins reports if a text begins like a manifest and not like another page, with any other
// fault.
func Begins(raw []byte) bool {
	return bytes.HasPrefix(bytes.TrimSpace(bytes.TrimPrefix(raw, byteOrderMark)), []byte("{"))
}

// fieldIn is the place of a value of another kind, with the number of the list's element
// that encoding/json leaves out.
func fieldIn(raw []byte, wrong *json.UnmarshalTypeError) string {
	var lists struct{ Providers, Menus []json.RawMessage }
	_ = json.Unmarshal(raw, &lists) // a value of another kind is not looked at
	for i, element := range lists.Providers {
		if field, ok := wrongIn(element, &Provider{}); ok {
			return fmt.Sprintf("providers[%d]%s", i, field)
		}
	}
	for i, element := range lists.Menus {
		if field, ok := wrongIn(element, &Menu{}); ok {
			return fmt.Sprintf("menus[%d]%s", i, field)
		}
	}
	return strings.TrimPrefix(wrong.Field, "Manifest.") // which lenient embeds
}

// wrongIn is the path of a value of another kind than it is read into.
func wrongIn(raw []byte, into any) (field string, found bool) {
	var wrong *json.UnmarshalTypeError
	if !errors.As(json.Unmarshal(raw, into), &wrong) {
		return "", false
	}
	if wrong.Field == "" {
		return "", true
	}
	return "." + wrong.Field, true
}

// placeIn turns the bytes read by the JSON reader into the line and the
// column of the last character of it, from 1.
func placeIn(raw []byte, read int64) (line, column int) {
	before := raw[:max(min(int(read), len(raw))-1, 0)]
	line = bytes.Count(before, []byte("\n")) + 1
	return line, utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
}

func (m *Manifest) check(host string) error {
	if m.Version != 1 {
		return invalid(host, "version", "is %d; this Portico understands 1", m.Version)
	}
	if strings.TrimSpace(shownWords(m.Name)) == "" {
		return invalid(host, "name", "is missing")
	}
	if m.Accent != "" && !colour().MatchString(m.Accent) {
		return invalid(host, "accent", "is %q; it has to look like #0F6CBD", m.Accent)
	}
	for _, f := range []struct{ field, value string }{
		{"name", m.Name}, {"support.email", m.Support.Email}, {"support.phone", m.Support.Phone}, {"support.hours", m.Support.Hours},
	} {
		if len(f.value) > maxText || strings.ContainsFunc(f.value, isControl) {
			return invalid(host, f.field, "is too long or has characters that cannot be seen")
		}
	}
	if m.Support.URL != "" {
		if err := checkLink(m.Support.URL, "https"); err != nil {
			return invalid(host, "support.url", "%v", err)
		}
		address, err := shownLink(m.Support.URL)
		if err != nil {
			return invalid(host, "support.url", "%v", err)
		}
		m.Support.URL = address
	}
	for _, words := range []*string{&m.Name, &m.Support.Email, &m.Support.Phone, &m.Support.Hours} {
		*words = shownWords(*words)
	}
	m.checkContacts()
	if err := m.checkProviders(host); err != nil {
		return err
	}
	return m.checkMenus(host)
}

// shownWords is a text of IT's as people see it.
func shownWords(s string) string { return plain.Text(s, maxText) }

func (m *Manifest) checkMenus(host string) error {
	if n := len(m.Menus); n > maxMenus {
		m.Menus = m.Menus[:maxMenus]
		m.unused("menus", "has %d entries, of which the first %d are shown", n, maxMenus)
	}
	seen := make(map[string]bool)
	for i, menu := range m.Menus {
		path := fmt.Sprintf("menus[%d]", i)
		switch {
		case menu.ID == "":
			return invalid(host, path+".id", "is missing")
		case strings.ContainsFunc(menu.ID, plain.Hidden):
			return invalid(host, path+".id", "has characters that cannot be seen")
		case seen[menu.ID]:
			return invalid(host, path+".id", "is %q for the second time", menu.ID)
		case strings.TrimSpace(shownWords(menu.Title)) == "":
			return invalid(host, path+".title", "is missing")
		case len(menu.Title) > maxText || strings.ContainsFunc(menu.Title+menu.Group, isControl):
			return invalid(host, path+".title", "is too long or has characters that cannot be seen")
		}
		seen[menu.ID] = true
		if err := checkTemplate(menu.URL); err != nil {
			return invalid(host, path+".url", "%v", err)
		}
		address, err := shownLink(menu.URL)
		if err != nil {
			return invalid(host, path+".url", "%v", err)
		}
		if reason := overreach(address); reason != "" {
			m.unused(path+".url", "%s", reason)
		} else {
			var odd []string
			if address, odd = withoutOddFields(address); len(odd) > 0 {
				m.unused(path+".url", "has %q, which no mail may be given; the app opens without it", plain.Text(strings.Join(odd, "&"), maxText))
			}
		}
		shown := &m.Menus[i]
		shown.URL, shown.Title, shown.Group, shown.Icon = address, shownWords(menu.Title), shownWords(menu.Group), shownWords(menu.Icon)
		for k, word := range shown.Keywords {
			shown.Keywords[k] = shownWords(word)
		}
	}
	return nil
}

func isControl(r rune) bool { return r < 0x20 || r == 0x7f }

func jsonKind(kind string) string {
	switch kind {
	case "struct", "map":
		return "an object"
	case "slice":
		return "a list"
	case "int":
		return "a number"
	case "bool":
		return "true or false"
	}
	return "a text"
}
