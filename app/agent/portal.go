package agent

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/diag"
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/app/portal"
	"github.com/portico-desktop/portico/app/portal/manifest"
	"github.com/portico-desktop/portico/app/session"
	"github.com/portico-desktop/portico/app/settings"
	"github.com/portico-desktop/portico/auth"
)

const (
	firstPortalRetry = 5 * time.Second
	// lastPortalRetry is at most five minutes with its jitter: an outage ends without a
	// word to us.
	lastPortalRetry = 4 * time.Minute
)

// CheckPortal reads the manifest at an address; see [localapi.Agent].
func (a *Agent) CheckPortal(ctx context.Context, req localapi.PortalRequest) (localapi.PortalCheck, error) {
	p, err := a.look(ctx, req, a.reader.Check)
	if err != nil {
		return localapi.PortalCheck{}, err
	}
	return localapi.PortalCheck{Address: p.Address, Name: p.Manifest.Name, Accent: p.Manifest.Accent, Providers: a.localProviders(&p.Manifest)}, nil
}

// SetPortal makes an address this person's portal; see [localapi.Agent]. A
// manifest that is only tried belongs in a rehearsal (Params.Rehearse), where it
// disturbs nobody who is signed in.
func (a *Agent) SetPortal(ctx context.Context, req localapi.PortalRequest) error {
	if req.Manifest != nil || a.p.Rehearse != nil {
		return &localapi.Problem{Code: localapi.Usage, Params: map[string]string{"reason": "a manifest is tried in a rehearsal, and a rehearsal sets no portal"}}
	}
	if p := a.decisions.Refused(policy.PortalURL); p != nil {
		return p
	}
	if req.ForRun && req.Address == "" {
		a.decisions.SetForRun(a.p.Portal)
		a.decisions.Reconsider()
		return nil
	}
	a.reading.Lock()
	defer a.reading.Unlock()
	p, err := a.look(ctx, req, a.reader.Renew)
	if err != nil {
		return err
	}
	current, _ := a.session.Snapshot()
	a.mu.Lock()
	same := a.address == p.Address
	rest := a.outs.rest() && same
	a.mu.Unlock()
	forRun := p.Address
	if !req.ForRun {
		forRun = ""
		if err := a.decisions.Edit(func(s *settings.Person) { s.Portal, s.SignedOut = p.Address, rest }); err != nil {
			return session.Explain(err, session.About{}, time.Now())
		}
	}
	a.mu.Lock()
	a.address, a.seen = p.Address, true
	a.mu.Unlock()
	a.outs.set(rest)
	a.decisions.SetForRun(forRun)
	a.decisions.Decide()
	a.publish(p)
	if !same || current.Phase != localapi.SignedIn {
		a.resume(ctx, false)
	}
	a.startedNow()
	return nil
}

func (a *Agent) look(ctx context.Context, req localapi.PortalRequest, read func(context.Context, string) (*portal.Published, error)) (*portal.Published, error) {
	if req.Manifest != nil {
		return a.reader.FromBytes(req.Address, req.Manifest)
	}
	address, err := portal.Normalise(req.Address)
	if err != nil {
		return nil, err
	}
	return read(ctx, address)
}

// renewPortal reads the manifest again. A failure keeps the last good one and is
// retried.
func (a *Agent) renewPortal(ctx context.Context) error {
	a.reading.Lock()
	defer a.reading.Unlock()
	return a.renewLocked(ctx)
}

// renewLocked is renewPortal for callers that hold reading.
func (a *Agent) renewLocked(ctx context.Context) error {
	a.mu.Lock()
	address := a.address
	a.mu.Unlock()
	if address == "" || a.p.Rehearse != nil {
		return nil
	}
	if _, err := portal.Normalise(address); err != nil {
		return err // which is told already
	}
	p, err := a.reader.Renew(ctx, address)
	a.mu.Lock()
	moved := a.address != address
	a.mu.Unlock()
	if moved {
		return nil // another address counts by now, and is read next
	}
	if err != nil {
		if !errors.Is(ctx.Err(), context.Canceled) {
			a.fault(address, err)
		}
		return err
	}
	a.mu.Lock()
	a.seen = true
	a.mu.Unlock()
	a.session.Reached()
	a.publish(p)
	a.registrations.readSecrets(ctx)
	return nil
}

