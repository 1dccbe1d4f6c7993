package manifest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/portico-desktop/portico/auth/fetch"
	"github.com/portico-desktop/portico/auth/plain"
)

// The parts here are the portal's front door: requests, forms, news. They inform and
// decide nothing, so none of them ever refuses a manifest: a wrong one is listed in
// [Manifest.Unused], and people have the portal without it.

// API is Portal API 1, for requests and for everything a person sees of them. Without a
// URL the portal has none.
type API struct {
	// URL is whole, without query; "/v1" comes behind it.
	URL string `json:"url"`
	// Auth is "token_exchange" (RFC 8693, the default), or "access_token" for a token of
	// the provider's with Scopes of the portal's own resource.
	Auth   string   `json:"auth"`
	Scopes []string `json:"scopes"`
}

// Ways to prove to Portal API 1 who somebody is.
const (
	TokenExchange = "token_exchange"
	AccessToken   = "access_token"
)

// Tickets says how a request is made.
type Tickets struct {
	// Connector is "portal" for the API, "mail" for a mail to Support.Email, or "none". ""
	// is "portal" for a portal with an API, and otherwise "none".
	Connector string `json:"connector"`
}

// Connectors for requests.
const (
	PortalConnector = "portal"
	MailConnector   = "mail"
	NoConnector     = "none"
)

// Form is one of the catalogue. Whether its schema and UI schema can be shown is the
// business of app/portal/form, with the whole Document.
type Form struct {
	ID       string          `json:"id"`
	Group    string          `json:"group"`
	Title    string          `json:"title"`
	Icon     string          `json:"icon"`
	Keywords []string        `json:"keywords"`
	Version  string          `json:"version"`
	Schema   json.RawMessage `json:"schema"`
	UI       json.RawMessage `json:"ui"`
	// Document is the form as it is published, and At its number in the manifest.
	Document json.RawMessage `json:"-"`
	At       int             `json:"-"`
}

// Status tells of outages. It may live on another origin, to speak while the portal is
// down.
type Status struct {
	URL string `json:"url"`
}

// maxForms bounds the catalogue.
const maxForms = 500

// lenient is a manifest with its front door left as it stands, in any shape. Of two
// members with one name encoding/json fills the one nearer to the top.
type lenient struct {
	*Manifest
	API              json.RawMessage `json:"api"`
	Tickets          json.RawMessage `json:"tickets"`
	Forms            json.RawMessage `json:"forms"`
	AnnouncementsURL json.RawMessage `json:"announcements_url"`
	Status           json.RawMessage `json:"status"`
}

// takeFrontDoor reads the parts, and checks each by itself. The rest has been checked.
func (m *Manifest) takeFrontDoor(parts lenient) {
	take(m, "api", parts.API, &m.API, m.checkAPI)
	take(m, "tickets", parts.Tickets, &m.Tickets, m.checkTickets)
	take(m, "announcements_url", parts.AnnouncementsURL, &m.AnnouncementsURL, func(ref *string) (string, error) { return "", checkReference(*ref) })
	take(m, "status", parts.Status, &m.Status, func(s *Status) (string, error) { return "url", checkReference(s.URL) })
	m.takeForms(parts.Forms)
}

// take reads one part. check returns the member that is wrong, "" for the part itself.
func take[T any](m *Manifest, field string, raw json.RawMessage, into *T, check func(*T) (member string, err error)) bool {
	if len(raw) == 0 || string(raw) == "null" {
		return false
	}
	var part T
	member, err := "", json.Unmarshal(raw, &part)
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrong):
		member, err = wrong.Field, fmt.Errorf("has to be %s, not %s", jsonKind(wrong.Type.Kind().String()), wrong.Value)
	case err == nil:
		member, err = check(&part)
	}
	if err != nil {
		if member != "" {
			field += "." + member
		}
		m.unused(field, "%s; people have the portal without it", plain.Text(err.Error(), maxError))
		return false
	}
	*into = part
	return true
}

func (m *Manifest) checkAPI(a *API) (string, error) {
	if a.URL == "" {
		return "url", errors.New("is missing")
	}
	u, err := fetch.CheckURL(a.URL)
	switch {
	case err != nil:
		return "url", fmt.Errorf("is no good: %w", err)
	case u.RawQuery != "" || u.ForceQuery:
		return "url", fmt.Errorf("is %q; it cannot have a query", a.URL)
	case !slices.Contains([]string{"", TokenExchange, AccessToken}, a.Auth):
		return "auth", fmt.Errorf("is %q; it has to be %s or %s", a.Auth, TokenExchange, AccessToken)
	case a.Auth == AccessToken && len(a.Scopes) == 0:
		return "scopes", fmt.Errorf("is missing: with auth %s it names the scopes of the portal's own resource", AccessToken)
	}
	for i, scope := range a.Scopes {
		if scope == "" || strings.ContainsFunc(scope, func(r rune) bool { return r <= ' ' || plain.Hidden(r) }) {
			return fmt.Sprintf("scopes[%d]", i), fmt.Errorf("is %q, which is no scope", scope)
		}
	}
	a.URL = strings.TrimSuffix(u.String(), "/")
	if a.Auth == "" {
		a.Auth = TokenExchange
	}
	return "", nil
}

