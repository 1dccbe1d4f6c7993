package diag

import (
	"errors"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/localapi"
)

// OwnerProblem makes a problem of a *[desktop.OwnerError], nil for every other error.
func OwnerProblem(err error) *localapi.Problem {
	var owner *desktop.OwnerError
	if !errors.As(err, &owner) {
		return nil
	}
	p := &localapi.Problem{Code: localapi.FolderOfOther, Params: map[string]string{"file": owner.Dir}}
	switch {
	case owner.Mounted:
		p.Code = localapi.FolderMounted
	case owner.Open:
		p.Code = localapi.FolderOpen
	case owner.InHome:
		p.Code = localapi.FolderInHome
		p.Params["owner"] = owner.Owner
	case owner.Mend != "":
		p.Code = localapi.FolderOfRoot
	case owner.AsRoot:
		p.Code = localapi.FolderOfPerson
	}
	if owner.Mend != "" {
		p.Params["command"] = owner.Mend
	} else if !owner.Open {
		p.Params["owner"] = owner.Owner
	}
	return p
}
