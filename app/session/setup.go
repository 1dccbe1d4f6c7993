package session

import (
	"context"
	"strconv"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/fetch"
	"github.com/portico-desktop/portico/auth/plain"
)

// soonAhead is how long before its end a client secret is worth a warning.
const soonAhead = 30

// shownAuthority is where a provider is, for people. What a token says is held
// against the authority as it was written.
func shownAuthority(p auth.Provider) string {
	address, err := fetch.ASCII(p.Authority)
	if err != nil {
		return plain.Text(p.Authority, maxShown) // and a problem says why it is no good
	}
	return address
}

// Setup describes a provider for whoever set it up: what to register, what lies
// in this person's key store for it, and what stands in the way of signing in.
// The provider need not be one of SetProviders. secretExpires is the day that
// counts where the secret was set without one.
func (s *Session) Setup(ctx context.Context, p auth.Provider, secretExpires time.Time) localapi.ProviderSetup {
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
	client, err := s.newClient(p)
	if err != nil {
		out.Problems = append(out.Problems, *Explain(err, aboutProvider(p), s.now()))
		return out
	}
	defer client.Close()
	whose := about(client)
	note := func(err error) {
		if err != nil {
			out.Problems = append(out.Problems, *Explain(err, whose, s.now()))
		}
	}
	out.RedirectURI = client.RedirectURI()
	m, err := client.RenewMetadata(ctx)
	if err == nil {
		err = p.CheckOffer(m)
	}
	note(err)
	if address, err := client.ConsentURL(ctx, ""); err == nil {
		out.ConsentURL = address
	}
	switch p.ClientAuth.Method {
	case auth.AuthSecretBasic, auth.AuthSecretPost:
		secret, problem := s.secret(ctx, client, secretExpires)
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

// Secret says what is known of a provider's client secret, and what is wrong with
// it, if anything: it is not there, it has expired, it expires soon.
func (s *Session) Secret(ctx context.Context, p auth.Provider, expires time.Time) (localapi.SecretSetup, *localapi.Problem) {
	client, err := s.newClient(p)
	if err != nil {
		return localapi.SecretSetup{}, Explain(err, aboutProvider(p), s.now())
	}
	return s.secret(ctx, client, expires)
}

func (s *Session) secret(ctx context.Context, client *auth.Client, expires time.Time) (localapi.SecretSetup, *localapi.Problem) {
	info, err := client.SecretInfo(ctx)
	if err != nil {
		return localapi.SecretSetup{}, Explain(err, about(client), s.now())
	}
	if !info.Set {
		p := client.Provider()
		missing := &auth.CredentialError{Provider: p.Name(), Method: p.ClientAuth.Method, Missing: true}
		return localapi.SecretSetup{}, Explain(missing, about(client), s.now())
	}
	out := localapi.SecretSetup{Set: true, Expires: info.Expires}
	if out.Expires.IsZero() {
		out.Expires = expires
	}
	if !out.Expires.IsZero() {
		days := DaysLeft(out.Expires, s.now())
		out.DaysLeft = &days
	}
	return out, SecretProblem(out, client.Provider())
}

// SecretProblem is what is wrong with a provider's secret that is set: it has
// expired, or expires within 30 days. It is nil where that is not known.
func SecretProblem(secret localapi.SecretSetup, p auth.Provider) *localapi.Problem {
	if secret.DaysLeft == nil || *secret.DaysLeft > soonAhead {
		return nil
	}
	problem := &localapi.Problem{Code: localapi.SecretExpiresSoon, Params: aboutProvider(p).params()}
	problem.Params["days"] = strconv.Itoa(*secret.DaysLeft)
	if *secret.DaysLeft < 0 {
		problem.Code = localapi.SecretExpired
	}
	return problem
}

func aboutProvider(p auth.Provider) About {
	return About{Title: p.Name(), Provider: p.ID, Dialect: p.RecognisedDialect(), ClientID: p.ClientID, Redirect: p.RedirectURI(), Method: p.ClientAuth.Method}
}

// DaysLeft counts whole days from today, by the calendar of this computer, to the
// last day on which something works: 0 on that day, negative after it. last is a
// day, whatever its time.
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

// SetSecret keeps a provider's client secret, or removes it. A sign-in that waits
// for one is tried again at once.
func (s *Session) SetSecret(ctx context.Context, p auth.Provider, secret auth.Secret) error {
	return s.credential(p, func(c *auth.Client) error { return c.SetSecret(ctx, secret) })
}

// NewKey makes a key for a provider's client authentication. A sign-in that waits
// for one is tried again at once.
func (s *Session) NewKey(ctx context.Context, p auth.Provider) (localapi.ClientKey, error) {
	var key auth.ClientKey
	err := s.credential(p, func(c *auth.Client) (err error) {
		key, err = c.NewKey(ctx)
		return err
	})
	return localKey(key), err
}

// DropKey deletes one by its id, with "" the one that is not current.
func (s *Session) DropKey(ctx context.Context, p auth.Provider, id string) error {
	return s.credential(p, func(c *auth.Client) error { return c.DropKey(ctx, id) })
}

// credential changes what a provider's client authenticates itself with.
func (s *Session) credential(p auth.Provider, change func(*auth.Client) error) error {
	client, err := s.newClient(p)
	if err != nil {
		return Explain(err, aboutProvider(p), s.now())
	}
	if err := change(client); err != nil {
		return Explain(err, about(client), s.now())
	}
	s.mu.Lock()
	defer s.changed()
	defer s.mu.Unlock()
	if s.problem == nil || !ofCredentials(s.problem) {
		return nil
	}
	switch {
	case s.account == nil:
		s.set(localapi.SignedOut, nil) // an attempt has failed; the next one may not
	case s.account.Provider == p.ID && s.canRenew():
		s.retries, s.due = 0, s.now().Round(0)
		s.poke()
	}
	return nil
}

// ofCredentials says whether another secret or key may mend it.
func ofCredentials(p *localapi.Problem) bool {
	switch p.Code {
	case localapi.SecretMissing, localapi.SecretWrong, localapi.SecretExpired, localapi.SecretWanted,
		localapi.ClientKeyMissing, localapi.ClientKeyUnusable, localapi.ClientRejected:
		return true
	}
	return false
}
