package agent

import (
	"errors"
	"io/fs"
	"time"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/diag"
	"github.com/portico-desktop/portico/app/localapi"
)

// CannotStart is why an agent could not begin, for people: there is no place for
// Portico's files, or the meeting place of its programs is open to others. Anything else
// is a problem of code localapi.Unexpected.
func CannotStart(err error, paths desktop.Paths) *localapi.Problem {
	if p := diag.OwnerProblem(err); p != nil {
		return p
	}
	p := &localapi.Problem{Code: localapi.Unexpected, Details: &localapi.Details{Error: err.Error(), Time: time.Now()}}
	var at *fs.PathError
	switch {
	case errors.Is(err, localapi.ErrUnsafe):
		p.Code, p.Params = localapi.RuntimeFolder, map[string]string{"file": paths.Runtime}
	case errors.As(err, &at):
		p.Code, p.Params = localapi.DataFolder, map[string]string{"file": at.Path, "reason": at.Err.Error()}
	}
	return p
}
