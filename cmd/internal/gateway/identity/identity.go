// Package identity says who somebody is. It exchanges a provider's token for the gateway's own
// (RFC 8693), and checks those: each request has one, so that needs no SQL.
//
// A person is an issuer and a subject. Everything else can change, and may have been written by
// an administrator of anybody's directory. So an address counts only if the provider vouches
// for it as the person's own, and only in the organization of the directory or issuer that
// the person comes from. Once it counts it stays, until a technician moves it.
package identity

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/portico-desktop/portico/app/portal/api"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/cmd/internal/gateway/desk"
	"github.com/portico-desktop/portico/cmd/internal/gateway/settings"
	"github.com/portico-desktop/portico/cmd/internal/gateway/store"
)

const (
	// maxAge is how old an ID token may be at its exchange; its own lifetime does not matter.
	maxAge = 10 * time.Minute
	// ahead is how far the provider's clock may be ahead.
	ahead = 5 * time.Minute
	// Lifetime is that of the gateway's own tokens.
	Lifetime = 15 * time.Minute
	// Renewable is how long they can be renewed after the provider's token. So a provider is
	// asked no oftener than for the sign-in itself.
	Renewable = 8 * time.Hour
	// maxGroups bounds the groups of a person, which are in each token.
	maxGroups = 100
)

// Params make an [Identity].
type Params struct {
	Store *store.Store
	// Providers are those of the manifest, in its order.
	Providers []auth.Provider
	// URL is the portal's address: issuer and audience of its own tokens.
	URL string
	// Audiences are the portal's identifiers at the providers, for access tokens; none takes
	// ID tokens alone.
	Audiences []string
	// GroupsClaim is the claim with the groups. Default: "groups".
	GroupsClaim   string
	Organizations []settings.Organization
	// Features are everybody's.
	Features []string
	Roles    []settings.Role
	// HTTP asks the providers. Default: the engine's.
	HTTP *http.Client
	// Now is the clock. Default: time.Now.
	Now func() time.Time
	// Log gets each exchange, without tokens. Default: none.
	Log *slog.Logger
}

// Identity is safe for concurrent use.
type Identity struct {
	Params
	keys *keys

	mu        sync.RWMutex
	verifiers []*auth.Verifier

	// known are the people of access tokens, by the token's digest.
	knownMu sync.Mutex
	known   map[[sha256.Size]byte]knownPerson
}

type knownPerson struct {
	who     *desk.Person
	expires time.Time
}

// maxKnown bounds the memory of access tokens.
const maxKnown = 20000

// New makes an Identity. It asks no provider.
//
// Errors: *[auth.ConfigError] for a provider; the store's for the keys.
func New(ctx context.Context, p Params) (*Identity, error) {
	if p.GroupsClaim == "" {
		p.GroupsClaim = "groups"
	}
	if p.Now == nil {
		p.Now = time.Now
	}
	if p.Log == nil {
		p.Log = slog.New(slog.DiscardHandler)
	}
	i := &Identity{Params: p, keys: &keys{store: p.Store, now: p.Now}, known: map[[sha256.Size]byte]knownPerson{}}
	if err := i.keys.load(ctx); err != nil {
		return nil, err
	}
	return i, i.SetProviders(p.Providers)
}

// SetProviders replaces the providers, after a change of the manifest. On an error the former
// ones stay.
func (i *Identity) SetProviders(all []auth.Provider) error {
	var verifiers []*auth.Verifier
	for _, p := range all {
		v, err := auth.NewVerifier(auth.VerifierParams{Provider: p, Audiences: i.Audiences, HTTP: i.HTTP, Now: i.Now, Log: i.Log})
		if err != nil {
			return fmt.Errorf("provider %s: %w", p.ID, err)
		}
		verifiers = append(verifiers, v)
	}
	i.mu.Lock()
	i.verifiers = verifiers
	i.mu.Unlock()
	return nil
}

// refused is a token without effect. Its text is for the client.
type refused struct {
	code, reason string
	err          error // for the log
}

func (r *refused) Error() string { return r.reason }
func (r *refused) Unwrap() error { return r.err }

// verified has the providers look at a token.
func (i *Identity) verified(ctx context.Context, raw string, access bool) (*auth.Verified, error) {
	i.mu.RLock()
	verifiers := i.verifiers
	i.mu.RUnlock()
	var all []error
	for _, v := range verifiers {
		check := v.IDToken
		if access {
			check = v.AccessToken
		}
		who, err := check(ctx, raw)
		if err == nil {
			return who, nil
		}
		all = append(all, err)
	}
	return nil, errors.Join(all...)
}

