package diag

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/portal"
	"github.com/portico-desktop/portico/app/portal/manifest"
	"github.com/portico-desktop/portico/app/session"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/fetch"
)

// maxProviders bounds how many are asked.
const maxProviders = 10

// setOffered notes the providers for people to sign in with.
func (x *examination) setOffered(published *portal.Published) {
	var m *manifest.Manifest
	if published != nil {
		m = &published.Manifest
	}
	offered := x.Offered(m)
	x.offered = offered[:min(len(offered), maxProviders)]
}

// offeredNow are the providers, nil while they are not known yet.
func (x *examination) offeredNow() []manifest.Provider {
	select {
	case <-x.described:
		return x.offered
	default:
		return nil
	}
}

// checkProviders goes to every provider at once.
func (x *examination) checkProviders(ctx context.Context) {
	const id = "provider"
	if len(x.offered) == 0 {
		c := skipped(id, groupSignIn, "", "nobody is known to sign in with")
		if cause := x.manifest; cause.Status == localapi.CheckBad || cause.because != nil {
			c = after(cause, id, groupSignIn, "")
		}
		x.providers = []*check{c}
		return
	}
	found := make([][]*check, len(x.offered))
	var hosts []*host
	index := map[*host]int{}
	for i, p := range x.offered {
		described, err := p.Auth()
		if err != nil {
			found[i] = []*check{bad(id, groupSignIn, p.Name(), session.Explain(err, session.About{Title: p.Name(), Provider: p.ID}, x.Now()))}
			continue
		}
		u, err := url.Parse(described.Authority)
		if err != nil {
			continue // Auth has checked it
		}
		h := &host{address: &url.URL{Scheme: u.Scheme, Host: fetch.Host(u)}, about: session.About{
			Title: described.Name(), Provider: described.ID, Dialect: described.RecognisedDialect(), Host: fetch.Host(u), ClientID: described.ClientID, Redirect: described.RedirectURI(),
		}}
		index[h] = i
		hosts = append(hosts, h)
	}
	x.addHosts(hosts)
	sideBySide(hosts, func(h *host) {
		i := index[h]
		begun := time.Now()
		found[i] = x.checkProvider(ctx, h, x.offered[i])
		found[i][0].Took = time.Since(begun)
	})
	for i, f := range found {
		x.providers = append(x.providers, f...)
		if p := x.notRenewable(x.offered[i]); p != nil {
			x.providers = append(x.providers, warning(id, groupSignIn, x.offered[i].Name(), p))
		}
	}
}

// notRenewable is the known reason why a provider's sign-ins are not remembered: the
// one that lasts here is not, or none can be without being asked for.
func (x *examination) notRenewable(p manifest.Provider) *localapi.Problem {
	if u := x.Unkept; u != nil && u.Code == localapi.NoRefreshToken && u.Params["provider"] == p.ID {
		return u
	}
	described, err := p.Auth()
	if err != nil || described.Scopes == nil || slices.Contains(described.Scopes, "offline_access") {
		return nil //nolint:nilerr // what is wrong with the description has its own line
	}
	dialect := described.RecognisedDialect()
	if dialect != auth.Entra && dialect != auth.Google {
		return nil // many give a refresh token all the same
	}
	return session.Explain(&auth.NoRefreshTokenError{Provider: described.Name()},
		session.About{Title: described.Name(), Provider: described.ID, Dialect: dialect, ClientID: described.ClientID}, x.Now())
}

func (x *examination) addHosts(hosts []*host) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.hosts = append(x.hosts, hosts...)
}

// checkProvider reads a provider's description of itself, and looks at the hosts named
// there.
func (x *examination) checkProvider(ctx context.Context, h *host, p manifest.Provider) []*check {
	const id = "provider"
	described, _ := p.Auth()
	x.reach(ctx, h, metadataPath(described))
	if h.tls.Status == localapi.CheckBad || h.tls.because != nil {
		return []*check{after(h.tls, id, groupSignIn, described.Name())}
	}
	step, cancel := context.WithTimeoutCause(ctx, readLimit, errLate)
	defer cancel()
	setup := x.Setup(step, p)
	facts := []string{
		"redirect URI to register: " + setup.RedirectURI,
		"client id: " + forDisplay(setup.ClientID) + ", authenticated by " + setup.ClientAuth,
		"authority: " + withoutQuery(setup.Authority) + " (" + setup.Dialect + ")",
	}
	var found []*check
	for _, problem := range setup.Problems {
		if problem.Code == localapi.ManifestUnknownKey {
			continue // said of the manifest
		}
		found = append(found, x.providerProblem(h, described, problem))
	}
	if found != nil {
		found[0].Facts = facts
		return found
	}
	c := good(id, groupSignIn, described.Name(), facts...)
	i, err := x.Inspect(step, described)
	if err != nil {
		return []*check{x.providerProblem(h, described, *session.Explain(err, h.about, x.Now()))}
	}
	c.Facts = slices.Concat(metadataFacts(i.Metadata), c.Facts, inspectionFacts(i), x.learntFacts(described))
	x.judge(h, c, i)
	x.checkEndpoints(ctx, h, c, i.Metadata)
	return []*check{c}
}

