// Package registration is for the people who set a provider up: the data to register
// there, and the secret or the keys for it in this person's key store.
//
// It signs nobody in, and knows no session: an owner of one hears of changes by
// [Params.Changed].
package registration

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/session"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/fetch"
	"github.com/portico-desktop/portico/auth/plain"
)

// Params make [Registrations].
type Params struct {
	// Store is the person's key store.
	Store auth.Store
	// CacheDir is for copies of the providers' metadata, "" to keep none. LockDir is as
	// in [auth.Params].
	CacheDir, LockDir string
	// HTTP makes the provider's requests, nil for the engine's own client.
	HTTP *http.Client
	// Changed is called after a secret or a key of the provider with this id has changed.
	// Nil tells nobody.
	Changed func(provider string)
	// Now is the clock. Nil means the computer's.
	Now func() time.Time
	// Log hears of events, without secrets. Nil means silence.
	Log *slog.Logger
}

// Registrations are those of the portal's providers, and of any other. It holds nothing
// between two calls, and is safe for concurrent use.
type Registrations struct{ p Params }

// New returns the registrations of one key store.
func New(p Params) *Registrations {
	if p.Now == nil {
		p.Now = time.Now
	}
	return &Registrations{p: p}
}

func (r *Registrations) newClient(p auth.Provider) (*auth.Client, error) {
	return auth.New(auth.Params{
		Provider: p, Accounts: auth.NewAccounts(r.p.Store, r.p.LockDir), CacheDir: r.p.CacheDir, HTTP: r.p.HTTP, Now: r.p.Now, Log: r.p.Log,
	})
}

// maxShown bounds a shown address of somebody else's, in characters.
const maxShown = 2000

// soonAhead is how long before its end a client secret is worth a warning.
const soonAhead = 30

// shownAuthority is a provider's address, for people. A token's issuer is held against
// the authority as it was written.
func shownAuthority(p auth.Provider) string {
	address, err := fetch.ASCII(p.Authority)
	if err != nil {
		return plain.Text(p.Authority, maxShown) // a problem tells its fault
	}
	return address
}

// Offer is the reason why nobody could sign in by what the provider publishes now, nil for
// none. The key store is left alone.
func (r *Registrations) Offer(ctx context.Context, p auth.Provider) *localapi.Problem {
	client, err := r.newClient(p)
	if err != nil {
		return session.Explain(err, session.AboutProvider(p), r.p.Now())
	}
	defer client.Close()
	return session.Explain(offer(ctx, client), session.AboutClient(client), r.p.Now())
}

// offer asks for the provider's metadata, and holds it against its description.
func offer(ctx context.Context, client *auth.Client) error {
	m, err := client.RenewMetadata(ctx)
	if err != nil {
		return err
	}
	return client.Provider().CheckOffer(m)
}

// Setup describes a provider for the people who set it up: the data to register, its
// secret or keys in this person's key store, and the problems in the way of signing in.
// secretExpires is the last day of a secret set without one.
func (r *Registrations) Setup(ctx context.Context, p auth.Provider, secretExpires time.Time) localapi.ProviderSetup {
	out := localapi.ProviderSetup{
		ID: p.ID, Title: p.Name(), Description: p.Description, Dialect: string(p.RecognisedDialect()), Authority: shownAuthority(p), ClientID: p.ClientID,
		Scopes: p.Scopes, Domains: p.Domains, Accounts: p.Accounts, Tenants: p.Tenants, ClientAuth: string(p.ClientAuth.Method),
	}
	if out.ClientAuth == "" {
		out.ClientAuth = string(auth.AuthNone)
	}
	if out.Scopes == nil {
		out.Scopes = auth.DefaultScopes()
	}
	client, err := r.newClient(p)
	if err != nil {
		out.Problems = append(out.Problems, *session.Explain(err, session.AboutProvider(p), r.p.Now()))
		return out
	}
	defer client.Close()
	whose := session.AboutClient(client)
	note := func(err error) {
		if err != nil {
			out.Problems = append(out.Problems, *session.Explain(err, whose, r.p.Now()))
		}
	}
	out.RedirectURI = client.RedirectURI()
	note(offer(ctx, client))
	if address, err := client.ConsentURL(ctx, ""); err == nil {
		out.ConsentURL = address
	}
	switch p.ClientAuth.Method {
	case auth.AuthSecretBasic, auth.AuthSecretPost:
		secret, problem := r.secret(ctx, client, secretExpires)
		if secret.Set || problem != nil && problem.Code == localapi.SecretMissing {
			out.Secret = &secret // otherwise nobody knows
		}
		if problem != nil {
			out.Problems = append(out.Problems, *problem)
		}
	case auth.AuthPrivateKey:
		keys, err := client.Keys(ctx)
		out.Keys = localKeys(keys)
		if err == nil && len(keys) == 0 {
			err = &auth.CredentialError{Provider: p.Name(), Method: p.ClientAuth.Method, Missing: true}
		}
		note(err)
	}
	return out
}

