package content

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/portico-desktop/portico/app/portal/form"
	"github.com/portico-desktop/portico/app/portal/manifest"
	"github.com/portico-desktop/portico/cmd/internal/gateway/audience"
)

// Snapshot is the content at one moment. It never changes.
type Snapshot struct {
	manifest *served
	menus    []menu
	forms    []*Form
	options  map[string][]Option
	articles []Article
	problems []Problem
	digest   string
}

// Problems are the faults found in the folder. The list is the snapshot's.
func (s *Snapshot) Problems() []Problem { return s.problems }

// Digest moves with every change of the content for anybody. It is the same after a
// restart.
func (s *Snapshot) Digest() string { return s.digest }

// Manifest is the portal's manifest.
func (s *Snapshot) Manifest() *manifest.Manifest { return s.manifest.parsed }

// Menus are the apps for a person, and their digest. An organization's app takes the place
// of one with the same id for all.
func (s *Snapshot) Menus(p audience.Person) (menus []manifest.Menu, digest string) {
	menus, h, seen := []manifest.Menu{}, sha256.New(), map[string]bool{}
	for _, m := range s.menus {
		if !seen[m.ID] && both(m.organization, m.audience, p) {
			seen[m.ID] = true
			menus = append(menus, m.Menu)
			h.Write(m.sum[:])
		}
	}
	return menus, sum(h.Sum(nil)).text()
}

// Forms are the forms for a person, and their digest, as [Snapshot.Menus].
func (s *Snapshot) Forms(p audience.Person) (forms []form.Document, digest string) {
	forms, h, seen := []form.Document{}, sha256.New(), map[string]bool{}
	for _, f := range s.forms {
		if !seen[f.ID] && both(f.organization, f.Audience, p) {
			seen[f.ID] = true
			forms = append(forms, f.Document)
			h.Write(f.sum[:])
		}
	}
	return forms, sum(h.Sum(nil)).text()
}

// Form is one form, if it is for this person.
func (s *Snapshot) Form(p audience.Person, id string) (*Form, bool) {
	for _, f := range s.forms {
		if f.ID == id && both(f.organization, f.Audience, p) {
			return f, true
		}
	}
	return nil, false
}

func (s *Snapshot) add(file string, p *Problem) {
	p.File = file
	s.problems = append(s.problems, *p)
}

// finish checks the files against each other, and works out the digest.
func (s *Snapshot) finish() {
	seen := map[string]string{}
	for _, f := range s.forms {
		key := f.organization + "\x00" + f.ID
		if first, twice := seen[key]; twice {
			s.add(f.file, hint("id", "is %q as in %s, which counts for people who are given both", f.ID, first))
		} else {
			seen[key] = f.file
		}
		for pointer, source := range f.Sources {
			if _, ok := s.options[source.File]; !ok {
				s.add(f.file, hint("sources"+pointer+".file", "is %q; there is no good file of this name in options, so that the field has no choices", source.File))
			}
		}
	}
	raw, err := json.Marshal(s.everything())
	if err != nil { // not of any type in there
		raw = []byte(fmt.Sprint(err))
	}
	s.digest = hex.EncodeToString(sumBytes(raw))
}

// everything is the content in a form to be compared.
func (s *Snapshot) everything() any {
	var rest []any
	for _, m := range s.menus {
		rest = append(rest, m.organization, m.audience, m.Menu)
	}
	for _, f := range s.forms {
		rest = append(rest, f.organization, f)
	}
	for _, a := range s.articles {
		rest = append(rest, a.organization, a)
	}
	etag := ""
	if s.manifest != nil {
		etag = s.manifest.etag
	}
	return []any{etag, rest, s.options}
}

// sum is the digest of one item.
type sum [sha256.Size]byte

func sumOf(v any) sum {
	raw, err := json.Marshal(v)
	if err != nil { // not of any type in use
		raw = []byte(fmt.Sprintf("%#v", v))
	}
	return sha256.Sum256(raw)
}

func sumBytes(raw []byte) []byte { s := sha256.Sum256(raw); return s[:] }

// text is long enough for two contents of one person not to meet.
func (s sum) text() string { return hex.EncodeToString(s[:8]) }
