package agent

import (
	"context"

	"github.com/portico-desktop/portico/app/localapi"
)

// Set changes one of the person's settings; see [localapi.Agent].
func (a *Agent) Set(context.Context, localapi.SettingRequest) error {
	return &localapi.Problem{Code: localapi.Unexpected}
}

// Policy says what IT has decided; see [localapi.Agent].
func (a *Agent) Policy(context.Context) (localapi.PolicyReport, error) {
	return localapi.PolicyReport{}, &localapi.Problem{Code: localapi.Unexpected}
}