// Secret is the public part of a provider's client secret, and its problem, if any: it is
// not there, it has expired, it expires soon.
func (r *Registrations) Secret(ctx context.Context, p auth.Provider, expires time.Time) (localapi.SecretSetup, *localapi.Problem) {
	client, err := r.newClient(p)
	if err != nil {
		return localapi.SecretSetup{}, session.Explain(err, session.AboutProvider(p), r.p.Now())
	}
	return r.secret(ctx, client, expires)
}

func (r *Registrations) secret(ctx context.Context, client *auth.Client, expires time.Time) (localapi.SecretSetup, *localapi.Problem) {
	info, err := client.SecretInfo(ctx)
	if err != nil {
		return localapi.SecretSetup{}, session.Explain(err, session.AboutClient(client), r.p.Now())
	}
	if !info.Set {
		p := client.Provider()
		missing := &auth.CredentialError{Provider: p.Name(), Method: p.ClientAuth.Method, Missing: true}
		return localapi.SecretSetup{}, session.Explain(missing, session.AboutClient(client), r.p.Now())
	}
	out := localapi.SecretSetup{Set: true, Expires: info.Expires}
	if out.Expires.IsZero() {
		out.Expires = expires
	}
	if !out.Expires.IsZero() {
		days := DaysLeft(out.Expires, r.p.Now())
		out.DaysLeft = &days
	}
	return out, SecretProblem(out, client.Provider())
}

// SecretProblem is the problem of a provider's secret that is set: it has expired, or
// expires within 30 days. It is nil if the day is not known.
func SecretProblem(secret localapi.SecretSetup, p auth.Provider) *localapi.Problem {
	if secret.DaysLeft == nil || *secret.DaysLeft > soonAhead {
		return nil
	}
	problem := &localapi.Problem{Code: localapi.SecretExpiresSoon, Params: session.AboutProvider(p).Params()}
	problem.Params["days"] = strconv.Itoa(*secret.DaysLeft)
	if *secret.DaysLeft < 0 {
		problem.Code = localapi.SecretExpired
	}
	return problem
}

// DaysLeft counts whole days from today, by the calendar of this computer, to something's
// last day of use: 0 on that day, negative after it. last is a day, whatever its time.
func DaysLeft(last, now time.Time) int {
	day := func(t time.Time) time.Time {
		year, month, d := t.Date()
		return time.Date(year, month, d, 0, 0, 0, 0, time.UTC)
	}
	return int(day(last.UTC()).Sub(day(now)) / (24 * time.Hour))
}

func localKeys(keys []auth.ClientKey) []localapi.ClientKey {
	out := make([]localapi.ClientKey, 0, len(keys))
	for _, k := range keys {
		out = append(out, localKey(k))
	}
	return out
}

func localKey(k auth.ClientKey) localapi.ClientKey {
	return localapi.ClientKey{
		ID: k.ID, Algorithm: k.Algorithm, Certificate: k.Certificate, ThumbprintSHA1: k.ThumbprintSHA1, ThumbprintSHA256: k.ThumbprintSHA256,
		JWK: k.JWK, Created: k.Created, Expires: k.Expires, File: k.File, Current: k.Current,
	}
}

// SetSecret keeps a provider's client secret, or removes it. A sign-in that waits for one
// hears of it, by Params.Changed.
func (r *Registrations) SetSecret(ctx context.Context, p auth.Provider, secret auth.Secret) error {
	return r.credential(p, func(c *auth.Client) error { return c.SetSecret(ctx, secret) })
}

// NewKey makes a key for a provider's client authentication. A sign-in that waits
// for one hears of it, by Params.Changed.
func (r *Registrations) NewKey(ctx context.Context, p auth.Provider) (localapi.ClientKey, error) {
	var key auth.ClientKey
	err := r.credential(p, func(c *auth.Client) (err error) {
		key, err = c.NewKey(ctx)
		return err
	})
	return localKey(key), err
}

// DropKey deletes one by its id, with "" the one that is not current.
func (r *Registrations) DropKey(ctx context.Context, p auth.Provider, id string) error {
	return r.credential(p, func(c *auth.Client) error { return c.DropKey(ctx, id) })
}

// credential changes the secret or the keys of a provider's client.
func (r *Registrations) credential(p auth.Provider, change func(*auth.Client) error) error {
	client, err := r.newClient(p)
	if err != nil {
		return session.Explain(err, session.AboutProvider(p), r.p.Now())
	}
	if err := change(client); err != nil {
		return session.Explain(err, session.AboutClient(client), r.p.Now())
	}
	if r.p.Changed != nil {
		r.p.Changed(p.ID)
	}
	return nil
}
