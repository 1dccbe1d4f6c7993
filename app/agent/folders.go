package agent

import (
	"path/filepath"

	"github.com/portico-desktop/portico/app/desktop"
)

// folders hold the agent's files.
type folders struct {
	desktop.Paths
	logs string // the log, the record of sign-ins and crashes; "" for none
	// noCopies: a rehearsal leaves no copies of a portal's or a provider's documents.
	noCopies bool
}

// cache is for copies of the portal's and the providers' documents, "" to keep none.
func (f folders) cache() string {
	if f.noCopies {
		return ""
	}
	return f.Cache
}

// locks holds the locks, which other programs of this person respect.
func (f folders) locks() string { return filepath.Join(f.Data, "locks") }