// unavailable is true if a provider could not be asked: the token may be right.
func unavailable(err error) bool {
	var away *auth.UnavailableError
	var other *auth.NotProviderError
	return errors.As(err, &away) || errors.As(err, &other)
}

// exchanged takes an ID token: once, and while it is new.
func (i *Identity) exchanged(ctx context.Context, raw string) (*desk.Person, time.Time, error) {
	who, err := i.verified(ctx, raw, false)
	if err != nil {
		return nil, time.Time{}, &refused{invalidGrant, "No provider of this portal vouches for the ID token.", err}
	}
	now := i.Now()
	if age := now.Sub(who.IssuedAt); age > maxAge || age < -ahead {
		return nil, time.Time{}, &refused{invalidGrant, fmt.Sprintf("The ID token was issued %s ago; it may be %s old at most. Renew the sign-in, and send the new one.", age.Round(time.Second), maxAge), nil}
	}
	// Without the signature, which can be written in several ways.
	digest := sha256.Sum256([]byte(raw[:max(0, strings.LastIndexByte(raw, '.'))]))
	var found *desk.Person
	err = i.Store.Write(ctx, func(tx *store.Tx) error {
		first, err := tx.Take(digest[:], who.IssuedAt.Add(maxAge+time.Minute))
		if err != nil {
			return err
		}
		if !first {
			return &refused{invalidGrant, "The ID token was taken before; each is taken once. Renew the sign-in, and send the new one.", nil}
		}
		found, err = i.enter(tx, who)
		return err
	})
	return found, now, err
}

// enter finds the person of a checked token, or makes a row for a new one.
func (i *Identity) enter(tx *store.Tx, who *auth.Verified) (*desk.Person, error) {
	subject := who.Subject
	if who.Object != "" {
		// At Entra the object identifies, in all registrations of the directory.
		subject = who.Object
	}
	of, address := i.place(who)
	p, err := tx.PersonBySubject(who.Issuer, subject)
	isNew := errors.Is(err, store.ErrNotFound)
	if err != nil && !isNew {
		return nil, err
	}
	if p.Removed != nil || p.OutSince != nil {
		return nil, &refused{invalidGrant, "This person has no access to the portal any more.", nil}
	}
	p.Issuer, p.Subject, p.Tenant = who.Issuer, subject, who.Tenant
	p.Name, p.Seen = shown(who), tx.Now()
	p.Organization = 0
	if of != nil {
		if p.Organization, err = tx.OrganizationRow(of.ID, of.Name); err != nil {
			return nil, err
		}
	}
	if err := i.pin(tx, &p, address); err != nil {
		return nil, err
	}
	groups := i.groups(who)
	person := i.person(p, of, groups)
	p.Claims = claims(person)
	if isNew {
		if err := tx.AddPerson(&p); err != nil {
			return nil, err
		}
		person.Row, person.ID = p.Row, p.ID
		return person, nil
	}
	return person, tx.SavePerson(p)
}

// place finds a person's organization, and the address if it counts there.
func (i *Identity) place(who *auth.Verified) (*settings.Organization, string) {
	address := strings.ToLower(who.Address)
	if len(i.Organizations) == 0 {
		return nil, address
	}
	var from []*settings.Organization
	for n := range i.Organizations {
		o := &i.Organizations[n]
		tenant := who.Tenant != "" && slices.ContainsFunc(o.Tenants, func(t string) bool { return strings.EqualFold(t, who.Tenant) })
		if tenant || slices.Contains(o.Issuers, who.Issuer) {
			from = append(from, o)
		}
	}
	domain := address[strings.LastIndex(address, "@")+1:]
	for _, o := range from {
		if domain != "" && slices.ContainsFunc(o.Domains, func(d string) bool { return strings.EqualFold(d, domain) }) {
			return o, address
		}
	}
	if len(from) > 0 && !who.Member && !who.Guest {
		i.Log.Warn("a person is of no organization, since the token does not say that they are no guest; add the optional claim acct to the registration at Entra", "tenant", who.Tenant)
	}
	// Of several the address would have decided. A guest is at home elsewhere.
	if len(from) != 1 || !who.Member {
		return nil, ""
	}
	return from[0], ""
}

// pin gives a person the address of the first sign-in that had one, unless it is somebody's.
func (i *Identity) pin(tx *store.Tx, p *store.Person, address string) error {
	if address == "" || p.Address == address {
		return nil
	}
	if p.Address != "" {
		i.Log.Warn("a person's address has changed at the provider; portico-gateway link moves it", "person", p.ID)
		return nil
	}
	holders, err := tx.PeopleByAddress(address)
	if err != nil {
		return err
	}
	for _, other := range holders {
		if other.Row != p.Row && other.Removed == nil {
			i.Log.Warn("an address is another account's already; portico-gateway link moves it", "person", other.ID)
			return nil
		}
	}
	p.Address = address
	return nil
}

