// Package agent is Portico's brain: it composes the session, the portal and the operating
// system, for windows and consoles to talk to.
//
// An [Agent]'s [Agent.Parts] are the local contract in process. [Serve] is for the
// background program: it adds the socket, the tray and the watch for network changes. It
// shows nothing and draws nothing. Between events it does nothing.
package agent

import (
	"context"
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
	"github.com/portico-desktop/portico/app/portal/manifest"
	"github.com/portico-desktop/portico/app/registration"
	"github.com/portico-desktop/portico/app/session"
	"github.com/portico-desktop/portico/app/settings"
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
	// Start is the program's beginning. Its Paths are created when needed, and its Words
	// are required.
	Start settings.Start
	// OpenBrowser opens an address. Nil means the browser of the setting Browser, or the
	// system's.
	OpenBrowser func(context.Context, string) error
	// OpenWindow starts the window program, for Show without an open window.
	// Nil means that there is none to start.
	OpenWindow func() error
	// AtLogOn: the computer has only just come up. The key store may be late and is
	// waited for.
	AtLogOn bool
	// Passive leaves everything alone: nobody is signed in silently and no portal is
	// read. For looking only, as Accounts does.
	Passive bool
	// Since is the time of the person's question for the signed-in account, for programs
	// that need no tokens and end soon; see [session.Params].
	Since time.Time
	// Rehearse tries a manifest before it is published, and leaves no trace: its
	// providers are the portal's, sign-ins end with the agent, no earlier sign-in counts,
	// and no settings and no portal are read or written. Only secrets and keys of its
	// providers are really kept, so that they can be set first.
	Rehearse *localapi.PortalRequest
	// Desktop adds the tray and the watch for network changes.
	Desktop bool
	// Tray makes the tray. Nil means that there is none. Programs give tray.New, but not
	// the console: it would hold the code for drawing one.
	Tray func(desktop.TrayParams) Tray
	// EndsWithSession ends the agent with its log-on session; see
	// [desktop.FollowSession].
	EndsWithSession bool
	// PolicyChanges tells of possible changes of the policies, until its context ends;
	// see desktop.FileChanges. Nil means that the operating system tells, with Desktop
	// and without Start.Policies, and otherwise nobody.
	PolicyChanges func(context.Context) <-chan struct{}
	// Program is the agent's own file. When another one takes its place, Serve ends with
	// [ErrReplaced] as soon as nobody is in the middle of anything. Nil means that an
	// upgrade waits for the agent's end.
	Program Program
	// Store keeps the sign-ins. Nil means the store of the policy TokenStore, the
	// operating system's key store by default.
	Store auth.Store
	// keyStore is a test's, in the place of the operating system's.
	keyStore auth.Store
	// waits are a test's, in the place of those of app/settings.
	waits func() settings.Waits
	// Network is how requests leave; see [NetworkOptions]. It is not used with HTTP.
	Network network.Options
	// HTTP makes all requests. Nil means the agent's own client, with the proxies and
	// authorities of this computer; see auth/network.
	HTTP *http.Client
	// Pictures checks the portal's logos; see [portal.Params]. Programs give
	// picture.Examiner's.
	Pictures func(ctx context.Context, raw []byte) ([]byte, error)
	// Log hears of all events.
	Log Log
}

// Log is for the agent's events. The zero value is silence.
type Log struct {
	// To hears of all events, without secrets. Nil means silence.
	To *slog.Logger
	// Level follows the policy LogLevel while the agent runs, nil for a fixed level.
	Level *slog.LevelVar
	// Dir holds the log, the record of sign-ins and crashes, for bundles. "" means that
	// there are none.
	Dir string
}

// Agent is this person's Portico, composed of pieces with one subject each. It is safe
// for concurrent use.
type Agent struct {
	p         Params
	life      *life
	folders   folders
	stores    *stores // nil with Params.Store
	store     auth.Store
	decisions *settings.Decisions
	way       *wayOut
	session   *session.Session
	pages     *pages
	record    *record
	outs      *signOuts
	offer     *offer
	keeper    *portal.Keeper

	states        *states
	windows       *windows
	tray          *trayIcon
	portals       *portals
	sessions      *sessions
	registrations *registrations
	support       *support
}

