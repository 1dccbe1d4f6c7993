// Package agent is Portico's brain: it composes the session, the portal and the
// operating system, and is what windows and consoles talk to.
//
// [Agent] implements the local contract in process; [Serve] adds the socket, the
// tray and the watch for network changes, and is what the background program
// runs. It shows nothing and draws nothing. Between events it does nothing.
package agent

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/diag"
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/app/portal"
	"github.com/portico-desktop/portico/app/registration"
	"github.com/portico-desktop/portico/app/session"
	"github.com/portico-desktop/portico/app/settings"
	"github.com/portico-desktop/portico/app/words"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/network"
	"github.com/portico-desktop/portico/auth/network/proxystore"
	"github.com/portico-desktop/portico/auth/vault"
)

// serviceName is the key store's name for Portico. It must never change: every
// installed Portico would be signed out.
const serviceName = "io.github.portico_desktop.Portico"

// Params make an [Agent].
type Params struct {
	// Paths are where files go; they are created when needed.
	Paths desktop.Paths
	// Words are the person's language. Required.
	Words *words.Words
	// Portal is an address that counts for this run only, before the one that
	// the person has set.
	Portal string
	// OpenBrowser opens an address. Nil means the browser that the setting Browser
	// names, or the system's.
	OpenBrowser func(context.Context, string) error
	// OpenWindow starts the window program, for Show without an open window.
	// Nil means that there is none to start.
	OpenWindow func() error
	// AtLogOn says that the computer has only just come up: the key store may be
	// late and is waited for.
	AtLogOn bool
	// Passive leaves everything as it lies: nobody is signed in silently and no
	// portal is read. For looking only, as Accounts does.
	Passive bool
	// Since is when the person asked who is signed in, for programs that need no tokens
	// and end soon; see [session.Params].
	Since time.Time
	// Rehearse tries a manifest before it is published, and leaves no trace: its
	// providers are the portal's, sign-ins end with the agent, nobody is signed in
	// from before, and no settings and no portal are read or written. Only secrets
	// and keys of its providers are really kept, so that they can be set first.
	Rehearse *localapi.PortalRequest
	// Desktop adds the tray and the watch for network changes.
	Desktop bool
	// Tray makes the tray. Nil means that there is none. Programs give tray.New, and the
	// console does not: it would hold what draws one.
	Tray func(desktop.TrayParams) Tray
	// EndsWithSession ends the agent with the log-on session that it was started in; see
	// [desktop.FollowSession].
	EndsWithSession bool
	// Policies says what IT has decided. Nil means policy.Read.
	Policies func() *policy.Policies
	// Found is what was found of the policies and the person's settings just before the
	// agent is made, for its beginning. Nil means that it reads them.
	Found *settings.Found
	// PolicyChanges tells when Policies may say something else, until its context ends;
	// see desktop.FileChanges. Nil means that the operating system tells, with Desktop
	// and without Policies, and otherwise nobody.
	PolicyChanges func(context.Context) <-chan struct{}
	// Program is the file that the agent runs from. When another one takes its place,
	// Serve ends with [ErrReplaced] as soon as nobody is in the middle of anything. Nil
	// means that an upgrade waits for the agent's end.
	Program Program
	// LogDir is where the agent's log, the record of sign-ins and crashes lie, for
	// bundles. "" means that there are none.
	LogDir string
	// Store keeps the sign-ins. Nil means what the policy TokenStore says, the
	// operating system's key store by default.
	Store auth.Store
	// keyStore is a test's, in the place of the operating system's.
	keyStore auth.Store
	// waits are a test's, in the place of those of app/settings.
	waits func() settings.Waits
	// Network is how requests leave; see [NetworkOptions]. It is not used with HTTP.
	Network network.Options
	// HTTP makes all requests. Nil means the agent's own, which knows the proxies
	// and authorities of this computer; see auth/network.
	HTTP *http.Client
	// Pictures checks the portal's logos; see [portal.Params]. Programs give
	// picture.Examiner's.
	Pictures func(ctx context.Context, raw []byte) ([]byte, error)
	// Log is told what happens, without secrets. Nil means silence.
	Log *slog.Logger
	// LogLevel follows the policy of that name while the agent runs, nil for a level
	// that stays.
	LogLevel *slog.LevelVar
}

