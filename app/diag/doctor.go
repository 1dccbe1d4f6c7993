package diag

import (
	"context"
	"net"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/portal"
	"github.com/portico-desktop/portico/app/portal/manifest"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/network"
)

// checkLimit bounds a whole examination, with room below the 30 seconds promised to
// callers.
const checkLimit = 28 * time.Second

// The groups of checks; see [localapi.CheckResult].
const (
	groupComputer = "computer"
	groupWay      = "way"
	groupPortal   = "portal"
	groupSignIn   = "sign-in"
)

// Desk is everything that the doctor examines: this person's Portico, and its surroundings.
type Desk struct {
	// Build is the version of the examining program.
	Build string
	// Portal is the portal's normalised address, "" for none. PortalProblem is the
	// reason for not using an address that was set.
	Portal        string
	PortalProblem *localapi.Problem
	// PortalDecided: IT has decided on that portal, so nobody has misspelt it here.
	PortalDecided bool
	// WithoutPortal: people can sign in although there is no portal, because IT has
	// named the providers.
	WithoutPortal bool
	// PolicyKeys is the number of settings decided by IT, PolicyProblems are the unused
	// ones, PolicySources the places looked at.
	PolicyKeys     int
	PolicyProblems []localapi.Problem
	PolicySources  []string

	// HTTP makes the requests. Network is its transport, with the proxies; nil for
	// somebody else's.
	HTTP    *http.Client
	Network *network.Transport
	// ExtraCA says why the file of extra authorities is not used, nil for no reason.
	ExtraCA *localapi.Problem
	// ExtraCAByEnv: the environment names that file, not IT.
	ExtraCAByEnv bool
	// Resolver looks names up. Nil means the system's.
	Resolver *net.Resolver

	// Manifest reads the portal's manifest now and keeps nothing.
	Manifest func(context.Context) (*portal.Published, error)
	// Known is the last good copy of it, nil for none.
	Known *portal.Published
	// Offered are the providers for people to sign in with; m is nil if no manifest
	// could be had. Nil means those of the manifest.
	Offered func(m *manifest.Manifest) []manifest.Provider
	// Setup describes a provider and its faults, reading its metadata.
	Setup func(context.Context, manifest.Provider) localapi.ProviderSetup
	// Inspect reads everything that a provider says of itself and publishes, and keeps nothing.
	Inspect func(context.Context, auth.Provider) (*auth.Inspection, error)
	// Learnt are the facts that a provider has shown by its answers. Nil means nothing.
	Learnt func(auth.Provider) auth.Learnt
	// FirstPort and LastPort bound the redirect's port if a provider fixes none, 0 for
	// any port. SigningIn: a sign-in is under way, and holds one.
	FirstPort, LastPort int
	SigningIn           bool

	// Unkept is the reason for not remembering the sign-in that lasts here, nil if it is
	// remembered.
	Unkept *localapi.Problem

	// Store keeps the sign-ins, and StoreKind is the policy TokenStore.
	Store     auth.Store
	StoreKind string
	Paths     desktop.Paths
	// Browser is the chosen browser, "" for the system's own.
	Browser string
	// Browsers lists the installed browsers, LogOn the entries that start Portico at
	// log-on. Nil means those of the package desktop.
	Browsers func() []desktop.Browser
	LogOn    func() []desktop.LogOnEntry
	// Autostart is true if Portico is meant to start at log-on.
	Autostart bool
	// Background: this runs in the agent of the log-on session. Tray: it shows its
	// icon.
	Background, Tray bool
	// Window is the reason why the window did not open the last time, nil if there is
	// none or none is known.
	Window *NoWindow

	// Env is the environment, Now the clock; nil means the process's own.
	Env func(string) string
	Now func() time.Time
	// Limit bounds the examination, 0 for 28 seconds.
	Limit time.Duration
}

// Examine looks at everything that signing in and the portal need, side by side unless
// one thing builds on the other. It signs nobody in, and changes nothing but a canary
// in the key store, removed at the end. It sends no credential anywhere but a proxy's
// own to that proxy.
func Examine(ctx context.Context, d Desk) localapi.CheckReport {
	d = d.withDefaults()
	ctx, cancel := context.WithTimeout(ctx, d.Limit)
	defer cancel()
	x := &examination{Desk: d, keyStore: &check{}, proxy: &check{}, clock: &check{}, manifest: &check{}}
	x.policy, x.authorities, x.address = x.checkPolicy(), x.checkAuthorities(), x.checkAddress()

	// In the order of the list; none waits for another one's result.
	local := []func(context.Context) []*check{
		x.checkDisk, x.checkKeyStore, x.checkBrowser, x.checkRedirect, x.checkBackground, x.checkAutostart, x.checkTray, x.checkNotifications,
		x.checkOpenGL, x.checkVersions,
	}
	found := make([][]*check, len(local))
	var parts sync.WaitGroup
	// The fixed ports are known only with the providers, and reading those takes the way out.
	described := make(chan struct{})
	x.described = described
	for i, look := range local {
		parts.Go(func() {
			begun := time.Now()
			found[i] = look(ctx)
			for _, c := range found[i] {
				c.Took = time.Since(begun)
			}
		})
	}
	parts.Go(func() { x.checkWay(ctx, described) })
	parts.Wait()

	all := slices.Concat(append([][]*check{x.policy, x.authorities, {x.address}}, found...)...)
	all = slices.Concat(all, x.way(), []*check{x.manifest}, x.ignored, x.providers)
	return x.report(all)
}

