package agent

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/portal"
	"github.com/portico-desktop/portico/app/registration"
	"github.com/portico-desktop/portico/auth"
)

const (
	// lookLimit bounds how long the providers may take to show their metadata.
	lookLimit = 20 * time.Second
	// lookedAtOnce bounds how many of them are asked at the same time.
	lookedAtOnce = 16
	// portalLimit bounds how long a portal may take whose manifest is at hand, and
	// signInLimit the same for somebody who wants to sign in.
	portalLimit = 10 * time.Second
	signInLimit = 5 * time.Second
)

// described is a provider as the engine knows it. The manifest was checked, so
// that there is nothing left to fail for.
func described(p portal.Provider) auth.Provider {
	described, _ := p.Auth()
	return described
}

// offered are the providers that people may sign in with.
func offered(m *portal.Manifest) []auth.Provider {
	var out []auth.Provider
	for _, p := range m.Offered() {
		out = append(out, described(p))
	}
	return out
}

// addressFirst says whether an address chooses among several providers.
func addressFirst(m *portal.Manifest) bool {
	all := offered(m)
	return len(all) > 1 && slices.ContainsFunc(all, func(p auth.Provider) bool { return len(p.Domains)+len(p.Accounts) > 0 })
}

func (a *Agent) localProviders(m *portal.Manifest) []localapi.Provider {
	out := make([]localapi.Provider, 0, len(m.Providers))
	for _, p := range offered(m) {
		out = append(out, localapi.Provider{ID: p.ID, Title: p.Name(), Description: p.Description, Codes: a.session.MayGiveCodes(p.ID)})
	}
	return out
}

// Providers describes the providers; see [localapi.Agent]. The portal is asked for
// its manifest first, then the providers for their metadata, many at once: whoever looks
// may just have changed them.
func (a *Agent) Providers(ctx context.Context) ([]localapi.ProviderSetup, error) {
	if err := a.readCached(); err != nil {
		return nil, err
	}
	_ = a.renewSoon(ctx) // what went wrong is in the state
	m, err := a.manifestAtHand()
	if err != nil {
		return nil, err
	}
	unused := a.unusedAtHand(ctx)
	ctx, cancel := context.WithTimeout(ctx, lookLimit)
	defer cancel()
	out := make([]localapi.ProviderSetup, len(m.Providers))
	var parts sync.WaitGroup
	free := make(chan struct{}, lookedAtOnce)
	for i, p := range m.Providers {
		parts.Go(func() {
			free <- struct{}{}
			defer func() { <-free }()
			out[i] = a.registrations.Setup(ctx, a.asDecided(p), p.ClientAuth.Expires())
			out[i].Preset, out[i].Enabled = p.Preset, p.IsEnabled()
			out[i].Problems = append(out[i].Problems, ignored(m, i)...)
			if i == 0 {
				out[i].Problems = append(out[i].Problems, unused...)
			}
		})
	}
	parts.Wait()
	return out, nil
}

// ignored are the members of a manifest that mean nothing: a provider's, and with
// the first provider those of the rest.
func ignored(m *portal.Manifest, i int) (out []localapi.Problem) {
	found := m.Providers[i].Unknown
	if i == 0 {
		found = slices.Concat(m.Unknown, found)
	}
	for _, u := range found {
		params := map[string]string{"field": u.Path}
		if u.Nearest != "" {
			params["suggestion"] = u.Nearest
		}
		out = append(out, localapi.Problem{Code: localapi.ManifestUnknownKey, Params: params})
	}
	return out
}

// unusedAtHand are the parts of the manifest at hand that are not used as they stand.
// They are told with the first provider, too. The logos of a rehearsal are read for it.
func (a *Agent) unusedAtHand(ctx context.Context) []localapi.Problem {
	a.mu.Lock()
	at := a.published
	a.mu.Unlock()
	if at == nil {
		return nil
	}
	if a.p.Rehearse != nil {
		looked := *at
		a.reader.ReadLogos(ctx, &looked)
		at = &looked
	}
	return unusedParts(at)
}

