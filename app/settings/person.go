package settings

import (
	"encoding/json"
	"errors"
	"io/fs"
	"sync"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/auth/fetch"
)

// Person is the person's own decisions, in settings.json.
type Person struct {
	Portal string `json:"portal,omitempty"`
	// SignedOut: nobody is signed in silently, not even a remembered account, until
	// somebody signs in again.
	SignedOut bool `json:"signed_out,omitempty"`
	// Begun: the browser was opened once without a click; see policy.AutoSignIn.
	Begun bool `json:"begun,omitempty"`
	// Settings are those of app/policy by key. Unknown ones are kept for the version
	// they came from.
	Settings map[policy.Name]any `json:"settings,omitempty"`
}

// readPerson reads the person's settings; no file means no settings. A file of somebody
// else is not read: it could name any program as the browser.
func readPerson(paths desktop.Paths) (Person, error) {
	var p Person
	if err := desktop.CheckOwned(paths.Settings()); err != nil {
		return p, err
	}
	raw, err := fetch.ReadFile(paths.Settings())
	if errors.Is(err, fs.ErrNotExist) {
		return p, nil
	}
	if err != nil {
		return p, err
	}
	return p, json.Unmarshal(raw, &p)
}

// file keeps the person's settings on disk.
type file struct {
	paths desktop.Paths
	// none: nothing is read or written, as in a rehearsal.
	none bool

	changing sync.Mutex // held while the file is read to be changed, and written

	mu   sync.Mutex // guards last
	last Person     // as it was read or written last
}

// read reads the file as it is now.
func (f *file) read() (Person, error) {
	if f.none {
		return Person{}, nil
	}
	return readPerson(f.paths)
}

// reread is read between changes. Its result is the last one.
func (f *file) reread() (Person, error) {
	f.changing.Lock()
	defer f.changing.Unlock()
	p, err := f.read()
	f.note(p)
	return p, err
}

func (f *file) note(p Person) {
	f.mu.Lock()
	f.last = p
	f.mu.Unlock()
}

func (f *file) noted() Person {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.last
}

// edit changes the file as a whole, and writes only changes.
func (f *file) edit(edit func(*Person)) error {
	if f.none {
		return nil
	}
	f.changing.Lock()
	defer f.changing.Unlock()
	p, err := f.read()
	if err != nil {
		return err
	}
	before, err := json.Marshal(p)
	if err != nil {
		return err
	}
	edit(&p)
	raw, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return err
	}
	if after, err := json.Marshal(p); err == nil && string(after) == string(before) {
		return nil
	}
	if err := fetch.WriteFile(f.paths.Settings(), append(raw, '\n')); err != nil {
		return err
	}
	f.note(p)
	return nil
}
