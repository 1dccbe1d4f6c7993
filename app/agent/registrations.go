package agent

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/portal"
	"github.com/portico-desktop/portico/app/portal/manifest"
	"github.com/portico-desktop/portico/app/registration"
	"github.com/portico-desktop/portico/auth"
)

const (
	// lookLimit bounds how long the providers may take to show their metadata.
	lookLimit = 20 * time.Second
	// lookedAtOnce bounds how many of them are asked at the same time.
	lookedAtOnce = 16
)

// described is a provider as the engine knows it. The manifest was checked: nothing is
// left that could fail.
func described(p manifest.Provider) auth.Provider {
	described, _ := p.Auth()
	return described
}

// offered are the providers for people to sign in with.
func offered(m *manifest.Manifest) []auth.Provider {
	var out []auth.Provider
	for _, p := range m.Offered() {
		out = append(out, described(p))
	}
	return out
}

// addressFirst says whether an address chooses among several providers.
func addressFirst(m *manifest.Manifest) bool {
	all := offered(m)
	return len(all) > 1 && slices.ContainsFunc(all, func(p auth.Provider) bool { return len(p.Domains)+len(p.Accounts) > 0 })
}

// registrations is how this installation is known to the providers: the set-up there,
// client secrets, keys. It implements [localapi.Registrations].
type registrations struct {
	// kept is the person's key store for it.
	kept *registration.Registrations
	// atHand is the manifest as people see it, after readCached had the chance to find
	// one, and seen is everything published; nil for nothing.
	atHand     func() (*manifest.Manifest, error)
	readCached func() error
	seen       func() *portal.Published
	// renew has the portal asked for its manifest, and readLogos reads its published
	// logos.
	renew     func(context.Context) error
	readLogos func(context.Context, *portal.Published)
	// asDecided is a provider as the engine knows it, with IT's decisions for all of
	// them.
	asDecided func(manifest.Provider) auth.Provider
	// passive: the key store is left alone. rehearsal: the manifest is only tried.
	passive, rehearsal bool
	changed            func()

	mu      sync.Mutex                      // guards secrets
	secrets map[string]localapi.SecretSetup // of the providers with one
}

// Providers describes the providers; see [localapi.Agent]. The portal is asked for its
// manifest first, then the providers for their metadata, many at once: the person at the
// screen may just have changed them.
func (r *registrations) Providers(ctx context.Context) ([]localapi.ProviderSetup, error) {
	if err := r.readCached(); err != nil {
		return nil, err
	}
	_ = r.renew(ctx) // a failure is in the state
	m, err := r.atHand()
	if err != nil {
		return nil, err
	}
	unused := r.unusedAtHand(ctx)
	ctx, cancel := context.WithTimeout(ctx, lookLimit)
	defer cancel()
	out := make([]localapi.ProviderSetup, len(m.Providers))
	var parts sync.WaitGroup
	free := make(chan struct{}, lookedAtOnce)
	for i, p := range m.Providers {
		parts.Go(func() {
			free <- struct{}{}
			defer func() { <-free }()
			out[i] = r.kept.Setup(ctx, r.asDecided(p), p.ClientAuth.Expires())
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

// ignored are the members of a manifest without a meaning: a provider's, and with the
// first provider those of the rest.
func ignored(m *manifest.Manifest, i int) (out []localapi.Problem) {
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
func (r *registrations) unusedAtHand(ctx context.Context) []localapi.Problem {
	at := r.seen()
	if at == nil {
		return nil
	}
	if r.rehearsal {
		looked := *at
		r.readLogos(ctx, &looked)
		at = &looked
	}
	return unusedParts(at)
}

// SetSecret keeps a client secret; see [localapi.Agent].
func (r *registrations) SetSecret(ctx context.Context, req localapi.SecretRequest) error {
	p, err := r.provider(ctx, req.Provider)
	if err != nil {
		return err
	}
	if err := r.kept.SetSecret(ctx, p, auth.Secret{Value: req.Value, Expires: req.Expires}); err != nil {
		return err
	}
	r.readSecrets(ctx)
	return nil
}

// NewKey makes a client's key; see [localapi.Agent].
func (r *registrations) NewKey(ctx context.Context, req localapi.KeyRequest) (localapi.ClientKey, error) {
	p, err := r.provider(ctx, req.Provider)
	if err != nil {
		return localapi.ClientKey{}, err
	}
	return r.kept.NewKey(ctx, p)
}

// DropKey deletes a client's key; see [localapi.Agent].
func (r *registrations) DropKey(ctx context.Context, req localapi.KeyRequest) error {
	p, err := r.provider(ctx, req.Provider)
	if err != nil {
		return err
	}
	return r.kept.DropKey(ctx, p, req.Key)
}

// provider finds one by its id, also a disabled one: its secret and key may be set before
// it is enabled. The portal is asked for its manifest first: the need for them may be
// new.
func (r *registrations) provider(ctx context.Context, id string) (auth.Provider, error) {
	if err := r.readCached(); err != nil {
		return auth.Provider{}, err
	}
	_ = r.renew(ctx) // a failure is in the state
	m, err := r.atHand()
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

// readSecrets looks when the client secrets expire. It looks into the key store only for
// providers with one.
func (r *registrations) readSecrets(ctx context.Context) {
	published := r.seen()
	if published == nil || r.passive {
		return
	}
	secrets := make(map[string]localapi.SecretSetup)
	for _, p := range published.Manifest.Offered() {
		d := described(p)
		if m := d.ClientAuth.Method; m != auth.AuthSecretBasic && m != auth.AuthSecretPost {
			continue
		}
		if secret, _ := r.kept.Secret(ctx, d, p.ClientAuth.Expires()); secret.Set {
			secrets[p.ID] = secret
		}
	}
	r.mu.Lock()
	same := len(secrets) == 0 && len(r.secrets) == 0
	r.secrets = secrets
	r.mu.Unlock()
	if !same {
		r.changed()
	}
}

// forget forgets the knowledge about secrets.
func (r *registrations) forget() {
	r.mu.Lock()
	r.secrets = nil
	r.mu.Unlock()
}

// notices warn of secrets that expire. The days are counted anew each time: an agent may
// run for weeks.
func (r *registrations) notices() []localapi.Problem {
	r.mu.Lock()
	secrets := r.secrets
	r.mu.Unlock()
	published := r.seen()
	if published == nil || len(secrets) == 0 {
		return nil
	}
	var out []localapi.Problem
	for _, p := range offered(&published.Manifest) {
		secret, ok := secrets[p.ID]
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
