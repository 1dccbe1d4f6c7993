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

// providers are the ways to sign in, as they are described now. It has no lock of its own:
// the state's mu guards it.
type providers struct {
	described []auth.Provider
	clients   map[string]*auth.Client
	// codes says of which providers it is known whether they give codes.
	codes map[string]bool
}

// replace takes other providers into use, and returns the clients that are used no more.
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

// clientFor finds the provider that vouches for an account: the same id, and the
// issuer that the sign-in is of.
func (p *providers) clientFor(a auth.Account) *auth.Client {
	if c := p.clients[a.Provider]; c != nil && c.Issues(a) {
		return c
	}
	return nil
}

// isFormer says whether there are providers, and none of them can renew the sign-in of
// an account.
func (p *providers) isFormer(a auth.Account) bool {
	c := p.clientFor(a)
	return len(p.clients) > 0 && (c == nil || !c.Owns(a))
}

// description is a provider as it is described now; its client may have been made
// when its title was another.
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

// about says whose errors are explained.
func (p *providers) about(c *auth.Client) About {
	a := AboutClient(c)
	if c != nil {
		described := p.description(c)
		a.Title = described.Name()
	}
	return a
}

// aboutKeeping says whose fault it is that a sign-in could not be kept: the
// provider's where it gave nothing to keep, and otherwise the key store's.
func (p *providers) aboutKeeping(t *auth.Tokens) About {
	var none *auth.NoRefreshTokenError
	if !errors.As(t.SaveErr, &none) {
		return About{}
	}
	return p.about(p.clientFor(t.Account))
}

// toEnter is which known account becomes the session's, -1 for none: the last used one
// that can be renewed, and otherwise the last one whose provider is still there.
func (p *providers) toEnter(known []auth.Known) int {
	at := slices.IndexFunc(known, p.mayEnter)
	if at < 0 {
		at = slices.IndexFunc(known, func(k auth.Known) bool { return p.clientFor(k.Account) != nil })
	}
	return at
}

// mayEnter says whether no account that was used before can take this one's place.
func (p *providers) mayEnter(k auth.Known) bool {
	return p.clientFor(k.Account) != nil && !p.isFormer(k.Account)
}

// mayGiveCodes says whether a device sign-in may be offered with a provider. Until
// its metadata have been read that is a guess, and yes.
func (p *providers) mayGiveCodes(id string) bool {
	gives, known := p.codes[id]
	return gives || !known
}

// learnt remembers whether a provider gives codes, and says whether that is news.
func (p *providers) learnt(id string, gives bool) (news bool) {
	before, known := p.codes[id]
	p.codes[id] = gives
	return !known || before != gives
}

// chosen is the client of the provider that a request means, where known is who is signed
// in or known, nil for nobody.
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

// SetProviders says how people can sign in from now on. A sign-in with one that is
// gone ends, prepared or not. An account that none of them vouches for is let go of;
// the key store keeps it. One whose provider is described otherwise than before is
// renewed by the new description. Words that only people read change nothing else.
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

// replaceProviders takes other providers into use. It returns the clients that are used no
// more, and the attempts that were made with them.
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

// redescribed lets go of a person whom no provider vouches for any more, and renews one
// whose provider is described otherwise now.
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

// same says whether two descriptions differ at most in what the engine does not
// look at: the words, and who is sent there.
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
