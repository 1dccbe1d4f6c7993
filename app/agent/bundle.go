package agent

import (
	"context"
	"os"
	"time"

	"github.com/portico-desktop/portico/app/diag"
	"github.com/portico-desktop/portico/app/localapi"
)

// Bundle gathers the files for support; see [localapi.Agent].
func (s *support) Bundle(ctx context.Context) (localapi.Bundle, error) {
	p := diag.BundleParams{Words: s.words, Paths: s.folders.Paths, LogDir: s.folders.logs, Env: os.Getenv}
	p.Check, p.CheckErr = s.Check(ctx)
	p.Policy, p.PolicyErr = s.decisions.Policy(ctx)
	if ctx.Err() != nil {
		return localapi.Bundle{}, context.Cause(ctx)
	}
	if !s.passive {
		state, err := s.state(ctx)
		if err != nil {
			return localapi.Bundle{}, err
		}
		p.State = &state
	}
	p.Now = time.Now()
	return diag.NewBundle(p), nil
}