// renewSoon is renewPortal for somebody who waits for more than the portal.
func (a *Agent) renewSoon(ctx context.Context) error {
	ctx, cancel := a.portalWithin(ctx, portalLimit)
	defer cancel()
	return a.renewPortal(ctx)
}

// portalWithin limits how long the portal may take.
func (a *Agent) portalWithin(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	a.mu.Lock()
	address := a.address
	a.mu.Unlock()
	return context.WithTimeoutCause(ctx, limit, &localapi.Problem{
		Code: localapi.PortalUnreachable, Params: map[string]string{"host": hostOf(address), "address": address},
		Details: &localapi.Details{Error: "no answer within " + limit.String()},
	})
}

// renewForSignIn reads the manifest again before somebody signs in: its copy may be
// fresh and IT may just have corrected it. A portal that does not answer soon is not
// waited for, and the manifest at hand is used; what it answers later is taken into
// use all the same.
func (a *Agent) renewForSignIn(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, signInLimit)
	defer cancel()
	read := make(chan struct{})
	a.life.begin(func() {
		defer close(read)
		a.reading.Lock()
		defer a.reading.Unlock()
		// From here on, because a read before this one may have taken long.
		ctx, cancel := a.portalWithin(a.life.ctx, signInLimit)
		defer cancel()
		_ = a.renewLocked(ctx) // what went wrong is in the state
	})
	select {
	case <-read:
	case <-ctx.Done():
	}
}

// fault records why the portal could not be read, and tries again later where
// that can help.
func (a *Agent) fault(address string, err error) {
	p := session.Explain(err, session.About{}, time.Now())
	a.mu.Lock()
	if source := a.decisions.Now().Get(policy.PortalURL).Source.Kind; a.read != nil || source.OfIT() {
		p = inUse(p)
	}
	level := slog.LevelWarn
	if a.problem != nil && a.problem.Code == p.Code {
		level = slog.LevelDebug // a computer may be offline for days
	}
	a.address, a.problem = address, p
	if p.Exit() == localapi.ExitUnreachable {
		a.retryIn(a.portalBackoff(p))
	}
	a.mu.Unlock()
	a.log.Log(context.Background(), level, "the portal could not be read", "address", address, "error", err)
	a.states.changed()
}

// inUse is a problem with an address that nobody has just typed, so that nobody looks
// for a slip in it.
func inUse(p *localapi.Problem) *localapi.Problem {
	if p.Code != localapi.PortalUnreachable {
		return p
	}
	known := *p
	known.Params = map[string]string{"in_use": "yes"}
	maps.Copy(known.Params, p.Params)
	return &known
}

// portalBackoff doubles, with jitter so that a whole company does not come back in
// the same second, and obeys Retry-After. The caller holds mu.
func (a *Agent) portalBackoff(p *localapi.Problem) time.Duration {
	wait := lastPortalRetry
	if a.retries < 8 {
		wait = min(firstPortalRetry<<a.retries, lastPortalRetry)
	}
	a.retries++
	wait = wait*3/4 + rand.N(wait/2)
	a.notBefore = time.Time{}
	if asked, err := time.ParseDuration(p.Params["retry_after"] + "s"); err == nil && asked > 0 {
		a.notBefore = time.Now().Add(asked)
		wait = max(wait, asked+rand.N(asked/10+time.Second))
	}
	return wait
}

// retryIn has the portal asked again. The caller holds mu.
func (a *Agent) retryIn(wait time.Duration) {
	if a.retry == nil {
		a.retry = time.AfterFunc(wait, a.retryPortal)
	} else {
		a.retry.Reset(wait)
	}
}

func (a *Agent) retryPortal() {
	a.life.begin(func() {
		if a.renewPortal(a.life.ctx) == nil {
			// With its providers known, a remembered sign-in can be renewed.
			a.resume(a.life.ctx, false)
			a.signInOnce(a.life.ctx)
		}
	})
}