// Agent holds the state of this person's Portico. It is safe for concurrent use.
type Agent struct {
	p       Params
	log     *slog.Logger
	session *session.Session
	audit   *diag.AuditLog
	reader  *portal.Reader
	network *network.Transport // nil with Params.HTTP
	proxies *proxystore.Store
	tray    Tray
	work    sync.WaitGroup // started by begin only
	life    context.Context
	end     context.CancelFunc
	stores  *stores // nil with Params.Store
	// decisions are what IT and the person have decided.
	decisions *settings.Decisions
	// registrations are what is to be registered at the providers, secrets and keys.
	registrations *registration.Registrations
	// openLink opens an app of the launcher.
	openLink func(ctx context.Context, address string) error
	// reading keeps reads of the portal one after the other, and showing what people see.
	reading, showing sync.Mutex

	mu      sync.Mutex
	closing bool
	started bool
	// unconsidered: what counts has changed during the start.
	unconsidered bool
	// seen: the portal has been read in this run, and is not known from a copy alone.
	seen    bool
	address string
	// read is the portal as it was read, published as people see it, with what IT adds.
	read, published *portal.Published
	problem         *localapi.Problem // why the manifest is not there, or old
	checked         time.Time
	retry           *time.Timer
	retries         int
	notBefore       time.Time // when the portal wants to be asked again at the earliest
	// signedOut: the person has signed out, and stays so at the next start,
	// whoever else is remembered.
	signedOut bool
	// signedBack: somebody has signed in since, which settings.json does not say yet.
	signedBack bool
	secrets    map[string]localapi.SecretSetup // of the providers that use one
	// untrusting says why the file of extra authorities is not used. It is set once.
	untrusting *localapi.Problem
	trayShown  bool
	stood      standing // what the log was told last
	revision   uint64
	news       chan struct{} // closed and replaced at every change
	shows      uint64        // how often a window was asked for
	awaited    []*raising    // those that no window has answered yet
	watchers   int
	calls      int           // of windows and consoles that wait for an answer
	left       chan struct{} // told when one of them has its answer
	stirred    chan struct{} // told when something has been done that took memory
	pageUntil  time.Time     // until then a browser may fetch the page of a sign-out
	replaced   bool          // the agent ends for its successor
}

var _ localapi.Agent = (*Agent)(nil)

// New returns an agent. It reads the settings; nothing happens before Run.
func New(p Params) *Agent {
	a := &Agent{p: p, log: p.Log, audit: diag.NewAuditLog(p.LogDir), news: make(chan struct{}), left: make(chan struct{}, 1), stirred: make(chan struct{}, 1)}
	if a.log == nil {
		a.log = slog.New(slog.DiscardHandler)
	}
	system := p.keyStore
	if system == nil {
		system = vault.New(vault.Params{Service: storeName(p.Paths)})
	}
	// The window and the console may call before Run has got anywhere.
	a.life, a.end = context.WithCancel(context.Background())
	if a.p.Store == nil {
		a.stores = newStores(system, p.Paths)
	}
	a.decisions = settings.New(a.decisionParams())
	a.p.Found = nil
	a.openLink = a.p.OpenBrowser
	if a.p.OpenBrowser == nil {
		a.p.OpenBrowser = func(ctx context.Context, address string) error {
			return desktop.OpenIn(ctx, a.decisions.Now().Text(policy.Browser), address)
		}
		a.openLink = func(ctx context.Context, address string) error {
			return desktop.OpenApp(ctx, a.decisions.Now().Text(policy.Browser), address)
		}
	}
	if a.stores != nil {
		a.stores.choose(a.decisions.Now(), a.decisions.Broken())
		a.p.Store = a.stores.used()
	}
	a.proxies = a.newProxies()
	if a.p.HTTP == nil {
		a.p.HTTP = a.wayOut(a.wayOutOptions())
	}
	var prepare func()
	if a.network != nil {
		prepare = a.network.Prepare
	}
	a.p.HTTP = withLog(a.p.HTTP, a.log)
	cache := a.cacheDir()
	a.session = session.New(session.Params{
		Store: a.p.Store, CacheDir: cache, LockDir: a.lockDir(), HTTP: a.p.HTTP, Prepare: prepare, MemoryOnly: p.Rehearse != nil, Since: p.Since, Renew: a.renewForSignIn,
		Page: a.finalPage, ConsentPage: a.consentPage, SignOutPage: a.signOutPage, StrayPage: a.strayPage, ConsentMail: a.consentMail, Audit: a.record, Changed: a.changed, Log: a.log,
	})
	a.session.Bind(a.life)
	a.registrations = registration.New(registration.Params{
		Store: a.p.Store, CacheDir: cache, LockDir: a.lockDir(), HTTP: a.p.HTTP, Changed: a.session.CredentialChanged, Log: a.log,
	})
	a.session.SetRules(rules(a.decisions.Now()))
	a.reader = portal.New(portal.Params{HTTP: a.p.HTTP, CacheDir: cache, Pictures: a.p.Pictures, Log: a.log})
	return a
}

// cacheDir is for copies of what portal and providers publish, "" in a rehearsal, which
// leaves none.
func (a *Agent) cacheDir() string {
	if a.p.Rehearse != nil {
		return ""
	}
	return a.p.Paths.Cache
}

// lockDir holds the locks that other programs of this person respect.
func (a *Agent) lockDir() string { return filepath.Join(a.p.Paths.Data, "locks") }

