// Package settings reads a gateway's file of settings, TOML, and the environment over it.
//
// Each value is also an environment variable: PORTICO_GATEWAY_ and the key in capital letters,
// with _ for the dot, as in PORTICO_GATEWAY_TLS_MODE. Strings stand there as they are, anything
// else as in TOML. Secrets are never values: their files are named. [Example] explains each
// key.
package settings

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"github.com/portico-desktop/portico/cmd/internal/gateway/audience"
)

// Example is a file of settings with every key, explained. It reads without a problem.
//
//go:embed example.toml
var Example string

// Prefix begins each environment variable.
const Prefix = "PORTICO_GATEWAY_"

// maxFile is the size of the largest file of settings, in bytes.
const maxFile = 1 << 20

// Settings are a gateway's.
type Settings struct {
	// URL is the portal's address as people's computers reach it.
	URL string `toml:"url"`
	// Store is "sqlite:FILE".
	Store string `toml:"store"`
	// Content is the folder with the manifest, forms and menus; Attachments that of
	// people's files.
	Content     string `toml:"content"`
	Attachments string `toml:"attachments"`
	// Listen is where people's computers connect, Operations where health and metrics are.
	Listen     string `toml:"listen"`
	Operations string `toml:"operations"`
	// Log is "debug", "info", "warn" or "error".
	Log string `toml:"log"`

	TLS           TLS            `toml:"tls"`
	Tokens        Tokens         `toml:"tokens"`
	Limits        Limits         `toml:"limits"`
	Features      []string       `toml:"features"`
	Organizations []Organization `toml:"organization"`
	Roles         []Role         `toml:"role"`
	Helpdesk      Helpdesk       `toml:"helpdesk"`
}

// TLS says how connections are made safe.
type TLS struct {
	// Mode is "file", "acme", or "off" behind a proxy with TLS.
	Mode string `toml:"mode"`
	// Certificate and Key are PEM files, for "file". They are read again when they change.
	Certificate string `toml:"certificate"`
	Key         string `toml:"key"`
	// Directory is the authority's ACME directory, for "acme" (RFC 8555, section 7.1.1);
	// "" is Let's Encrypt's. Email is told before a certificate ends, Cache is the folder
	// of certificates, and Authorities a PEM file with those that vouch for the directory.
	Directory   string `toml:"directory"`
	Email       string `toml:"email"`
	Cache       string `toml:"cache"`
	Authorities string `toml:"authorities"`
}

// Tokens choose among the providers' tokens.
type Tokens struct {
	// Audiences are this portal's identifiers at the providers, for access tokens. None
	// means that ID tokens are exchanged, and nothing else.
	Audiences []string `toml:"audiences"`
	// GroupsClaim is the claim with the groups.
	GroupsClaim string `toml:"groups_claim"`
}

// Limits bound everything sent by people.
type Limits struct {
	AttachmentBytes int64    `toml:"attachment_bytes"`
	AttachmentTypes []string `toml:"attachment_types"`
	// Wait is the longest wait for news, in seconds.
	Wait int `toml:"wait"`
}

// Organization is a customer, or a part of a company.
type Organization struct {
	ID   string `toml:"id"`
	Name string `toml:"name"`
	// Tenants are directories at Entra, Issuers other providers': who comes from there is
	// of this organization. Of several with the same one, the address decides.
	Tenants []string `toml:"tenants"`
	Issuers []string `toml:"issuers"`
	// Domains are those of its people's addresses. Another address counts for nothing.
	Domains []string `toml:"domains"`
}

// Role gives a feature to some people.
type Role struct {
	Feature       string   `toml:"feature"`
	People        []string `toml:"people"`
	Organizations []string `toml:"organizations"`
	Groups        []string `toml:"groups"`
}

// Audience is whom the role is for.
func (r Role) Audience() audience.Rule {
	return audience.Rule{People: r.People, Organizations: r.Organizations, Groups: r.Groups}
}

// Helpdesk is where requests live.
type Helpdesk struct {
	// Backend is "builtin": in the gateway's own store.
	Backend string `toml:"backend"`
}

// Everybody are the features of all people, unless the settings say otherwise. The
// requests of the whole organization are not among them: a role gives those.
var everybody = []string{"approvals", "feedback", "participants", "on_behalf_of", "articles"}

// known are the features for a role, or for features, to name.
var known = append(slices.Clone(everybody), "organization")