// New returns an agent. It reads the settings; nothing happens before Run.
func New(p Params) *Agent {
	if p.Log.To == nil {
		p.Log.To = slog.New(slog.DiscardHandler)
	}
	a := &Agent{p: p, life: newLife(), folders: folders{Paths: p.Start.Paths, logs: p.Log.Dir, noCopies: p.Rehearse != nil}, store: p.Store}
	if p.Store == nil {
		system := p.keyStore
		if system == nil {
			system = vault.New(vault.Params{Service: storeName(p.Start.Paths)})
		}
		a.stores = newStores(system, p.Start.Paths)
	}
	a.decisions = a.newDecisions()
	a.p.Start.Found = nil
	if a.stores != nil {
		a.stores.choose(a.decisions.Now(), a.decisions.Broken())
		a.store = a.stores.used()
	}
	a.way = a.newWayOut()
	a.offer = &offer{
		decisions: a.decisions, language: p.Start.Words.Language(), rehearsal: p.Rehearse != nil,
		person: func() *auth.Account { return a.session.Person() }, codes: func(id string) bool { return a.session.MayGiveCodes(id) },
	}
	a.keeper = a.newKeeper()
	a.outs = &signOuts{edit: a.decisions.Edit, signedIn: func() bool { return a.phase() == localapi.SignedIn }, log: a.p.Log.To}
	a.record = &record{
		file: diag.NewAuditLog(p.Log.Dir), none: p.Rehearse != nil || p.Passive, decided: a.decisions.Now, signedIn: a.decisions.SignedIn, log: a.p.Log.To,
	}
	a.states = &states{life: a.life, compose: a.compose, looked: a.looked, told: a.told, news: make(chan struct{})}
	a.pages = &pages{words: p.Start.Words, seen: a.keeper.Seen, rehearsal: p.Rehearse != nil}
	a.session = a.newSession()
	a.session.Bind(a.life.ctx)
	a.connect()
	a.session.SetRules(rules(a.decisions.Now()))
	return a
}

// newDecisions reads the decisions of IT and the person.
func (a *Agent) newDecisions() *settings.Decisions {
	return settings.New(settings.Params{
		Start: a.p.Start, ExtraCAFile: a.p.Network.ExtraCAFile,
		Rehearsal: a.p.Rehearse != nil, Passive: a.p.Passive, Waits: a.p.waits,
		Kept: func() (auth.Store, string) {
			if a.stores == nil {
				return a.store, ""
			}
			return a.stores.ofPolicies()
		},
		Accounts:  func() []localapi.Account { return a.session.Listed() },
		Network:   func() *localapi.Network { return a.way.settings() },
		SetPortal: func(ctx context.Context, req localapi.PortalRequest) error { return a.portals.SetPortal(ctx, req) },
		Explain:   func(err error) *localapi.Problem { return session.Explain(err, session.About{}, time.Now()) },
		Taken:     a.taken, Begin: a.life.begin, Life: a.life.ctx, Log: a.p.Log.To,
	})
}

// newWayOut is how requests leave. Proxies' passwords are kept beside the sign-ins.
func (a *Agent) newWayOut() *wayOut {
	w := &wayOut{
		proxies: proxystore.New(proxystore.Params{
			Secrets: a.store, File: filepath.Join(a.p.Start.Paths.Data, proxiesFile), LockDir: a.folders.locks(),
		}),
		mayRemember: func() bool { return mayRememberPasswords(a.decisions.Now()) }, rehearsal: a.p.Rehearse != nil,
		again: func() {
			if a.p.Desktop {
				a.life.begin(func() { _, _ = a.refresh(a.life.ctx) })
			}
		},
		log: a.p.Log.To,
	}
	if a.p.HTTP != nil {
		w.client = withLog(a.p.HTTP, a.p.Log.To)
		return w
	}
	w.open(outOptions(a.p.Network, a.decisions.Now(), a.folders.cache(), w.proxies))
	return w
}

// newSession is the session of this agent's store, portal and pages.
func (a *Agent) newSession() *session.Session {
	return session.New(session.Params{
		Store: a.store, CacheDir: a.folders.cache(), LockDir: a.folders.locks(), HTTP: a.way.client, Prepare: a.way.prepare(),
		MemoryOnly: a.p.Rehearse != nil, Since: a.p.Since, Renew: a.keeper.RenewForSignIn,
		Page: a.pages.final, ConsentPage: a.pages.consent, SignOutPage: a.pages.signOut, StrayPage: a.pages.stray, ConsentMail: a.pages.consentMail,
		Audit: a.record.add, Changed: a.states.changed, Log: a.p.Log.To,
	})
}