// judge names the findings of an inspection that stand in the way of signing in, or are
// worth a look.
func (x *examination) judge(h *host, c *check, i *auth.Inspection) {
	problems := slices.Clone(i.Problems)
	if i.KeysErr != nil {
		problems = append(problems, i.KeysErr)
	}
	switch {
	case len(problems) > 0:
		c.Status, c.Problem = localapi.CheckBad, session.Explain(problems[0], h.about, x.Now())
	case i.Copy != nil && slices.ContainsFunc(i.Copy.Differences, auth.Difference.IsAddress):
		c.Status, c.Problem = localapi.CheckWarning, x.problem(localapi.MetadataCopyOld, nil, "title", h.about.Title, "provider", h.about.Provider, "host", h.name())
	}
}

func (x *examination) providerProblem(h *host, described auth.Provider, p localapi.Problem) *check {
	c := bad("provider", groupSignIn, described.Name(), &p)
	switch {
	case p.Code == localapi.SecretExpiresSoon:
		c.Status = localapi.CheckWarning
	case p.Exit() == localapi.ExitKeyStore:
		c.because = x.keyStore
	case p.Code == localapi.NotAProvider && h.elsewhere != "":
		c.Facts = append(c.Facts, "it redirects to "+h.elsewhere)
	}
	return c
}

func metadataFacts(m *auth.Metadata) []string {
	pkce := "not said in its metadata; Portico uses it all the same"
	if len(m.ChallengeMethods) > 0 {
		pkce = strings.Join(m.ChallengeMethods, ", ")
	}
	return []string{
		"issuer: " + forDisplay(m.Issuer),
		"signs in at " + withoutQuery(m.AuthorizationEndpoint),
		"gives tokens at " + withoutQuery(m.TokenEndpoint),
		"PKCE: " + forDisplay(pkce),
		fmt.Sprintf("codes for other devices: %v", m.DeviceEndpoint != ""),
	}
}

// learntFacts are facts that the provider has shown by its answers, against its own
// metadata.
func (x *examination) learntFacts(described auth.Provider) []string {
	if x.Learnt == nil {
		return nil
	}
	since := x.Learnt(described).WithoutDPoP
	if since.IsZero() {
		return nil
	}
	return []string{"DPoP: offered, and not used since " + since.UTC().Format(time.DateOnly) + ", because the provider refused good proofs " +
		"(often a proxy before it that does not send X-Forwarded-Proto); tried again when its metadata change, or after 30 days"}
}

// checkEndpoints reaches the other hosts that a sign-in needs, besides the provider's
// own; firewalls forget them.
func (x *examination) checkEndpoints(ctx context.Context, h *host, provider *check, m *auth.Metadata) {
	seen := map[string]bool{h.address.Host: true}
	var others []*host
	for _, endpoint := range []string{m.TokenEndpoint, m.JWKSURI, m.UserinfoEndpoint} {
		u, err := url.Parse(endpoint)
		if err != nil || u.Host == "" || seen[u.Host] {
			continue
		}
		seen[u.Host] = true
		others = append(others, &host{address: &url.URL{Scheme: u.Scheme, Host: fetch.Host(u)}, about: h.about})
	}
	x.addHosts(others)
	sideBySide(others, func(o *host) { x.reach(ctx, o, "/") })
	for _, o := range others {
		if o.tls.Status == localapi.CheckBad || o.tls.because != nil {
			provider.because = o.tls
		}
	}
}

// metadataPath is the path of a provider's metadata (OpenID Connect Discovery 1.0,
// section 4.1).
func metadataPath(p auth.Provider) string {
	u, err := url.Parse(p.Authority)
	if err != nil {
		return "/"
	}
	if strings.Contains(u.Path, "/.well-known/") {
		return u.Path
	}
	return strings.TrimSuffix(u.Path, "/") + "/.well-known/openid-configuration"
}