// Run takes the settings into use, signs in silently if it can, and keeps the state true
// until ctx ends or Quit is called. It returns nil then, after everything it
// started has ended.
func (a *Agent) Run(ctx context.Context) error {
	stop := context.AfterFunc(ctx, a.end)
	defer stop()
	defer a.end()
	if err := a.p.Paths.Make(); err != nil {
		return err
	}
	var session sync.WaitGroup
	session.Go(func() { a.session.Run(a.life) })
	a.start(a.life)
	if a.p.Desktop {
		a.begin(a.watchNetwork)
		a.begin(func() { settle(a.life, a.stirred, a.giveBack) })
	}
	if a.p.Program != nil {
		a.begin(a.watchProgram)
	}
	if a.watchesPolicies() {
		a.begin(func() { a.decisions.Watch(a.p.PolicyChanges) })
	}
	if a.p.Desktop && a.p.AtLogOn && !a.decisions.Now().On(policy.StartHidden) {
		a.begin(func() {
			if err := a.showHere(a.life); err != nil {
				a.log.Warn("no window at log-on", "error", err)
			}
		})
	}
	<-a.life.Done()
	a.mu.Lock()
	a.closing = true
	if a.retry != nil {
		a.retry.Stop()
	}
	a.mu.Unlock()
	a.work.Wait()
	session.Wait()
	// Whoever saw the sign-in may have ended the agent before it got to this.
	a.keepSignedBack()
	return nil
}

// begin runs f as a part of the agent's life, which Run waits for.
func (a *Agent) begin(f func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.closing {
		a.work.Go(f)
	}
}

// SignIn prepares a sign-in; see [localapi.Agent].
func (a *Agent) SignIn(ctx context.Context, req localapi.SignInRequest) (localapi.SignIn, error) {
	in, err := a.session.SignIn(ctx, req)
	if err != nil {
		return in, a.named(err)
	}
	if req.Open {
		if err := a.p.OpenBrowser(ctx, in.URL); err != nil {
			return in, &localapi.Problem{Code: localapi.BrowserMissing, Details: &localapi.Details{Error: err.Error(), Time: time.Now()}}
		}
	}
	return in, nil
}

// named says why there is no provider, when the portal is the reason.
func (a *Agent) named(err error) error {
	var p *localapi.Problem
	if !errors.As(err, &p) || p.Code != localapi.NoPortal {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.problem != nil {
		return a.problem
	}
	return err
}

// CancelSignIn ends a sign-in under way; see [localapi.Agent].
func (a *Agent) CancelSignIn(context.Context) error {
	a.session.CancelSignIn()
	return nil
}

// Refresh renews the manifest and the sign-in; see [localapi.Agent].
func (a *Agent) Refresh(ctx context.Context) (localapi.State, error) {
	a.decisions.Reconsider()
	a.mu.Lock()
	first := a.published == nil
	a.mu.Unlock()
	renew := a.renewSoon
	if first {
		renew = a.renewPortal // without it there is nobody to renew
	}
	if renew(ctx) == nil && first {
		if m, _ := a.manifestAtHand(); m != nil {
			a.resume(ctx, false)
		}
	}
	_ = a.session.Refresh(ctx)
	return a.State(ctx)
}

// stale says whether the portal should be asked for its manifest. The caller
// holds mu.
func (a *Agent) stale() bool {
	return a.address != "" && (a.published == nil || a.problem != nil || time.Now().After(a.published.Expires))
}

// SignOut signs this device out; see [localapi.Agent].
func (a *Agent) SignOut(ctx context.Context, req localapi.SignOutRequest) (localapi.SignOutReport, error) {
	who := a.session.Person()
	report, err := a.session.SignOut(ctx, req)
	if report.OneTime {
		a.mu.Lock()
		a.pageUntil = time.Now().Add(pageLimit)
		a.mu.Unlock()
	}
	if err == nil && who != nil && (req.Account == "" || req.Account == who.ID) {
		a.mu.Lock()
		a.signedOut, a.signedBack = true, false
		a.mu.Unlock()
		a.keepSignedOut()
	}
	if err == nil {
		if all, err := a.session.Accounts(ctx); err == nil {
			a.decisions.Leave(ctx, all)
		}
	}
	return report, err
}

// WithdrawPages takes back the pages of sign-outs that no browser has fetched, for a
// program that has an agent of its own and could open no browser: the end of the
// agent would wait for one.
func (a *Agent) WithdrawPages() { a.session.WithdrawPages() }

// Accounts lists the remembered accounts; see [localapi.Agent].
func (a *Agent) Accounts(ctx context.Context) ([]localapi.Account, error) {
	return a.session.Accounts(ctx)
}

// UseAccount changes to another account; see [localapi.Agent]. It is renewed by the
// manifest as it is now, as in SignIn.
func (a *Agent) UseAccount(ctx context.Context, req localapi.AccountRequest) error {
	a.renewForSignIn(ctx)
	return a.session.UseAccount(ctx, req.Account)
}

// Paste completes a sign-in by hand; see [localapi.Agent].
func (a *Agent) Paste(_ context.Context, req localapi.PasteRequest) error {
	return a.session.Paste(req.Address)
}
