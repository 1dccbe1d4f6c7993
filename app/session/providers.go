package session

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth"
)

// providers are the ways to sign in, as they are described now. It has no lock of its
// own: the state's mu guards it.
type providers struct {
	described []auth.Provider
	clients   map[string]*auth.Client
	// codes says of some providers that they give codes, or give none; nothing is known
	// of the others.
	codes map[string]bool
}

// replace takes other providers into use, and returns the clients out of use.
func (p *providers) replace(described []auth.Provider, clients map[string]*auth.Client) (replaced []*auth.Client) {
	for id, old := range p.clients {
		if clients[id] != old {
			replaced = append(replaced, old)
		}
	}
	p.described, p.clients = described, clients
	return replaced
}

// use says whether a client's provider is still there, and described as when the client
// was made.
func (p *providers) use(c *auth.Client) bool { return p.clients[c.Provider().ID] == c }

// clientFor finds the provider for an account: by the same id, and the issuer of the
// sign-in.
func (p *providers) clientFor(a auth.Account) *auth.Client {
	if c := p.clients[a.Provider]; c != nil && c.Issues(a) {
		return c
	}
	return nil
}

// isFormer says whether there are providers, and none of them can renew the sign-in of an
// account.
func (p *providers) isFormer(a auth.Account) bool {
	c := p.clientFor(a)
	return len(p.clients) > 0 && (c == nil || !c.Owns(a))
}

// description is a provider as it is described now; its client may have been made under
// another title.
func (p *providers) description(c *auth.Client) auth.Provider {
	if c == nil {
		return auth.Provider{}
	}
	for _, described := range p.described {
		if described.ID == c.Provider().ID {
			return described
		}
	}
	return c.Provider()
}

// about says it for the provider of a client, under its present title.
func (p *providers) about(c *auth.Client) About {
	a := AboutClient(c)
	if c != nil {
		described := p.description(c)
		a.Title = described.Name()
	}
	return a
}

// aboutKeeping is for a sign-in that could not be kept. It is about the provider if that
// gave nothing to keep, and about nobody if the key store failed.
func (p *providers) aboutKeeping(t *auth.Tokens) About {
	var none *auth.NoRefreshTokenError
	if !errors.As(t.SaveErr, &none) {
		return About{}
	}
	return p.about(p.clientFor(t.Account))
}

// toEnter is the index of the known account for the session, -1 for none: the last used
// one that can be renewed, and otherwise the last one with its provider still there.
func (p *providers) toEnter(known []auth.Known) int {
	at := slices.IndexFunc(known, p.mayEnter)
	if at < 0 {
		at = slices.IndexFunc(known, func(k auth.Known) bool { return p.clientFor(k.Account) != nil })
	}
	return at
}

// mayEnter says whether no earlier account can take this one's place.
func (p *providers) mayEnter(k auth.Known) bool {
	return p.clientFor(k.Account) != nil && !p.isFormer(k.Account)
}

// mayGiveCodes says whether a device sign-in may be offered with a provider. Before its
// metadata are read the answer is a guess, and yes.
func (p *providers) mayGiveCodes(id string) bool {
	gives, known := p.codes[id]
	return gives || !known
}

// learnt remembers that a provider gives codes, or none, and says whether this is news.
func (p *providers) learnt(id string, gives bool) (news bool) {
	before, known := p.codes[id]
	p.codes[id] = gives
	return !known || before != gives
}

// chosen is the client of the provider of a request. known is the person signed in or
// known, nil for nobody.
func (p *providers) chosen(req localapi.SignInRequest, known *auth.Account) (*auth.Client, error) {
	id := req.Provider
	address := strings.TrimSpace(req.Account)
	switch {
	case len(p.described) == 0:
		return nil, &localapi.Problem{Code: localapi.NoPortal}
	case id != "":
	case len(p.described) == 1:
		id = p.described[0].ID
	case address != "" && known != nil && strings.EqualFold(address, known.Email) && p.clients[known.Provider] != nil:
		id = known.Provider
	case address != "":
		found := auth.ForAddress(p.described, address)
		if len(found) == 0 {
			return nil, &localapi.Problem{Code: localapi.NobodysAddress, Params: map[string]string{"address": address, "providers": ids(p.described)}}
		}
		if len(found) > 1 {
			return nil, &localapi.Problem{Code: localapi.ChooseProvider, Params: map[string]string{"providers": ids(found)}}
		}
		id = found[0].ID
	case !req.Another && known != nil && p.clients[known.Provider] != nil:
		id = known.Provider
	default:
		return nil, &localapi.Problem{Code: localapi.ChooseProvider, Params: map[string]string{"providers": ids(p.described)}}
	}
	if c := p.clients[id]; c != nil {
		return c, nil
	}
	return nil, &localapi.Problem{Code: localapi.UnknownProvider, Params: map[string]string{"provider": id, "providers": ids(p.described)}}
}

// ids lists providers for people and scripts.
func ids(providers []auth.Provider) string {
	all := make([]string, len(providers))
	for i, p := range providers {
		all[i] = p.ID
	}
	return strings.Join(all, ", ")
}

// SetProviders sets the ways for people to sign in. A sign-in with a provider now gone
// ends, prepared or not. The session lets go of an account without a provider; the key
// store keeps it. A changed description renews the sign-in by the new one. A change of
// words for people alone changes nothing else.
func (s *Session) SetProviders(providers []auth.Provider) error {
	known := s.state.clients()
	clients := make(map[string]*auth.Client, len(providers))
	for _, p := range providers {
		if old := known[p.ID]; old != nil && same(old.Provider(), p) {
			clients[p.ID] = old
			continue
		}
		engine := s.engine
		engine.Provider, engine.Saved = p, s.saves.saved
		c, err := auth.New(engine)
		if err != nil {
			return err
		}
		clients[p.ID] = c
	}
	replaced, orphans := s.state.replaceProviders(providers, clients)
	for _, a := range orphans {
		a.stop(errRedescribed)
		<-a.ended
	}
	for _, old := range replaced {
		s.life.begin(func(context.Context) { old.Close() }) // it may still owe a browser its page
	}
	s.state.redescribed(func(provider string) bool { return slices.Contains(replaced, known[provider]) })
	s.changed()
	return nil
}

// replaceProviders takes other providers into use. It returns the clients out of use, and
// the attempts made with them.
func (s *state) replaceProviders(described []auth.Provider, clients map[string]*auth.Client) (replaced []*auth.Client, orphans []*attempt) {
	s.mu.Lock()
	defer s.mu.Unlock()
	replaced = s.providers.replace(described, clients)
	for _, a := range s.attempts.all() {
		if a.client != nil && !s.providers.use(a.client) {
			orphans = append(orphans, a)
		}
	}
	return replaced, orphans
}

// redescribed lets go of a person without a provider now, and renews the sign-in of a
// person with another description of the provider.
func (s *state) redescribed(otherwise func(provider string) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.who.account == nil:
	case s.providers.clientFor(*s.who.account) == nil:
		s.leave()
		s.where.set(localapi.SignedOut, nil)
	case otherwise(s.who.account.Provider) && s.who.canRenew():
		s.when.atOnce()
	}
}

// same says whether two descriptions differ at most in fields of no meaning to the
// engine: the words, and the people sent there.
func same(a, b auth.Provider) bool {
	for _, p := range []*auth.Provider{&a, &b} {
		p.Title, p.Description, p.Domains, p.Accounts = "", "", nil, nil
	}
	return reflect.DeepEqual(a, b)
}

// clients are those in use, by the ids of their providers. The map is not changed any more.
func (s *state) clients() map[string]*auth.Client {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.providers.clients
}
