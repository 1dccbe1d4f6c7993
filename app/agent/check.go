package agent

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/portico-desktop/portico/app/diag"
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/app/portal"
	"github.com/portico-desktop/portico/app/session"
	"github.com/portico-desktop/portico/assets"
	"github.com/portico-desktop/portico/auth"
)

// Check looks at this computer and the way out; see [localapi.Agent]. It needs no
// Run, so that it also works where nothing else does.
func (a *Agent) Check(ctx context.Context) (localapi.CheckReport, error) {
	d := a.desk()
	report := diag.Examine(ctx, d)
	if ctx.Err() != nil {
		return localapi.CheckReport{}, context.Cause(ctx)
	}
	return report, nil
}

// desk is what the doctor examines.
func (a *Agent) desk() diag.Desk {
	d := diag.Desk{
		Build: assets.Version, HTTP: a.p.HTTP, Network: a.network, Store: a.p.Store, Paths: a.p.Paths, Background: a.p.Desktop, Env: os.Getenv,
	}
	d.Portal, d.PortalProblem = a.examinedPortal()
	a.examinePolicies(&d)
	current, _ := a.session.Snapshot()
	d.SigningIn = current.Phase == localapi.SigningIn
	a.mu.Lock()
	d.Known, d.ExtraCA, d.Tray = a.published, a.untrusting, a.trayShown
	a.mu.Unlock()
	if d.Known == nil && d.Portal != "" {
		d.Known, _ = a.reader.Cached(d.Portal)
	}
	if a.network != nil {
		a.network.Reset() // whoever looks may just have changed the settings
	}
	d.Manifest = func(ctx context.Context) (*portal.Published, error) { return a.reader.Check(ctx, d.Portal) }
	locks := filepath.Join(a.p.Paths.Data, "locks")
	// Without a cache nothing is kept of what is read.
	looking := session.New(session.Params{Store: a.p.Store, LockDir: locks, HTTP: a.p.HTTP, Log: a.log})
	d.Setup = func(ctx context.Context, p portal.Provider) localapi.ProviderSetup {
		return looking.Setup(ctx, described(p), p.ClientAuth.Expires())
	}
	d.Metadata = func(ctx context.Context, p auth.Provider) (*auth.Metadata, error) {
		client, err := auth.New(auth.Params{Provider: p, Store: a.p.Store, LockDir: locks, HTTP: a.p.HTTP, Log: a.log})
		if err != nil {
			return nil, err
		}
		defer client.Close()
		return client.RenewMetadata(ctx)
	}
	return d
}

// examinedPortal is the portal's address, and what is wrong with it.
func (a *Agent) examinedPortal() (string, *localapi.Problem) {
	a.mu.Lock()
	address, started, problem := a.address, a.started, a.problem
	a.mu.Unlock()
	if started && problem != nil && (problem.Code == localapi.PortalAddress || problem.Code == localapi.PortalNotHTTPS) {
		return address, problem
	}
	if started {
		return address, nil
	}
	address, err := a.configured()
	return address, session.Explain(err, session.About{}, time.Now())
}

// examinePolicies asks IT's settings anew, and takes nothing of them into use.
func (a *Agent) examinePolicies(d *diag.Desk) {
	read := a.p.Policies
	if read == nil {
		read = policy.Read
	}
	policies := read()
	settings := policies.Resolve(policy.Layers{})
	for _, p := range settings.Problems() {
		d.PolicyProblems = append(d.PolicyProblems, policyProblem(p))
	}
	for _, s := range policies.Sources() {
		if !slices.Contains(d.PolicySources, s.Where) {
			d.PolicySources = append(d.PolicySources, s.Where)
		}
	}
	d.StoreKind = settings.Text(policy.TokenStore)
	d.Browser = settings.Text(policy.Browser)
	d.Autostart = settings.On(policy.Autostart)
}
