package agent

import (
	"path/filepath"

	"github.com/portico-desktop/portico/app/desktop"
)

// folders are where the agent's files lie.
type folders struct {
	desktop.Paths
	logs string // the log, the record of sign-ins and crashes; "" for none
	// noCopies: a rehearsal leaves no copies of what portal and providers publish.
	noCopies bool
}

// cache is for copies of what portal and providers publish, "" to keep none.
func (f folders) cache() string {
	if f.noCopies {
		return ""
	}
	return f.Cache
}

// locks holds the locks that other programs of this person respect.
func (f folders) locks() string { return filepath.Join(f.Data, "locks") }
