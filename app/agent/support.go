package agent

import (
	"context"
	"log/slog"
	"os"
	"slices"
	"time"

	"github.com/portico-desktop/portico/app/diag"
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/app/portal"
	"github.com/portico-desktop/portico/app/portal/manifest"
	"github.com/portico-desktop/portico/app/registration"
	"github.com/portico-desktop/portico/app/session"
	"github.com/portico-desktop/portico/app/settings"
	"github.com/portico-desktop/portico/app/words"
	"github.com/portico-desktop/portico/assets"
	"github.com/portico-desktop/portico/auth"
)

// support is everything for helping a person. It needs no Run, to work when nothing else
// does, and implements [localapi.Diagnostics].
type support struct {
	words   *words.Words
	folders folders
	// background: this is the background program, with a tray. passive: nothing is known
	// of a session.
	background, passive bool
	way                 *wayOut
	store               auth.Store
	storeKind           func(policy.Settings) string // the place of sign-ins
	decisions           *settings.Decisions
	session             func() (localapi.Session, []localapi.Problem)
	keeper              *portal.Keeper
	// portal is the address in force.
	portal func() (address string, err error)
	// offered are the providers for people to sign in with, by a manifest, nil for none,
	// and by IT.
	offered func(*manifest.Manifest) []manifest.Provider
	tray    func() bool // the desktop shows it
	state   func(context.Context) (localapi.State, error)
	log     *slog.Logger
}

// Check looks at this computer and the way out; see [localapi.Agent].
func (s *support) Check(ctx context.Context) (localapi.CheckReport, error) {
	d := s.desk()
	report := diag.Examine(ctx, d)
	if ctx.Err() != nil {
		return localapi.CheckReport{}, context.Cause(ctx)
	}
	return report, nil
}

// desk is everything for the doctor to examine.
func (s *support) desk() diag.Desk {
	d := diag.Desk{
		Build: assets.Version, HTTP: s.way.client, Network: s.way.transport, Store: s.store, Paths: s.folders.Paths, Background: s.background, Env: os.Getenv,
		Window: diag.LastNoWindow(s.folders.Paths), ExtraCA: s.way.untrusting, Known: s.keeper.Snapshot().Read, Tray: s.tray(),
	}
	s.examinePolicies(&d)
	address, err := s.portal()
	d.Portal, d.PortalProblem = address, session.Explain(err, session.About{}, time.Now())
	current, notices := s.session()
	d.SigningIn = current.Phase == localapi.SigningIn
	if len(notices) > 0 {
		d.Unkept = &notices[0]
	}
	if d.Known == nil && d.Portal != "" {
		d.Known, _ = s.keeper.Reader().Cached(d.Portal)
	}
	if s.way.transport != nil {
		s.way.transport.Renew() // the person at the screen may just have changed the settings
	}
	d.Manifest = func(ctx context.Context) (*portal.Published, error) { return s.keeper.Reader().Check(ctx, d.Portal) }
	d.Offered = s.offered
	d.WithoutPortal = len(s.offered(nil)) > 0
	// Without a cache nothing read is kept.
	looking := registration.New(registration.Params{Store: s.store, LockDir: s.folders.locks(), HTTP: s.way.client, Log: s.log})
	d.Setup = func(ctx context.Context, p manifest.Provider) localapi.ProviderSetup {
		return looking.Setup(ctx, asDecided(p, s.decisions.Now()), p.ClientAuth.Expires())
	}
	d.Learnt = func(p auth.Provider) auth.Learnt {
		client, err := s.client(p)
		if err != nil {
			return auth.Learnt{}
		}
		defer client.Close()
		return client.Learnt()
	}
	d.Inspect = func(ctx context.Context, p auth.Provider) (*auth.Inspection, error) {
		client, err := s.client(p)
		if err != nil {
			return nil, err
		}
		defer client.Close()
		return client.Inspect(ctx)
	}
	return d
}

// client is the engine's for a provider, with IT's decisions.
func (s *support) client(p auth.Provider) (*auth.Client, error) {
	return auth.New(auth.Params{
		Provider: narrowed([]auth.Provider{p}, s.decisions.Now())[0], Accounts: auth.NewAccounts(s.store, s.folders.locks()), CacheDir: s.folders.cache(), HTTP: s.way.client, Log: s.log,
	})
}

// examinePolicies asks IT's settings anew, and takes none of them into use.
func (s *support) examinePolicies(d *diag.Desk) {
	policies, decided := s.decisions.Examined()
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
	for _, source := range policies.Sources() {
		if !slices.Contains(d.PolicySources, source.Where) {
			d.PolicySources = append(d.PolicySources, source.Where)
		}
	}
	for _, row := range decided.All() {
		if row.By != "" {
			continue // counted with its deciding key
		}
		if row.Source.Kind.OfIT() {
			d.PolicyKeys++
		}
	}
	d.ExtraCAByEnv = decided.Get(policy.ExtraCAFile).Source.Kind == policy.Environment
	portal := decided.Get(policy.PortalURL).Source.Kind
	d.PortalDecided = portal.OfIT()
	d.StoreKind = s.storeKind(decided)
	d.Browser = decided.Text(policy.Browser)
	d.Autostart = decided.On(policy.Autostart)
	d.FirstPort, d.LastPort, _ = policy.Ports(decided.Text(policy.RedirectPorts))
}