// SetSecret keeps a client secret; see [localapi.Agent].
func (a *Agent) SetSecret(ctx context.Context, req localapi.SecretRequest) error {
	p, err := a.provider(ctx, req.Provider)
	if err != nil {
		return err
	}
	if err := a.registrations.SetSecret(ctx, p, auth.Secret{Value: req.Value, Expires: req.Expires}); err != nil {
		return err
	}
	a.readSecrets(ctx)
	return nil
}

// NewKey makes a client's key; see [localapi.Agent].
func (a *Agent) NewKey(ctx context.Context, req localapi.KeyRequest) (localapi.ClientKey, error) {
	p, err := a.provider(ctx, req.Provider)
	if err != nil {
		return localapi.ClientKey{}, err
	}
	return a.registrations.NewKey(ctx, p)
}

// DropKey deletes a client's key; see [localapi.Agent].
func (a *Agent) DropKey(ctx context.Context, req localapi.KeyRequest) error {
	p, err := a.provider(ctx, req.Provider)
	if err != nil {
		return err
	}
	return a.registrations.DropKey(ctx, p, req.Key)
}

// provider finds one by its id, also one that is not enabled: what it needs may
// be set before it is. The portal is asked for its manifest first, which may just
// have been changed to want it.
func (a *Agent) provider(ctx context.Context, id string) (auth.Provider, error) {
	if err := a.readCached(); err != nil {
		return auth.Provider{}, err
	}
	_ = a.renewSoon(ctx) // what went wrong is in the state
	m, err := a.manifestAtHand()
	if err != nil {
		return auth.Provider{}, err
	}
	if p, ok := m.Provider(id); ok {
		return described(p), nil
	}
	ids := make([]string, len(m.Providers))
	for i, p := range m.Providers {
		ids[i] = p.ID
	}
	return auth.Provider{}, &localapi.Problem{
		Code: localapi.UnknownProvider, Params: map[string]string{"provider": id, "providers": strings.Join(ids, ", ")},
	}
}

// readCached takes the copy on disk into use, where that was left until somebody
// needs it.
func (a *Agent) readCached() error {
	if m, _ := a.manifestAtHand(); m != nil || !a.p.Passive {
		return nil
	}
	address, err := a.configured()
	if err != nil {
		return err
	}
	if cached, ok := a.reader.Cached(address); ok {
		a.publish(cached)
	}
	return nil
}

func (a *Agent) manifestAtHand() (*portal.Manifest, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.published != nil:
		return &a.published.Manifest, nil
	case a.problem != nil:
		return nil, a.problem
	}
	return nil, &localapi.Problem{Code: localapi.NoPortal}
}

// readSecrets looks when the client secrets expire. Only providers that use one
// make it look into the key store.
func (a *Agent) readSecrets(ctx context.Context) {
	a.mu.Lock()
	published := a.published
	a.mu.Unlock()
	if published == nil || a.p.Passive {
		return
	}
	secrets := make(map[string]localapi.SecretSetup)
	for _, p := range published.Manifest.Offered() {
		d := described(p)
		if m := d.ClientAuth.Method; m != auth.AuthSecretBasic && m != auth.AuthSecretPost {
			continue
		}
		if secret, _ := a.registrations.Secret(ctx, d, p.ClientAuth.Expires()); secret.Set {
			secrets[p.ID] = secret
		}
	}
	a.mu.Lock()
	same := len(secrets) == 0 && len(a.secrets) == 0
	a.secrets = secrets
	a.mu.Unlock()
	if !same {
		a.changed()
	}
}

// secretNotices warns of secrets that expire. The days are counted anew each time:
// an agent may run for weeks. The caller holds mu.
func (a *Agent) secretNotices() []localapi.Problem {
	if a.published == nil || len(a.secrets) == 0 {
		return nil
	}
	var out []localapi.Problem
	for _, p := range offered(&a.published.Manifest) {
		secret, ok := a.secrets[p.ID]
		if !ok || secret.Expires.IsZero() {
			continue
		}
		days := registration.DaysLeft(secret.Expires, time.Now())
		secret.DaysLeft = &days
		if notice := registration.SecretProblem(secret, p); notice != nil {
			out = append(out, *notice)
		}
	}
	return out
}
