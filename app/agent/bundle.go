package agent

import (
	"context"
	"os"
	"time"

	"github.com/portico-desktop/portico/app/diag"
	"github.com/portico-desktop/portico/app/localapi"
)

// Bundle gathers what support wants to see; see [localapi.Agent]. Like Check it needs
// no Run.
func (a *Agent) Bundle(ctx context.Context) (localapi.Bundle, error) {
	p := diag.BundleParams{Words: a.p.Words, Paths: a.p.Paths, LogDir: a.p.LogDir, Env: os.Getenv}
	p.Check, p.CheckErr = a.Check(ctx)
	p.Policy, p.PolicyErr = a.decisions.Policy(ctx)
	if ctx.Err() != nil {
		return localapi.Bundle{}, context.Cause(ctx)
	}
	if !a.p.Passive {
		state, err := a.State(ctx)
		if err != nil {
			return localapi.Bundle{}, err
		}
		p.State = &state
	}
	p.Now = time.Now()
	return diag.NewBundle(p), nil
}