func (d Desk) withDefaults() Desk {
	if d.Limit == 0 {
		d.Limit = checkLimit
	}
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Env == nil {
		d.Env = func(string) string { return "" }
	}
	if d.Resolver == nil {
		d.Resolver = net.DefaultResolver
	}
	if d.Browsers == nil {
		d.Browsers = desktop.Browsers
	}
	if d.LogOn == nil {
		d.LogOn = desktop.LogOnEntries
	}
	if d.Offered == nil {
		d.Offered = func(m *manifest.Manifest) []manifest.Provider {
			if m == nil {
				return nil
			}
			return m.Offered()
		}
	}
	return d
}

// examination is one run of the doctor.
type examination struct {
	Desk

	policy, authorities []*check

	address  *check
	keyStore *check
	proxy    *check
	clock    *check
	manifest *check
	// ignored are the members of the manifest without a meaning.
	ignored   []*check
	providers []*check
	// offered are the providers, once described is closed.
	offered   []manifest.Provider
	described <-chan struct{}

	mu    sync.Mutex
	hosts []*host // in the order of the report
}

// check is a result, and why it came to nothing.
type check struct {
	localapi.CheckResult
	// because is the check that has to be good first. If it turns out bad, this one is
	// skipped for it, whatever was found.
	because *check
}

func good(id, group, subject string, facts ...string) *check {
	return &check{CheckResult: localapi.CheckResult{ID: id, Group: group, Status: localapi.CheckGood, Subject: subject, Facts: facts}}
}

// skipped is for a thing that does not exist here, or was not asked for; the first fact
// tells which.
func skipped(id, group, subject string, facts ...string) *check {
	c := good(id, group, subject, facts...)
	c.Status = localapi.CheckSkipped
	return c
}

func bad(id, group, subject string, p *localapi.Problem, facts ...string) *check {
	c := good(id, group, subject, facts...)
	c.Status, c.Problem = localapi.CheckBad, p
	return c
}

func warning(id, group, subject string, p *localapi.Problem, facts ...string) *check {
	c := bad(id, group, subject, p, facts...)
	c.Status = localapi.CheckWarning
	return c
}

// after is a check that was not made, because another one went wrong.
func after(cause *check, id, group, subject string) *check {
	c := skipped(id, group, subject)
	c.because = cause
	return c
}

// root follows the explanations of a check to the one that is bad by itself, nil for
// none.
func (c *check) root() *check {
	var found *check
	for up := c.because; up != nil; up = up.because {
		if up.Status == localapi.CheckBad {
			found = up
		}
	}
	return found
}

func (x *examination) report(all []*check) localapi.CheckReport {
	x.waitForPolicy(all)
	for _, c := range all {
		if cause := c.root(); cause != nil {
			c.Status, c.Problem, c.Because = localapi.CheckSkipped, nil, cause.ID
		}
	}
	r := localapi.CheckReport{Time: x.Now(), Build: x.Build, OS: runtime.GOOS, Arch: runtime.GOARCH}
	for _, c := range all {
		r.Checks = append(r.Checks, c.CheckResult)
	}
	r.Cause = causeOf(r.Checks)
	return r
}

// causes are the checks in the order in which they explain others. Policies and the file of extra authorities
// come last. If they explain something, that was skipped for them, and the rest is no reason for anything else.
func causes() []string {
	return []string{
		"agent", "disk", "portal-address", "proxy", "dns", "clock", "tls", "manifest", "provider", "redirect", "key-store", "browser",
	}
}

// causeOf names the check that a person has to hear of first, "" when nothing is bad.
func causeOf(checks []localapi.CheckResult) string {
	isBad := func(id string) bool {
		return slices.ContainsFunc(checks, func(c localapi.CheckResult) bool { return c.ID == id && c.Status == localapi.CheckBad })
	}
	explains := func(id string) bool {
		return slices.ContainsFunc(checks, func(c localapi.CheckResult) bool { return c.Because == id })
	}
	for _, id := range []string{"policy", "authorities"} {
		if isBad(id) && explains(id) {
			return id
		}
	}
	for _, id := range causes() {
		if isBad(id) {
			return id
		}
	}
	for _, c := range checks {
		if c.Status == localapi.CheckBad {
			return c.ID
		}
	}
	return ""
}

// problem is one of the doctor's own, with params as pairs.
func (x *examination) problem(code localapi.Code, err error, pairs ...string) *localapi.Problem {
	p := &localapi.Problem{Code: code, Params: map[string]string{}, Details: &localapi.Details{Time: x.Now()}}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			p.Params[pairs[i]] = pairs[i+1]
		}
	}
	if err != nil {
		p.Details.Error = err.Error()
	}
	return p
}
