package content

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/portico-desktop/portico/cmd/internal/gateway/audience"
)

const (
	manifestFile = "portico.json"
	// maxFile bounds a file; maxFiles bounds a folder.
	maxFile  = 1 << 20
	maxFiles = 1000
)

// file is the last reading of a file.
type file struct {
	sum [sha256.Size]byte
	// good is the last good content, nil if there was none.
	good *parsed
	// faults are the faults of the last reading. One that is no hint means that good is
	// older.
	faults []Problem
}

var organizationID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`) })

// read reads all files, and makes a snapshot of the good ones.
func (c *Content) read() *Snapshot {
	s := &Snapshot{options: map[string][]Option{}}
	before := c.files
	c.files = map[string]file{}
	// Those of an organization come first: they count before what is for all.
	for _, id := range c.folders(s, "organizations") {
		if !organizationID().MatchString(id) {
			s.add("organizations/"+id, wrong("", "is no id of an organization; letters, digits and . _ - are possible"))
			continue
		}
		if c.organizations != nil && !slices.Contains(c.organizations, id) {
			s.add("organizations/"+id, hint("", "is for an organization that the settings do not have"))
		}
		for _, kind := range []string{"menus", "forms", "articles"} {
			c.readKind(s, before, kind, path.Join("organizations", id, kind), id)
		}
	}
	for _, kind := range []string{"menus", "forms", "options", "articles"} {
		c.readKind(s, before, kind, kind, "")
	}
	if f, ok := c.readFile(s, before, manifestFile, parseManifest); ok {
		s.manifest = f.manifest
	} else if _, there := c.files[manifestFile]; !there {
		// A portal without a manifest is a slip, or a moment of an editor.
		f := before[manifestFile]
		s.add(manifestFile, &Problem{Reason: "is missing; portico-gateway init writes one", Kept: f.good != nil})
		if c.files[manifestFile] = f; f.good != nil {
			s.manifest = f.good.manifest
		}
	}
	s.finish()
	return s
}

// readKind reads the files of one kind into the snapshot.
func (c *Content) readKind(s *Snapshot, before map[string]file, kind, folder, organization string) {
	for _, base := range c.names(s, folder) {
		name := path.Join(folder, base)
		f, ok := c.readFile(s, before, name, parsers()[kind])
		if !ok {
			continue
		}
		for _, m := range f.menus {
			m.organization = organization
			s.menus = append(s.menus, m)
		}
		if f.form != nil {
			form := *f.form
			form.organization, form.file = organization, name
			s.forms = append(s.forms, &form)
		}
		for _, a := range f.articles {
			a.organization = organization
			s.articles = append(s.articles, a)
		}
		if kind == "options" {
			s.options[base] = f.options
		}
		c.checkAudiences(s, name, f)
	}
}

// readFile parses a file unless it is as it was.
func (c *Content) readFile(s *Snapshot, before map[string]file, name string, parse func([]byte) (*parsed, []Problem)) (*parsed, bool) {
	f := before[name]
	raw, err := readBounded(filepath.Join(c.folder, filepath.FromSlash(name)))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, false // removed
	case err != nil:
		f.sum, f.faults = [sha256.Size]byte{}, []Problem{*wrong("", "cannot be read: %v", err)}
	case f.sum != sha256.Sum256(raw):
		var good *parsed
		f.sum = sha256.Sum256(raw)
		if good, f.faults = parse(raw); good != nil {
			f.good = good
		}
	}
	c.files[name] = f
	for _, p := range f.faults {
		p.Kept = f.good != nil && !p.Hint
		s.add(name, &p)
	}
	return f.good, f.good != nil
}

// checkAudiences reports organizations that nobody is in.
func (c *Content) checkAudiences(s *Snapshot, name string, f *parsed) {
	if c.organizations == nil {
		return
	}
	for place, rule := range f.audiences() {
		for i, id := range rule.Organizations {
			if !slices.Contains(c.organizations, id) {
				s.add(name, hint(fmt.Sprintf("%s.organizations[%d]", place, i), "is %q, which the settings do not have, so that nobody is in it", id))
			}
		}
	}
}

// names are the files of a folder by name.
func (c *Content) names(s *Snapshot, folder string) (names []string) {
	for _, d := range c.entries(s, folder) {
		if strings.HasSuffix(d.Name(), ".json") && !hidden(d.Name()) && !c.isFolder(folder, d) {
			names = append(names, d.Name())
		}
	}
	if len(names) > maxFiles {
		s.add(folder, wrong("", "has %d files; the first %d are used", len(names), maxFiles))
		names = names[:maxFiles]
	}
	return names
}

// folders are the folders in a folder by name.
func (c *Content) folders(s *Snapshot, folder string) (names []string) {
	for _, d := range c.entries(s, folder) {
		if !hidden(d.Name()) && c.isFolder(folder, d) {
			names = append(names, d.Name())
		}
	}
	return names
}

// entries are a folder's by name. One that cannot be read takes nothing away.
func (c *Content) entries(s *Snapshot, folder string) []fs.DirEntry {
	entries, err := os.ReadDir(filepath.Join(c.folder, filepath.FromSlash(folder)))
	if err == nil {
		c.entriesBefore[folder] = entries
		return entries
	}
	if errors.Is(err, fs.ErrNotExist) {
		delete(c.entriesBefore, folder)
		return nil
	}
	s.add(folder, wrong("", "cannot be read: %v", err))
	return c.entriesBefore[folder]
}

// isFolder follows links: volumes of containers are made of them.
func (c *Content) isFolder(folder string, d fs.DirEntry) bool {
	if d.Type()&fs.ModeSymlink == 0 {
		return d.IsDir()
	}
	info, err := os.Stat(filepath.Join(c.folder, filepath.FromSlash(folder), d.Name()))
	return err == nil && info.IsDir()
}

func readBounded(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(raw) > maxFile {
		err = fmt.Errorf("it has more than %d bytes", maxFile)
	}
	return raw, err
}

// both is a person's way to something that is for an organization and for an audience.
func both(organization string, rule audience.Rule, p audience.Person) bool {
	return (organization == "" || organization == p.Organization) && rule.Includes(p)
}
