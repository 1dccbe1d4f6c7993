package agent

import (
	"encoding/json"
	"errors"
	"io/fs"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/auth/fetch"
)

// settings is what the person has decided, in settings.json.
type settings struct {
	Portal string `json:"portal,omitempty"`
	// SignedOut: nobody is signed in silently, whoever is remembered, until
	// somebody signs in again.
	SignedOut bool `json:"signed_out,omitempty"`
	// Begun: the browser was opened once without a click; see policy.AutoSignIn.
	Begun bool `json:"begun,omitempty"`
	// Settings are those of app/policy by key. What this version does not know is
	// kept for the one that does.
	Settings map[policy.Name]any `json:"settings,omitempty"`
}

// readKept reads the person's settings; none are kept where there is no file. One that
// somebody else may have written is not read: it could name any program as the browser.
func readKept(paths desktop.Paths) (settings, error) {
	var s settings
	if err := desktop.CheckOwned(paths.Settings()); err != nil {
		return s, err
	}
	raw, err := fetch.ReadFile(paths.Settings())
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return s, err
	}
	return s, json.Unmarshal(raw, &s)
}

// readSettings is readKept for an agent that may.
func (a *Agent) readSettings() (settings, error) {
	if a.p.Rehearse != nil {
		return settings{}, nil
	}
	return readKept(a.p.Paths)
}

// editSettings changes the file as a whole, and writes nothing where nothing changes.
func (a *Agent) editSettings(edit func(*settings)) error {
	if a.p.Rehearse != nil {
		return nil
	}
	a.keeping.Lock()
	defer a.keeping.Unlock()
	s, err := a.readSettings()
	if err != nil {
		return err
	}
	before, err := json.Marshal(s)
	if err != nil {
		return err
	}
	edit(&s)
	raw, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	if after, err := json.Marshal(s); err == nil && string(after) == string(before) {
		return nil
	}
	if err := fetch.WriteFile(a.p.Paths.Settings(), append(raw, '\n')); err != nil {
		return err
	}
	a.mu.Lock()
	a.kept = s
	a.mu.Unlock()
	return nil
}

// keepSignedBack notes that somebody has signed in after a sign-out, unless that is
// noted already. Without it the next start would leave them signed out.
func (a *Agent) keepSignedBack() {
	a.mu.Lock()
	due := a.signedBack
	a.signedBack = false
	a.mu.Unlock()
	if due {
		a.keepSignedOut()
	}
}

// keepSignedOut remembers over the next start whether the person has signed out. Of
// several at once, the last one to write knows what came last.
func (a *Agent) keepSignedOut() {
	err := a.editSettings(func(s *settings) {
		a.mu.Lock()
		defer a.mu.Unlock()
		s.SignedOut = a.signedOut
	})
	if err != nil {
		a.log.Warn("the next start does not know whether somebody has signed out", "error", err)
	}
}