// defaults are the settings of an empty file.
func defaults() Settings {
	return Settings{
		Store: "sqlite:gateway.db", Content: "portal", Attachments: "attachments",
		Listen: ":8443", Operations: "127.0.0.1:9464", Log: "info",
		TLS:      TLS{Mode: "file", Cache: "certificates"},
		Tokens:   Tokens{GroupsClaim: "groups"},
		Limits:   Limits{AttachmentBytes: 25 << 20, Wait: 55},
		Features: slices.Clone(everybody),
		Helpdesk: Helpdesk{Backend: "builtin"},
	}
}

// Problem is one thing wrong with the settings.
type Problem struct {
	// Source is the file, or the name of the environment variable.
	Source string
	// Line is the line in the file, 0 for none.
	Line int
	// Key is the key, as in "tls.mode" or "organization[1].id"; "" for the whole.
	Key string
	// Reason says how it is wrong and how to write it.
	Reason string
}

func (p Problem) String() string {
	said := p.Source
	if p.Line > 0 {
		said += fmt.Sprintf(", line %d", p.Line)
	}
	if p.Key != "" {
		return said + ": " + p.Key + " " + p.Reason
	}
	return said + ": " + p.Reason
}

// Error is everything wrong with the settings.
type Error struct{ Problems []Problem }

func (e *Error) Error() string {
	var all []string
	for _, p := range e.Problems {
		all = append(all, p.String())
	}
	return strings.Join(all, "\n")
}

// Read reads the file and the environment. Paths in the file are relative to its folder, and
// come back whole.
//
// Errors: *[Error] with everything wrong; any other for a file that cannot be read.
func Read(file string, environment []string) (*Settings, error) {
	if info, err := os.Stat(file); err == nil && info.Size() > maxFile {
		return nil, &Error{[]Problem{{Source: file, Reason: fmt.Sprintf("has more than %d bytes, which no settings need", maxFile)}}}
	}
	raw, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &Error{[]Problem{{Source: file, Reason: "is not there; portico-gateway init writes one, and --settings names another"}}}
	}
	if err != nil {
		return nil, fmt.Errorf("read the settings: %w", err)
	}
	s, err := Parse(string(raw), file, environment)
	if err != nil {
		return nil, err
	}
	folder, err := filepath.Abs(filepath.Dir(file))
	if err != nil {
		return nil, fmt.Errorf("find the folder of the settings: %w", err)
	}
	s.resolve(folder)
	return s, nil
}

// resolve makes paths whole.
func (s *Settings) resolve(folder string) {
	whole := func(path *string) {
		if *path != "" && !filepath.IsAbs(*path) {
			*path = filepath.Join(folder, *path)
		}
	}
	database := s.Database()
	whole(&database)
	s.Store = sqlite + database
	for _, path := range []*string{&s.Content, &s.Attachments, &s.TLS.Certificate, &s.TLS.Key, &s.TLS.Cache, &s.TLS.Authorities} {
		whole(path)
	}
}

const sqlite = "sqlite:"

// Database is the file of the store.
func (s *Settings) Database() string { return strings.TrimPrefix(s.Store, sqlite) }

// Wait is the longest wait for news.
func (s *Settings) Wait() time.Duration { return time.Duration(s.Limits.Wait) * time.Second }

// Parse reads a text of settings and the environment over it. Paths stay as they are.
//
// Errors: *[Error].
func Parse(text, source string, environment []string) (*Settings, error) {
	s := defaults()
	r := &reading{text: text, source: source, from: map[string]string{}}
	meta, err := toml.Decode(text, &s)
	if err != nil {
		var wrong toml.ParseError
		if errors.As(err, &wrong) {
			return nil, &Error{[]Problem{{Source: source, Line: wrong.Position.Line, Key: wrong.LastKey, Reason: "cannot be read: " + wrong.Message}}}
		}
		return nil, &Error{[]Problem{otherKind(source, err)}}
	}
	for _, key := range meta.Undecoded() {
		if !slices.ContainsFunc(meta.Undecoded(), func(other toml.Key) bool { return len(other) < len(key) && slices.Equal(other, key[:len(other)]) }) {
			r.wrong(key.String(), "%s", unknown(key.String()))
		}
	}
	r.environment(&s, environment)
	r.check(&s)
	if len(r.problems) > 0 {
		return nil, &Error{r.problems}
	}
	return &s, nil
}