// groups are those of a token, as far as there is room.
func (i *Identity) groups(who *auth.Verified) []string {
	var all []string
	if there, err := who.Claim(i.GroupsClaim, &all); err != nil || !there {
		var one string
		if there, err := who.Claim(i.GroupsClaim, &one); err == nil && there && one != "" {
			return []string{one}
		}
		return nil
	}
	if len(all) > maxGroups {
		i.Log.Warn("a person has more groups than a token of the portal holds", "groups", len(all), "held", maxGroups)
		all = all[:maxGroups]
	}
	return all
}

// person is somebody as the desk knows them.
func (i *Identity) person(p store.Person, of *settings.Organization, groups []string) *desk.Person {
	d := &desk.Person{Row: p.Row, ID: p.ID, Name: p.Name, Address: p.Address, OrganizationRow: p.Organization, Groups: groups}
	if of != nil {
		d.Organization = of.ID
	}
	d.Roles = i.roles(d)
	return d
}

func (i *Identity) roles(d *desk.Person) []string {
	all := slices.Clone(i.Features)
	for _, role := range i.Roles {
		if !slices.Contains(all, role.Feature) && role.Audience().Includes(d.Audience()) {
			all = append(all, role.Feature)
		}
	}
	return all
}

// claims is a digest of everything on which rights, menus and forms depend.
func claims(d *desk.Person) string {
	groups := slices.Sorted(slices.Values(d.Groups))
	roles := slices.Sorted(slices.Values(d.Roles))
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %q", d.Organization, d.Address, groups, roles))
	return fmt.Sprintf("%x", sum[:8])
}

// shown is a person's name for others.
func shown(who *auth.Verified) string {
	for _, name := range []string{who.Name, who.GivenName, who.Email} {
		if name != "" {
			return name
		}
	}
	return "?"
}

// Check returns the person of a token: one of the gateway's own or, where there are audiences,
// a provider's access token.
//
// Errors: *[api.Problem] if nothing can be said of the token now; any other refuses it.
func (i *Identity) Check(ctx context.Context, raw string) (*desk.Person, error) {
	own, err := i.read(ctx, raw)
	if err == nil {
		if !i.Now().Before(own.expires) {
			return nil, &refused{invalidGrant, "The token has expired.", nil}
		}
		return own.who, nil
	}
	if len(i.Audiences) == 0 {
		return nil, err
	}
	digest := sha256.Sum256([]byte(raw))
	i.knownMu.Lock()
	had, found := i.known[digest]
	i.knownMu.Unlock()
	if found && i.Now().Before(had.expires) {
		return had.who, nil
	}
	who, err := i.verified(ctx, raw, true)
	if unavailable(err) {
		i.Log.Warn("a provider cannot be asked", "error", err)
		return nil, away(err)
	}
	if err != nil {
		return nil, &refused{invalidGrant, "No provider of this portal vouches for the access token.", err}
	}
	if bound, err := boundToKey(who); bound || err != nil {
		return nil, &refused{invalidGrant, "The access token is bound to a key, whose proof this portal does not take.", err}
	}
	var person *desk.Person
	if err := i.Store.Write(ctx, func(tx *store.Tx) (err error) { person, err = i.enter(tx, who); return err }); err != nil {
		var known *refused
		if errors.As(err, &known) {
			return nil, err
		}
		i.Log.Error("a token could not be looked at", "error", err)
		return nil, away(err)
	}
	// Whoever is shut out is so within the time of an own token.
	expires := who.Expires
	if latest := i.Now().Add(Lifetime); latest.Before(expires) {
		expires = latest
	}
	i.knownMu.Lock()
	defer i.knownMu.Unlock()
	if len(i.known) >= maxKnown {
		clear(i.known)
	}
	i.known[digest] = knownPerson{person, expires}
	return person, nil
}

// away says that nothing can be said of a token now: a client comes again with the same one.
func away(err error) error {
	return errors.Join(&api.Problem{Status: http.StatusServiceUnavailable, Code: api.Unavailable, Title: "The portal cannot look at the token now.", RetryAfter: 10}, err)
}

// boundToKey is true for a token that counts only with a key's proof (RFC 7800, section 3.1).
func boundToKey(who *auth.Verified) (bool, error) {
	var any map[string]any
	return who.Claim("cnf", &any)
}
