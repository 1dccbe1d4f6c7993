package agent

import (
	"context"
	"os"
	"slices"
	"time"

	"github.com/portico-desktop/portico/app/diag"
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/app/portal"
	"github.com/portico-desktop/portico/app/registration"
	"github.com/portico-desktop/portico/app/session"
	"github.com/portico-desktop/portico/app/settings"
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
		Window: diag.LastNoWindow(a.p.Paths),
	}
	a.examinePolicies(&d)
	address, err := a.examinedPortal()
	d.Portal, d.PortalProblem = address, session.Explain(err, session.About{}, time.Now())
	current, notices := a.session.Snapshot()
	d.SigningIn = current.Phase == localapi.SigningIn
	if len(notices) > 0 {
		d.Unkept = &notices[0]
	}
	a.mu.Lock()
	d.Known, d.ExtraCA, d.Tray = a.read, a.untrusting, a.trayShown
	a.mu.Unlock()
	if d.Known == nil && d.Portal != "" {
		d.Known, _ = a.reader.Cached(d.Portal)
	}
	if a.network != nil {
		a.network.Renew() // whoever looks may just have changed the settings
	}
	d.Manifest = func(ctx context.Context) (*portal.Published, error) { return a.reader.Check(ctx, d.Portal) }
	d.Offered = a.examinedProviders
	d.WithoutPortal = len(a.examinedProviders(nil)) > 0
	// Without a cache nothing is kept of what is read.
	looking := registration.New(registration.Params{Store: a.p.Store, LockDir: a.lockDir(), HTTP: a.p.HTTP, Log: a.log})
	d.Setup = func(ctx context.Context, p portal.Provider) localapi.ProviderSetup {
		return looking.Setup(ctx, a.asDecided(p), p.ClientAuth.Expires())
	}
	d.Learnt = func(p auth.Provider) auth.Learnt {
		p = narrowed([]auth.Provider{p}, a.decisions.Now())[0]
		client, err := auth.New(auth.Params{Provider: p, Store: a.p.Store, CacheDir: a.cacheDir(), LockDir: a.lockDir(), HTTP: a.p.HTTP, Log: a.log})
		if err != nil {
			return auth.Learnt{}
		}
		defer client.Close()
		return client.Learnt()
	}
	d.Inspect = func(ctx context.Context, p auth.Provider) (*auth.Inspection, error) {
		p = narrowed([]auth.Provider{p}, a.decisions.Now())[0]
		client, err := auth.New(auth.Params{Provider: p, Store: a.p.Store, CacheDir: a.cacheDir(), LockDir: a.lockDir(), HTTP: a.p.HTTP, Log: a.log})
		if err != nil {
			return nil, err
		}
		defer client.Close()
		return client.Inspect(ctx)
	}
	return d
}

// examinedPortal is the portal's address. An agent that was never started has not
// taken one into use.
func (a *Agent) examinedPortal() (string, error) {
	a.mu.Lock()
	address, started := a.address, a.started
	a.mu.Unlock()
	if set, err := a.decisions.PortalAddress(); err != nil || !started {
		return set, err
	}
	return address, nil
}

// examinedProviders are those that people may sign in with, by the manifest and by
// what IT says; m is nil for no manifest.
func (a *Agent) examinedProviders(m *portal.Manifest) []portal.Provider {
	var read *portal.Published
	if m != nil {
		read = &portal.Published{Manifest: *m}
	}
	if read = a.withPolicies(read); read == nil {
		return nil
	}
	return read.Manifest.Offered()
}

// examinePolicies asks IT's settings anew, and takes nothing of them into use.
func (a *Agent) examinePolicies(d *diag.Desk) {
	policies, decided := a.decisions.Examined()
	for _, p := range decided.Problems() {
		d.PolicyProblems = append(d.PolicyProblems, settings.Problem(p))
	}
	d.PolicyProblems = append(d.PolicyProblems, settings.Faults(decided)...)
	if !decided.On(policy.SignInEnabled) {
		off := localapi.Problem{Code: localapi.SignInTurnedOff, Params: map[string]string{}}
		if by := decided.Text(policy.ManagedByName); by != "" {
			off.Params["by"] = by
		}
		d.PolicyProblems = append(d.PolicyProblems, off)
	}
	for _, s := range policies.Sources() {
		if !slices.Contains(d.PolicySources, s.Where) {
			d.PolicySources = append(d.PolicySources, s.Where)
		}
	}
	for _, s := range decided.All() {
		if s.By != "" {
			continue // counted as what has decided it
		}
		if s.Source.Kind.OfIT() {
			d.PolicyKeys++
		}
	}
	d.ExtraCAByEnv = decided.Get(policy.ExtraCAFile).Source.Kind == policy.Environment
	portal := decided.Get(policy.PortalURL).Source.Kind
	d.PortalDecided = portal.OfIT()
	d.StoreKind = decided.Text(policy.TokenStore)
	if a.stores != nil {
		d.StoreKind = a.stores.kind // which counts until the next start
	}
	d.Browser = decided.Text(policy.Browser)
	d.Autostart = decided.On(policy.Autostart)
	d.FirstPort, d.LastPort, _ = policy.Ports(decided.Text(policy.RedirectPorts))
}