// otherKind is about a value of another kind than its key's. The reader says the line and the
// key in its words alone.
func otherKind(source string, err error) Problem {
	said := strings.TrimPrefix(err.Error(), "toml: ")
	p := Problem{Source: source, Reason: said}
	if _, err := fmt.Sscanf(said, "line %d (last key %q):", &p.Line, &p.Key); err != nil {
		return p
	}
	_, reason, _ := strings.Cut(said, "): ")
	p.Reason = "is of another kind: " + reason
	return p
}

// unknown is about a key without a meaning, and names the one probably meant.
func unknown(key string) string {
	last := key[strings.LastIndex(key, ".")+1:]
	for _, k := range keys() {
		if k == key || k[strings.LastIndex(k, ".")+1:] == last {
			return fmt.Sprintf("has no meaning here; %s has: write it there", k)
		}
	}
	best, distance := "", 3
	if len(key) > maxKey {
		return "has no meaning; take it out"
	}
	for _, k := range keys() {
		if d := apart(k, key); d < distance {
			best, distance = k, d
		}
	}
	if best != "" {
		return fmt.Sprintf("has no meaning; write %s", best)
	}
	return "has no meaning; take it out (portico-gateway init --print shows all keys)"
}

// maxKey is longer than any key, in bytes.
const maxKey = 64

// reading is one reading of settings.
type reading struct {
	text, source string
	// from names the variable of a key from the environment.
	from     map[string]string
	problems []Problem
}

func (r *reading) wrong(key, format string, args ...any) {
	p := Problem{Source: r.source, Key: key, Reason: fmt.Sprintf(format, args...)}
	if variable := r.from[strings.SplitN(key, "[", 2)[0]]; variable != "" {
		p.Source = variable
	} else {
		p.Line = lineOf(r.text, key)
	}
	r.problems = append(r.problems, p)
}

func (r *reading) check(s *Settings) {
	r.checkURL(s.URL)
	if file, ok := strings.CutPrefix(s.Store, sqlite); !ok || file == "" {
		r.wrong("store", "is %q; write sqlite: and a file, as in \"sqlite:gateway.db\"", s.Store)
	}
	for key, value := range map[string]string{"content": s.Content, "attachments": s.Attachments} {
		if value == "" {
			r.wrong(key, "is empty; name a folder")
		}
	}
	for key, value := range map[string]string{"listen": s.Listen, "operations": s.Operations} {
		if _, port, err := net.SplitHostPort(value); err != nil || port == "" {
			r.wrong(key, "is %q; write an address and a port, as in \"127.0.0.1:9464\", or \":8443\" for all addresses", value)
		}
	}
	if s.Listen == s.Operations && !strings.HasSuffix(s.Listen, ":0") {
		r.wrong("operations", "is listen's address; health and metrics need a port of their own, which the world does not reach")
	}
	r.oneOf("log", s.Log, "debug", "info", "warn", "error")
	r.oneOf("helpdesk.backend", s.Helpdesk.Backend, "builtin")
	r.checkTLS(s.TLS, s.URL)
	if n := s.Limits.AttachmentBytes; n < 0 || n > 10<<30 {
		r.wrong("limits.attachment_bytes", "is %d; write a number of bytes from 0, for no attachments, to 10 GiB (%d)", n, 10<<30)
	}
	for _, t := range s.Limits.AttachmentTypes {
		if a, b, ok := strings.Cut(t, "/"); !ok || a == "" || b == "" {
			r.wrong("limits.attachment_types", "has %q; write media types, as in \"application/pdf\" or \"image/*\"", t)
		}
	}
	if s.Limits.Wait < 5 || s.Limits.Wait > 300 {
		r.wrong("limits.wait", "is %d; write seconds from 5 to 300: most proxies cut longer waits than 60", s.Limits.Wait)
	}
	for _, feature := range s.Features {
		if !slices.Contains(known, feature) {
			r.wrong("features", "has %q; the features are %s", feature, strings.Join(known, ", "))
		}
	}
	for _, a := range s.Tokens.Audiences {
		if strings.TrimSpace(a) == "" {
			r.wrong("tokens.audiences", "has an empty entry; write this portal's identifier at the provider")
		}
	}
	r.checkOrganizations(s.Organizations)
	r.checkRoles(s)
	slices.SortStableFunc(r.problems, func(a, b Problem) int { return a.Line - b.Line })
}

