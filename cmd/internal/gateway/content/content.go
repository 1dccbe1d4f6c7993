// Package content is all that an IT team writes for its people as files: the portal's
// manifest, apps, forms, choices for their fields, and articles. Begin at [Params.Open].
//
// The folder, described for its writers in CONTENT.md:
//
//	portico.json         the manifest
//	public/…             pictures named in the manifest, such as its logo
//	menus/*.json         apps: {"audience": …, "menus": […]}, or the list alone
//	forms/*.json         one form each: id, title, schema, ui; see [Form]
//	options/*.json       choices for dynamic fields: a list of [Option]
//	articles/*.json      answers to look at before asking: a list of [Article]
//	organizations/ID/    menus, forms and articles of one organization
//
// Files are read again when they change. A wrong or half-written file is reported as a
// [Problem], and its last good content goes on counting. The package knows people as an
// audience does, and neither the store nor how people are asked.
package content

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// Params says where the files are.
type Params struct {
	// Folder is the folder of the files. It is only read.
	Folder string
	// Organizations are the ids of organizations in the gateway's settings. Others in
	// files are reported. nil reports none.
	Organizations []string
	// Log takes problems, once each; nil is the default logger.
	Log *slog.Logger
	// Changed is called with each new content after the first, one call at a time.
	Changed func(*Snapshot)
}

// Content is the content of a folder. Its methods may be called from several goroutines.
type Content struct {
	folder        string
	organizations []string
	log           *slog.Logger
	changed       func(*Snapshot)

	current atomic.Pointer[Snapshot]

	// reading is held while the folder is read.
	reading sync.Mutex
	// files are the last good files, by name.
	files map[string]file
	// entriesBefore are the entries of folders at the last good look.
	entriesBefore map[string][]fs.DirEntry
	// said are the problems in the log.
	said map[Problem]bool
}

// Open reads the folder. Problems of single files are in the log and in
// [Snapshot.Problems]; those files are left out.
//
// Errors: *[Problem] for the manifest; the folder cannot be read.
func (p Params) Open() (*Content, error) {
	if info, err := os.Stat(p.Folder); err != nil {
		return nil, fmt.Errorf("open the portal's content: %w", err)
	} else if !info.IsDir() {
		return nil, fmt.Errorf("open the portal's content: %s is not a folder", p.Folder)
	}
	c := &Content{folder: p.Folder, organizations: p.Organizations, log: p.Log, changed: p.Changed, files: map[string]file{}, entriesBefore: map[string][]fs.DirEntry{}, said: map[Problem]bool{}}
	if c.log == nil {
		c.log = slog.Default()
	}
	c.Reload()
	if s := c.Current(); s.manifest == nil {
		for _, problem := range s.problems {
			if problem.File == manifestFile {
				return nil, &problem
			}
		}
		return nil, errors.New("open the portal's content: no manifest")
	}
	return c, nil
}

// Current is the content now.
func (c *Content) Current() *Snapshot { return c.current.Load() }

// Reload reads the folder now.
func (c *Content) Reload() {
	c.reading.Lock()
	defer c.reading.Unlock()
	s := c.read()
	c.report(s.problems)
	before := c.current.Swap(s)
	if before != nil && before.digest != s.digest && c.changed != nil {
		c.changed(s)
	}
}

// report logs each problem once, until it is gone.
func (c *Content) report(problems []Problem) {
	now := map[Problem]bool{}
	for _, p := range problems {
		if now[p] = true; !c.said[p] {
			c.log.Warn("a file of the portal's content is not used as it stands", "file", p.File, "place", p.Place, "reason", p.Reason, "kept", p.Kept)
		}
	}
	for p := range c.said {
		if !now[p] && !slices.ContainsFunc(problems, func(other Problem) bool { return other.File == p.File }) {
			c.log.Info("a file of the portal's content is good again", "file", p.File)
		}
	}
	c.said = now
}

// hidden is true for names of editors, of file systems, and of volumes.
func hidden(name string) bool { return strings.HasPrefix(name, ".") }
