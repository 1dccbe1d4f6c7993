package agent

import (
	"context"

	"github.com/portico-desktop/portico/app/localapi"
)

// Check looks at this computer and the way out; see [localapi.Agent].
func (a *Agent) Check(context.Context) (localapi.CheckReport, error) {
	return localapi.CheckReport{}, &localapi.Problem{Code: localapi.Unexpected}
}