// connect makes the pieces for windows and consoles.
func (a *Agent) connect() {
	browser, link := a.p.OpenBrowser, a.p.OpenBrowser
	if browser == nil {
		browser = func(ctx context.Context, address string) error {
			return desktop.OpenIn(ctx, a.decisions.Now().Text(policy.Browser), address)
		}
		link = func(ctx context.Context, address string) error {
			return desktop.OpenApp(ctx, a.decisions.Now().Text(policy.Browser), address)
		}
	}
	a.windows = &windows{life: a.life, open: a.p.OpenWindow, watched: a.states.watched, changed: a.states.changed, looked: func() {
		a.session.Looked()
		a.session.TryStore()
	}}
	a.states.shows = a.windows.since
	a.portals = &portals{
		keeper: a.keeper, decisions: a.decisions, outs: a.outs, rehearsal: a.p.Rehearse != nil, given: a.p.Start.Portal,
		offered: a.offer.providers, phase: a.phase, resume: func(ctx context.Context) { a.resume(ctx, false) }, started: a.startedNow,
	}
	a.sessions = &sessions{
		session: a.session, outs: a.outs, openBrowser: browser, renew: a.keeper.RenewForSignIn, problem: func() *localapi.Problem { return a.keeper.Snapshot().Problem },
		refresh: a.refresh, forget: a.forget, left: a.decisions.Leave,
	}
	a.tray = &trayIcon{
		make: a.p.Tray, words: a.p.Start.Words, life: a.life, states: a.states, sessions: a.sessions, windows: a.windows, accounts: a.session.Listed,
		openBrowser: browser, openLink: link, log: a.p.Log.To,
	}
	a.registrations = &registrations{
		kept: registration.New(registration.Params{
			Store: a.store, CacheDir: a.folders.cache(), LockDir: a.folders.locks(), HTTP: a.way.client, Changed: a.session.CredentialChanged, Log: a.p.Log.To,
		}),
		atHand: a.keeper.Manifest, readCached: a.readCached, seen: a.keeper.Seen, renew: a.keeper.RenewSoon, readLogos: a.keeper.Reader().ReadLogos,
		asDecided: func(p manifest.Provider) auth.Provider { return asDecided(p, a.decisions.Now()) },
		passive:   a.p.Passive, rehearsal: a.p.Rehearse != nil, changed: a.states.changed,
	}
	a.support = &support{
		words: a.p.Start.Words, folders: a.folders, background: a.p.Desktop, passive: a.p.Passive, way: a.way, store: a.store,
		storeKind: func(s policy.Settings) string {
			if a.stores == nil {
				return s.Text(policy.TokenStore)
			}
			return a.stores.kind // it counts until the next start
		},
		decisions: a.decisions, session: a.session.Snapshot, keeper: a.keeper, portal: a.examinedPortal, offered: a.offer.examined,
		tray: a.tray.isShown, state: a.states.State, log: a.p.Log.To,
	}
}

// Parts are the agent for windows and consoles, a piece for each subject.
func (a *Agent) Parts() localapi.Parts {
	return localapi.Parts{
		States: a.states, Portals: a.portals, Sessions: a.sessions, Registrations: a.registrations,
		ProxyPasswords: a.way, Settings: a.decisions, Diagnostics: a.support, Windows: a.windows,
	}
}

// Run takes the settings into use, signs in silently if it can, and keeps the state true
// until ctx ends or Quit is called. Then it returns nil, after the end of everything it
// started.
func (a *Agent) Run(ctx context.Context) error {
	life := a.life
	stop := context.AfterFunc(ctx, life.end)
	defer stop()
	defer life.end()
	if err := a.p.Start.Paths.Make(); err != nil {
		return err
	}
	var session sync.WaitGroup
	session.Go(func() { a.session.Run(life.ctx) })
	a.start(life.ctx)
	if a.p.Desktop {
		life.begin(a.watchNetwork)
		life.begin(func() { settle(life.ctx, life.stirred, func() { giveBack(a.p.Log.To) }) })
	}
	if a.p.Program != nil {
		upgrade := &upgrade{program: a.p.Program, life: life, nobody: a.nobody, next: a.states.next, log: a.p.Log.To}
		life.begin(upgrade.watch)
	}
	if a.p.PolicyChanges != nil || a.p.Desktop && a.p.Start.Policies == nil { // nobody tells of policies made by hand
		life.begin(func() { a.decisions.Watch(a.p.PolicyChanges) })
	}
	if a.p.Desktop && a.p.AtLogOn && !a.decisions.Now().On(policy.StartHidden) {
		life.begin(func() {
			if err := a.windows.showHere(life.ctx); err != nil {
				a.p.Log.To.Warn("no window at log-on", "error", err)
			}
		})
	}
	<-life.ctx.Done()
	life.close()
	a.keeper.Close()
	life.work.Wait()
	session.Wait()
	// Somebody who saw the sign-in may have ended the agent before this was noted.
	a.outs.keepBack()
	return nil
}

// refresh renews the manifest and the sign-in.
func (a *Agent) refresh(ctx context.Context) (localapi.State, error) {
	a.decisions.Reconsider()
	first := a.keeper.Seen() == nil
	renew := a.keeper.RenewSoon
	if first {
		renew = a.keeper.Renew // without it there is nobody to renew
	}
	if renew(ctx) == nil && first {
		if m, _ := a.keeper.Manifest(); m != nil {
			a.resume(ctx, false)
		}
	}
	_ = a.session.Refresh(ctx)
	return a.states.State(ctx)
}

// nobody says whether the agent could end now, and another one begin, without anybody
// noticing.
func (a *Agent) nobody() bool {
	return !a.life.busy() && !a.outs.pageAwaited() && a.session.AtRest()
}

// WithdrawPages takes back the pages of sign-outs not fetched by a browser. It is for a
// program with an agent of its own that could open no browser: the end of the agent would
// wait for one.
func (a *Agent) WithdrawPages() { a.session.WithdrawPages() }

// watchNetwork passes on changes that may have brought the network back.
func (a *Agent) watchNetwork() {
	for range desktop.NetworkChanges(a.life.ctx) {
		a.networkChanged()
	}
}

// networkChanged tries again at once after a failure: a portal that could not be reached,
// and one that looked wrong. A network with a log-on of its own makes every portal look
// wrong.
func (a *Agent) networkChanged() {
	a.way.reset()
	a.session.NetworkChanged()
	a.keeper.NetworkChanged()
}