func (m *Manifest) checkTickets(t *Tickets) (string, error) {
	switch t.Connector {
	case "", NoConnector:
	case PortalConnector:
		if m.API.URL == "" {
			return "connector", fmt.Errorf("is %q, which needs a good api", PortalConnector)
		}
	case MailConnector:
		if MailTo(m.Support.Email) == "" {
			return "connector", fmt.Errorf("is %q, which needs one mail address in support.email", MailConnector)
		}
	default:
		return "connector", fmt.Errorf("is %q; it has to be %s, %s or %s", t.Connector, PortalConnector, MailConnector, NoConnector)
	}
	return "", nil
}

// Connector is the one that counts, never "".
func (m *Manifest) Connector() string {
	switch {
	case m.Tickets.Connector != "":
		return m.Tickets.Connector
	case m.API.URL != "":
		return PortalConnector
	}
	return NoConnector
}

// takeForms reads the catalogue, each form by itself.
func (m *Manifest) takeForms(raw json.RawMessage) {
	var entries []json.RawMessage
	if !take(m, "forms", raw, &entries, func(*[]json.RawMessage) (string, error) { return "", nil }) {
		return
	}
	if n := len(entries); n > maxForms {
		entries = entries[:maxForms]
		m.unused("forms", "has %d entries, of which the first %d are offered", n, maxForms)
	}
	seen := make(map[string]bool)
	for i, entry := range entries {
		f := Form{}
		if !take(m, fmt.Sprintf("forms[%d]", i), entry, &f, func(f *Form) (string, error) {
			switch {
			case f.ID == "":
				return "id", errors.New("is missing")
			case len(f.ID) > maxText || strings.ContainsFunc(f.ID, plain.Hidden):
				return "id", errors.New("is too long or has characters that cannot be seen")
			case seen[f.ID]:
				return "id", fmt.Errorf("is %q for the second time", f.ID)
			case strings.TrimSpace(shownWords(f.Title)) == "":
				return "title", errors.New("is missing")
			case len(f.Title) > maxText || strings.ContainsFunc(f.Title+f.Group, isControl):
				return "title", errors.New("is too long or has characters that cannot be seen")
			case len(f.Schema) == 0:
				return "schema", errors.New("is missing")
			}
			return "", nil
		}) {
			continue
		}
		seen[f.ID] = true
		f.Title, f.Group, f.Icon, f.Document, f.At = shownWords(f.Title), shownWords(f.Group), shownWords(f.Icon), entry, i
		for k, word := range f.Keywords {
			f.Keywords[k] = shownWords(word)
		}
		m.Forms = append(m.Forms, f)
	}
}

// checkReference is about an address that is whole, or relative to the manifest.
func checkReference(ref string) error {
	if ref == "" {
		return errors.New("is missing")
	}
	u, err := url.Parse(ref)
	switch {
	case err != nil || strings.ContainsFunc(ref, func(r rune) bool { return r == ' ' || plain.Hidden(r) }):
		return fmt.Errorf("is %q, which is not an address", ref)
	case !u.IsAbs() && u.Host == "":
		return nil
	}
	if _, err := fetch.CheckURL(ref); err != nil {
		return fmt.Errorf("is no good: %w", err)
	}
	return nil
}

// Resolve is the whole address of a reference in the manifest of the portal with the
// address from. It keeps to where its portal may lead.
func Resolve(from, ref string) (string, error) {
	base, err := url.Parse(from + Path)
	if err != nil {
		return "", err
	}
	named, err := base.Parse(ref)
	if err != nil {
		return "", fmt.Errorf("%q is not an address", plain.Text(ref, maxText))
	}
	named.Fragment, named.RawFragment = "", ""
	if _, err := fetch.CheckFrom(from, named.String()); err != nil {
		return "", err
	}
	return named.String(), nil
}

// keepTo leaves out the parts leading to a place where the portal with this address may
// not lead.
func (m *Manifest) keepTo(from string) {
	for _, part := range []struct {
		field string
		ref   *string
	}{{"api.url", &m.API.URL}, {"announcements_url", &m.AnnouncementsURL}, {"status.url", &m.Status.URL}} {
		if *part.ref == "" {
			continue
		}
		if _, err := Resolve(from, *part.ref); err != nil {
			m.unused(part.field, "is no good: %s; people have the portal without it", plain.Text(err.Error(), maxError))
			*part.ref = ""
		}
	}
	if m.API.URL == "" && m.Tickets.Connector == PortalConnector {
		m.Tickets.Connector = ""
	}
}