// publish takes a manifest into use that has just been read.
func (a *Agent) publish(p *portal.Published) {
	if !a.show(p) {
		return
	}
	a.mu.Lock()
	a.problem, a.checked, a.retries = nil, p.Checked, 0
	if a.retry != nil {
		a.retry.Stop()
		a.retry = nil
	}
	a.mu.Unlock()
	a.states.changed()
}

// examineLogos examines the logos of a copy that an earlier version has left behind,
// and shows them unless the portal has been read meanwhile.
func (a *Agent) examineLogos(cached *portal.Published) {
	examined := a.reader.ExamineCached(a.life.ctx, cached)
	a.showing.Lock()
	defer a.showing.Unlock()
	a.mu.Lock()
	same := a.read == cached
	a.mu.Unlock()
	if same && a.showLocked(examined) {
		a.states.changed()
	}
}

// show lets people see what was read last, nil for nothing, with what IT adds, and says
// whether they do.
func (a *Agent) show(p *portal.Published) bool {
	a.showing.Lock()
	defer a.showing.Unlock()
	return a.showLocked(p)
}

// showLocked is show for callers that hold showing.
func (a *Agent) showLocked(p *portal.Published) bool {
	shown := a.withPolicies(p)
	var providers []auth.Provider
	if shown != nil {
		providers = narrowed(offered(&shown.Manifest), a.decisions.Now())
	}
	if err := a.session.SetProviders(providers); err != nil {
		address := ""
		if p != nil {
			address = p.Address
		}
		a.fault(address, err)
		return false
	}
	a.mu.Lock()
	a.read, a.published = p, shown
	a.mu.Unlock()
	return true
}

// localPortal is the manifest as windows see it. The caller holds mu.
func (a *Agent) localPortal(phase localapi.Phase) *localapi.Portal {
	p := a.published
	m := &p.Manifest
	out := &localapi.Portal{
		Name: m.Name, Host: hostOf(p.Address), Accent: m.Accent, LogoLight: p.Light, LogoDark: p.Dark,
		Support:   supportOf(m),
		Providers: a.localProviders(m), AddressFirst: addressFirst(m),
	}
	person := manifest.Person{Locale: a.p.Words.Language()}
	if who := a.session.Person(); who != nil && (phase == localapi.SignedIn || phase == localapi.Offline) {
		person.Email, person.LoginHint, person.Tenant = who.Email, who.Email, who.Tenant
		if _, domain, ok := strings.Cut(who.Email, "@"); ok {
			person.Domain = domain
		}
	}
	schemes := a.decisions.Now().List(policy.AllowedLinkSchemes)
	for _, menu := range m.Menus {
		if !menu.IsOffered(schemes) {
			continue
		}
		out.Apps = append(out.Apps, localapi.App{
			ID: menu.ID, Title: menu.Title, Icon: menu.Icon, Group: menu.Group, Keywords: menu.Keywords,
			URL: manifest.Link(menu.URL, person),
		})
	}
	return out
}

// localProviders are those that windows offer.
func (a *Agent) localProviders(m *manifest.Manifest) []localapi.Provider {
	out := make([]localapi.Provider, 0, len(m.Providers))
	for _, p := range offered(m) {
		out = append(out, localapi.Provider{ID: p.ID, Title: p.Name(), Description: p.Description, Codes: a.session.MayGiveCodes(p.ID)})
	}
	return out
}

// supportOf is how to reach IT: what people see, and what is opened where it is fit for
// that.
func supportOf(m *manifest.Manifest) localapi.Support {
	s := m.Support
	return localapi.Support{Email: s.Email, MailTo: manifest.MailTo(s.Email), Phone: s.Phone, Tel: manifest.Telephone(s.Phone), Hours: s.Hours, URL: s.URL}
}

// hostOf is an address without its scheme.
func hostOf(address string) string {
	if _, rest, ok := strings.Cut(address, "://"); ok {
		return rest
	}
	return address
}

// Logo returns a logo by its digest; see [localapi.Agent].
func (a *Agent) Logo(_ context.Context, digest string) ([]byte, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.published != nil {
		if body, ok := a.published.Pictures[digest]; ok {
			return body, nil
		}
	}
	return nil, &localapi.Problem{Code: localapi.Unexpected, Details: &localapi.Details{Error: "there is no logo with this digest"}}
}

