package diag

import (
	"errors"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/localapi"
)

// OwnerProblem is what a *[desktop.OwnerError] means to people, nil for every other
// error.
func OwnerProblem(err error) *localapi.Problem {
	var owner *desktop.OwnerError
	if !errors.As(err, &owner) {
		return nil
	}
	p := &localapi.Problem{Code: localapi.FolderOfRoot, Params: map[string]string{"file": owner.Dir, "command": owner.Mend}}
	if owner.Mend == "" {
		p.Code, p.Params = localapi.FolderOfPerson, map[string]string{"file": owner.Dir, "owner": owner.Owner}
	}
	return p
}
