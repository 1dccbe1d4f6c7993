package agent

import (
	"context"

	"github.com/portico-desktop/portico/app/localapi"
)

// Bundle gathers what support wants to see; see [localapi.Agent].
func (a *Agent) Bundle(context.Context) (localapi.Bundle, error) {
	return localapi.Bundle{}, &localapi.Problem{Code: localapi.Unexpected}
}