// forget removes every trace of this user.
func (a *Agent) forget(ctx context.Context) (localapi.ForgetReport, error) {
	if a.p.Rehearse != nil {
		return localapi.ForgetReport{}, &localapi.Problem{Code: localapi.Usage, Params: map[string]string{"reason": "a rehearsal leaves nothing to forget"}}
	}
	a.reading.Lock()
	defer a.reading.Unlock()
	var report localapi.ForgetReport
	report.Accounts, report.Problems = a.session.Forget(ctx)
	if a.stores != nil {
		others, err := a.stores.forgetOthers(ctx, a.folders.locks())
		report.Accounts += others
		if err != nil {
			report.Problems = append(report.Problems, *session.Explain(err, session.About{}, time.Now()))
		}
	}
	if err := a.decisions.Forget(ctx); err != nil {
		report.Problems = append(report.Problems, *session.Explain(err, session.About{}, time.Now()))
	}
	if err := a.way.proxies.ForgetAll(ctx); err != nil {
		report.Problems = append(report.Problems, *session.Explain(err, session.About{}, time.Now()))
	}
	remove := func(dir string, ours ...string) {
		n, err := empty(dir, ours...)
		report.Files += n
		if err != nil {
			report.Problems = append(report.Problems, *session.Explain(err, session.About{}, time.Now()))
		}
	}
	data, cache := ourFiles(a.p.Paths)
	a.decisions.Unchanged(func() {
		remove(a.p.Paths.Data, data...)
		remove(a.p.Paths.Cache, cache...)
	})
	a.decisions.SetForRun(a.p.Portal) // one given for this run is not this user's trace
	a.decisions.Decide()
	a.session.SetRules(rules(a.decisions.Now()))
	address, _ := a.decisions.PortalAddress()
	a.mu.Lock()
	a.address = address
	a.read, a.published, a.problem, a.checked, a.retries = nil, nil, nil, time.Time{}, 0
	if a.retry != nil {
		a.retry.Stop()
		a.retry = nil
	}
	a.mu.Unlock()
	a.outs.signOut(false)
	a.registrations.forget()
	a.show(nil)
	a.states.changed()
	if a.p.LogDir != "" {
		// Last, because forgetting is told of in the log and the record; what is
		// written from now on knows nobody. The folder may be a link to one with the
		// logs of others.
		remove(a.p.LogDir, logFiles()...)
	}
	// An address given for this run, or by IT, still counts.
	a.life.begin(func() { _ = a.renewPortal(a.life.ctx) })
	return report, nil
}

// ourFiles are the patterns of what Portico's programs write into its folders. They are
// none, for all there is, in the system's own places, which bear Portico's name. Below a
// folder that the person has named there may have been a "data" or a "cache" before.
func ourFiles(paths desktop.Paths) (data, cache []string) {
	if !paths.Custom {
		return nil, nil
	}
	return []string{"settings.json", ".settings.json.*", "window.json", "window.json.new", ".window.json.*", "locks", "sign-ins", proxiesFile, "." + proxiesFile + ".*", "policy.kept", ".policy.kept.*", "cache", "logs"},
		[]string{"provider", "portal", "no-window.json"}
}

// logFiles are the patterns of what Portico's programs write into the folder of
// logs: logs, crashes, the record of sign-ins.
func logFiles() []string { return []string{"portico*", diag.SignInsFile + "*"} }

// empty removes what lies in a directory and counts the files. With patterns (see
// filepath.Match) it is only what one of them fits.
func empty(dir string, ours ...string) (files int, err error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	var problems []error
	for _, e := range entries {
		fits := func(pattern string) bool { ok, _ := filepath.Match(pattern, e.Name()); return ok }
		if len(ours) > 0 && !slices.ContainsFunc(ours, fits) {
			continue
		}
		path := filepath.Join(dir, e.Name())
		count := 0
		_ = filepath.WalkDir(path, func(_ string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				count++
			}
			return nil
		})
		if err := os.RemoveAll(path); err != nil {
			problems = append(problems, err)
			continue
		}
		files += count
	}
	return files, errors.Join(problems...)
}
