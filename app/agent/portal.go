package agent

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/portal"
	"github.com/portico-desktop/portico/app/session"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/fetch"
)

const (
	firstPortalRetry = 5 * time.Second
	lastPortalRetry  = 15 * time.Minute
)

// settings is what the person has decided, in settings.json.
type settings struct {
	Portal string `json:"portal,omitempty"`
}

func (a *Agent) settingsFile() string { return filepath.Join(a.p.Paths.Data, "settings.json") }

func (a *Agent) readSettings() (settings, error) {
	var s settings
	raw, err := os.ReadFile(a.settingsFile())
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return s, err
	}
	return s, json.Unmarshal(raw, &s)
}

func (a *Agent) writeSettings(s settings) error {
	raw, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return fetch.WriteFile(a.settingsFile(), append(raw, '\n'))
}

// CheckPortal reads the manifest at an address; see [localapi.Agent].
func (a *Agent) CheckPortal(ctx context.Context, req localapi.PortalRequest) (localapi.PortalCheck, error) {
	p, err := a.look(ctx, req, a.reader.Check)
	if err != nil {
		return localapi.PortalCheck{}, err
	}
	return localapi.PortalCheck{Address: p.Address, Name: p.Manifest.Name, Accent: p.Manifest.Accent, Providers: localProviders(&p.Manifest)}, nil
}

// SetPortal makes an address this person's portal; see [localapi.Agent].
func (a *Agent) SetPortal(ctx context.Context, req localapi.PortalRequest) error {
	a.reading.Lock()
	defer a.reading.Unlock()
	p, err := a.look(ctx, req, a.reader.Renew)
	if err != nil {
		return err
	}
	if req.Manifest == nil {
		if err := a.writeSettings(settings{Portal: p.Address}); err != nil {
			return session.Explain(err, session.About{}, time.Now())
		}
	}
	a.mu.Lock()
	a.address = p.Address
	a.mu.Unlock()
	a.publish(p)
	a.session.Resume(ctx, false)
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
	a.mu.Lock()
	address := a.address
	a.mu.Unlock()
	if !strings.Contains(address, "://") {
		return nil // none, or a manifest that is being tried from a file
	}
	p, err := a.reader.Renew(ctx, address)
	if err != nil {
		if ctx.Err() == nil {
			a.fault(address, err)
		}
		return err
	}
	a.publish(p)
	return nil
}

// fault records why the portal could not be read, and tries again later where
// that can help.
func (a *Agent) fault(address string, err error) {
	p := session.Explain(err, session.About{}, time.Now())
	a.log.Warn("the portal could not be read", "address", address, "error", err)
	a.mu.Lock()
	a.address, a.problem = address, p
	if p.Exit() == localapi.ExitUnreachable && !a.closing {
		wait := lastPortalRetry
		if a.retries < 8 {
			wait = min(firstPortalRetry<<a.retries, lastPortalRetry)
		}
		a.retries++
		if a.retry == nil {
			a.retry = time.AfterFunc(wait, a.retryPortal)
		} else {
			a.retry.Reset(wait)
		}
	}
	a.mu.Unlock()
	a.changed()
}

func (a *Agent) retryPortal() {
	a.begin(func() {
		if a.renewPortal(a.life) == nil {
			// With its providers known, a remembered sign-in can be renewed.
			a.session.Resume(a.life, false)
		}
	})
}

// publish takes a manifest into use.
func (a *Agent) publish(p *portal.Published) {
	providers := make([]auth.Provider, 0, len(p.Manifest.Providers))
	for _, provider := range p.Manifest.Providers {
		providers = append(providers, provider.Auth())
	}
	if err := a.session.SetProviders(providers); err != nil {
		a.fault(p.Address, err)
		return
	}
	a.mu.Lock()
	a.published, a.problem, a.checked, a.retries = p, nil, p.Checked, 0
	if a.retry != nil {
		a.retry.Stop()
		a.retry = nil
	}
	a.mu.Unlock()
	a.changed()
}

// localPortal is the manifest as windows see it. The caller holds mu.
func (a *Agent) localPortal(phase localapi.Phase) *localapi.Portal {
	p := a.published
	m := &p.Manifest
	host := p.Address
	if _, rest, ok := strings.Cut(host, "://"); ok {
		host = rest
	}
	out := &localapi.Portal{
		Name: m.Name, Host: host, Accent: m.Accent, LogoLight: p.Light, LogoDark: p.Dark,
		Support:   localapi.Support{Email: m.Support.Email, Phone: m.Support.Phone, Hours: m.Support.Hours, URL: m.Support.URL},
		Providers: localProviders(m),
	}
	person := portal.Person{Locale: a.p.Words.Language()}
	if who := a.session.Person(); who != nil && (phase == localapi.SignedIn || phase == localapi.Offline) {
		person.Email, person.LoginHint, person.Tenant = who.Email, who.Email, who.Tenant
		if _, domain, ok := strings.Cut(who.Email, "@"); ok {
			person.Domain = domain
		}
	}
	for _, menu := range m.Menus {
		out.Apps = append(out.Apps, localapi.App{
			ID: menu.ID, Title: menu.Title, Icon: menu.Icon, Group: menu.Group, Keywords: menu.Keywords,
			URL: portal.Link(menu.URL, person),
		})
	}
	return out
}

func localProviders(m *portal.Manifest) []localapi.Provider {
	out := make([]localapi.Provider, 0, len(m.Providers))
	for _, p := range m.Providers {
		title := p.Title
		if title == "" {
			title = p.ID
		}
		out = append(out, localapi.Provider{ID: p.ID, Title: title, Description: p.Description})
	}
	return out
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

// Forget removes every trace of this user; see [localapi.Agent].
func (a *Agent) Forget(ctx context.Context) (localapi.ForgetReport, error) {
	a.reading.Lock()
	defer a.reading.Unlock()
	var report localapi.ForgetReport
	report.Accounts, report.Problems = a.session.Forget(ctx)
	for _, dir := range []string{a.p.Paths.Data, a.p.Paths.Cache} {
		n, err := empty(dir)
		report.Files += n
		if err != nil {
			report.Problems = append(report.Problems, *session.Explain(err, session.About{}, time.Now()))
		}
	}
	a.mu.Lock()
	if a.p.Portal == "" {
		a.address = ""
	}
	a.published, a.problem, a.checked, a.retries = nil, nil, time.Time{}, 0
	if a.retry != nil {
		a.retry.Stop()
		a.retry = nil
	}
	a.mu.Unlock()
	if err := a.session.SetProviders(nil); err != nil {
		a.log.Warn("providers not forgotten", "error", err)
	}
	a.changed()
	// An address given for this run is not this user's trace, and still counts.
	a.begin(func() { _ = a.renewPortal(a.life) })
	return report, nil
}

// empty removes what lies in a directory and counts the files.
func empty(dir string) (files int, err error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	var problems []error
	for _, e := range entries {
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
