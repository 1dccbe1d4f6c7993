package session

import (
	"context"
	"errors"
	"reflect"
	"slices"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth"
)

func (s *Session) newClient(p auth.Provider) (*auth.Client, error) {
	return auth.New(auth.Params{
		Provider: p, Store: s.p.Store, CacheDir: s.p.CacheDir, LockDir: s.p.LockDir, HTTP: s.p.HTTP, Now: s.p.Now, Log: s.p.Log, Saved: s.saved,
	})
}

// SetProviders says how people can sign in from now on. A sign-in with one that is
// gone ends, prepared or not. An account that none of them vouches for is let go of;
// the key store keeps it. One whose provider is described otherwise than before is
// renewed by the new description. Words that only people read change nothing else.
func (s *Session) SetProviders(providers []auth.Provider) error {
	s.mu.Lock()
	known := s.clients
	s.mu.Unlock()
	clients := make(map[string]*auth.Client, len(providers))
	for _, p := range providers {
		if old := known[p.ID]; old != nil && same(old.Provider(), p) {
			clients[p.ID] = old
			continue
		}
		c, err := s.newClient(p)
		if err != nil {
			return err
		}
		clients[p.ID] = c
	}
	s.mu.Lock()
	var replaced []*auth.Client
	for id, old := range s.clients {
		if clients[id] != old {
			replaced = append(replaced, old)
		}
	}
	s.providers, s.clients = providers, clients
	gone := s.orphans()
	s.mu.Unlock()
	for _, a := range gone {
		a.stop(errRedescribed)
		<-a.ended
	}
	s.mu.Lock()
	for _, old := range replaced {
		s.life.begin(func(context.Context) { old.Close() }) // it may still owe a browser its page
	}
	switch {
	case s.who.account == nil:
	case s.clientFor(*s.who.account) == nil:
		s.leave()
		s.set(localapi.SignedOut, nil)
	case slices.Contains(replaced, known[s.who.account.Provider]) && s.who.canRenew():
		s.when.atOnce()
	}
	s.mu.Unlock()
	s.changed()
	return nil
}

// orphans are the attempts whose provider is gone. The caller holds mu.
func (s *Session) orphans() (gone []*attempt) {
	for _, a := range append(slices.Clone(s.preparing), s.active) {
		if a != nil && a.client != nil && s.isGone(a) {
			gone = append(gone, a)
		}
	}
	return gone
}

// same says whether two descriptions differ at most in what the engine does not
// look at: the words, and who is sent there.
func same(a, b auth.Provider) bool {
	for _, p := range []*auth.Provider{&a, &b} {
		p.Title, p.Description, p.Domains, p.Accounts = "", "", nil, nil
	}
	return reflect.DeepEqual(a, b)
}

// clientFor finds the provider that vouches for an account: the same id, and the
// issuer that the sign-in is of. The caller holds mu.
func (s *Session) clientFor(a auth.Account) *auth.Client {
	if c := s.clients[a.Provider]; c != nil && c.Issues(a) {
		return c
	}
	return nil
}

// isFormer says whether there are providers, and none of them can renew the sign-in of
// an account. The caller holds mu.
func (s *Session) isFormer(a auth.Account) bool {
	c := s.clientFor(a)
	return len(s.clients) > 0 && (c == nil || !c.Owns(a))
}

func (s *Session) allClients() []*auth.Client {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []*auth.Client
	for _, c := range s.clients {
		all = append(all, c)
	}
	return all
}

// described is a provider as it is described now; its client may have been made
// when its title was another. The caller holds mu.
func (s *Session) described(c *auth.Client) auth.Provider {
	if c == nil {
		return auth.Provider{}
	}
	for _, p := range s.providers {
		if p.ID == c.Provider().ID {
			return p
		}
	}
	return c.Provider()
}

// about says whose errors are explained. The caller holds mu.
func (s *Session) about(c *auth.Client) About {
	a := AboutClient(c)
	if c != nil {
		p := s.described(c)
		a.Title = p.Name()
	}
	return a
}

// explain is Explain for callers that do not hold mu.
func (s *Session) explain(err error, c *auth.Client) *localapi.Problem {
	s.mu.Lock()
	a := s.about(c)
	s.mu.Unlock()
	if errors.Is(err, errRedescribed) {
		err = &localapi.Problem{Code: localapi.SignInChanged, Params: a.Params()}
	}
	return Explain(err, a, s.now())
}