func (r *reading) oneOf(key, value string, all ...string) {
	if !slices.Contains(all, value) {
		r.wrong(key, "is %q; write %s", value, strings.Join(all, ", "))
	}
}

func (r *reading) checkURL(address string) {
	u, err := url.Parse(address)
	switch {
	case address == "":
		r.wrong("url", `is missing; write the address that people's computers reach, as in url = "https://portal.example.com"`)
	case err != nil || u.Host == "" || u.Scheme != "https" && !(u.Scheme == "http" && loopback(u.Hostname())):
		r.wrong("url", "is %q; write an https address, as in \"https://portal.example.com\" (http is for a try on this computer alone)", address)
	case u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		r.wrong("url", "is %q; write the scheme, the host and perhaps a port, and nothing behind", address)
	}
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (r *reading) checkTLS(t TLS, address string) {
	r.oneOf("tls.mode", t.Mode, "file", "acme", "off")
	if t.Mode == "file" {
		for key, value := range map[string]string{"tls.certificate": t.Certificate, "tls.key": t.Key} {
			if value == "" {
				r.wrong(key, "is missing; name a PEM file, or write tls.mode = \"acme\", or \"off\" behind a proxy that speaks https")
			}
		}
	}
	if u, err := url.Parse(address); t.Mode == "acme" && err == nil && u.Hostname() != "" && (net.ParseIP(u.Hostname()) != nil || !strings.Contains(u.Hostname(), ".")) {
		r.wrong("tls.mode", "is \"acme\", which brings certificates for names with a dot alone, and url has %q; write such a name, or tls.mode = \"file\"", u.Hostname())
	}
	if t.Directory != "" {
		if u, err := url.Parse(t.Directory); err != nil || u.Scheme != "https" || u.Host == "" {
			r.wrong("tls.directory", "is %q; write the https address of the authority's ACME directory", t.Directory)
		}
	}
	if t.Email != "" && !strings.Contains(t.Email, "@") {
		r.wrong("tls.email", "is %q; write a mail address", t.Email)
	}
}

func (r *reading) checkOrganizations(all []Organization) {
	seen := map[string]bool{}
	for i, o := range all {
		key := func(name string) string { return fmt.Sprintf("organization[%d].%s", i, name) }
		switch {
		case o.ID == "":
			r.wrong(key("id"), "is missing; write a short name that stays, as in \"contoso\"")
		case !plainName(o.ID):
			r.wrong(key("id"), "is %q; write small letters, digits, - and _ only, at most 64", o.ID)
		case seen[o.ID]:
			r.wrong(key("id"), "is %q, as another's; each needs its own", o.ID)
		}
		seen[o.ID] = true
		if o.Name == "" {
			r.wrong(key("name"), "is missing; write what people read")
		}
		if len(o.Tenants) == 0 && len(o.Issuers) == 0 {
			r.wrong(key("tenants"), "is missing, and issuers too; say where its people sign in: tenants for directories at Entra, issuers for other providers")
		}
		for _, issuer := range o.Issuers {
			if u, err := url.Parse(issuer); err != nil || u.Host == "" {
				r.wrong(key("issuers"), "has %q; write the issuer to the letter, as in \"https://id.contoso.com\"", issuer)
			}
		}
		for _, d := range o.Domains {
			if d == "" || strings.ContainsAny(d, "@ /:*") || !strings.Contains(d, ".") {
				r.wrong(key("domains"), "has %q; write whole domains, as in \"contoso.com\"", d)
			}
		}
	}
}

func plainName(s string) bool {
	return len(s) <= 64 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-_") == ""
}

func (r *reading) checkRoles(s *Settings) {
	for i, role := range s.Roles {
		key := func(name string) string { return fmt.Sprintf("role[%d].%s", i, name) }
		if !slices.Contains(known, role.Feature) {
			r.wrong(key("feature"), "is %q; the features are %s", role.Feature, strings.Join(known, ", "))
		}
		rule := role.Audience()
		if rule.Everybody() {
			r.wrong(key("feature"), "is for nobody in particular; add people, organizations or groups, or name the feature in features for everybody")
		} else if err := rule.Check(); err != nil {
			r.wrong(key("feature"), "names people by a rule with a fault: %v", err)
		}
		for _, id := range role.Organizations {
			if !slices.ContainsFunc(s.Organizations, func(o Organization) bool { return o.ID == id }) {
				r.wrong(key("organizations"), "has %q, which no organization has as its id", id)
			}
		}
	}
}
