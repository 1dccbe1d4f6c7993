package session

import (
	"context"
	"slices"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth"
)

// Accounts lists whom this device knows, the last used first: those of the key
// store, and those whose sign-in only lasts as long as this session. Whom none of the
// providers vouches for is a former one; while no provider is known, nobody is.
func (s *Session) Accounts(ctx context.Context) ([]localapi.Account, error) {
	known, err := s.knownAccounts(ctx)
	if err != nil {
		s.mu.Lock()
		nobody := s.who.account == nil && len(known) == 0
		s.mu.Unlock()
		if nobody {
			return nil, Explain(err, About{}, s.now())
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.localAccounts(known), nil
}

// Listed is Accounts as far as it is known without asking the key store.
func (s *Session) Listed() []localapi.Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	var known []auth.Known
	if s.roster.list != nil {
		known = slices.Clone(s.roster.list.known)
	}
	return s.localAccounts(s.roster.with(&s.who, known))
}

// ListAll reads the accounts that the start did not wait for, so that Listed has them. It
// asks nothing of a key store that has not given the first one.
func (s *Session) ListAll(ctx context.Context) {
	s.mu.Lock()
	wanted := s.roster.list == nil && s.who.account != nil && !s.life.isOver()
	s.mu.Unlock()
	if !wanted || s.keepsNothing() {
		return
	}
	if _, err := s.readStore(ctx); err != nil {
		s.log.Warn("not all accounts are listed", "error", err)
	}
	s.changed()
}

// localAccounts says of accounts what can be done with them. The caller holds mu.
func (s *Session) localAccounts(known []auth.Known) []localapi.Account {
	out := make([]localapi.Account, 0, len(known))
	for _, k := range known {
		a := localAccount(k.Account, k.Remembered)
		a.Active = s.who.is(k.Account.ID)
		a.Former = !a.Active && s.providers.isFormer(k.Account)
		out = append(out, a)
	}
	return out
}

// listAgain reads the key store again, after it has been changed.
func (s *Session) listAgain(ctx context.Context) {
	s.mu.Lock()
	s.roster.unlist()
	s.mu.Unlock()
	if !s.keepsNothing() {
		_, _ = s.readStore(ctx) // whoever wants to know asks
	}
	s.changed()
}

func (s *Session) readStore(ctx context.Context) ([]auth.Known, error) {
	s.mu.Lock()
	list, edition := s.roster.list, s.roster.edition
	s.mu.Unlock()
	if list == nil {
		known, err := auth.Accounts(ctx, s.p.Store)
		list = &storeList{known, err}
		s.mu.Lock()
		if s.roster.edition == edition && ctx.Err() == nil {
			s.roster.list = list
		}
		s.mu.Unlock()
	}
	return slices.Clone(list.known), list.err
}

// knownAccounts are those of the key store and of this session. With an error,
// those that are known all the same come with it.
func (s *Session) knownAccounts(ctx context.Context) ([]auth.Known, error) {
	var known []auth.Known
	var err error
	if !s.keepsNothing() {
		known, err = s.readStore(ctx)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.roster.with(&s.who, known), err
}

// UseAccount makes another known account the session's, and renews it silently;
// see [localapi.Agent]. How that went is in the state. An account that is signed
// in for as long as Portico runs stays so when another one is used.
func (s *Session) UseAccount(ctx context.Context, id string) error {
	return s.life.during(ctx, func(run context.Context) error { return s.useAccount(run, id) })
}

func (s *Session) useAccount(ctx context.Context, id string) error {
	if p := s.turnedOff(); p != nil {
		return p
	}
	renew, err := s.change(ctx, id)
	if renew {
		_ = s.renew(ctx)
	}
	return err
}

// change makes another account the session's, and says whether it can be renewed.
func (s *Session) change(ctx context.Context, id string) (renew bool, err error) {
	if !s.starting.take(ctx) {
		return false, context.Cause(ctx)
	}
	defer s.starting.give()
	k, err := s.find(ctx, id)
	if err != nil {
		return false, err
	}
	s.endActive()
	// A renewal under way may hold the only copy of a rotated token.
	s.refreshing.Lock()
	s.mu.Lock()
	renew = true
	if !s.who.is(k.Account.ID) {
		tokens := s.roster.take(id)
		s.leave()
		renew = s.enter(k, tokens)
	}
	s.mu.Unlock()
	s.refreshing.Unlock()
	s.changed()
	if k.Remembered {
		if err := auth.Use(ctx, s.p.Store, s.p.LockDir, id); err != nil {
			s.log.Warn("the next start will use another account", "error", err)
		}
		s.listAgain(ctx)
	}
	return renew, nil
}

// find looks for an account that can be used here.
func (s *Session) find(ctx context.Context, id string) (auth.Known, error) {
	known, err := s.knownAccounts(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range known {
		if k.ID == id && s.providers.clientFor(k.Account) != nil && (!s.providers.isFormer(k.Account) || s.who.is(k.Account.ID)) {
			return k, nil
		}
	}
	if err != nil {
		return auth.Known{}, Explain(err, About{}, s.now())
	}
	return auth.Known{}, &localapi.Problem{Code: localapi.UnknownAccount, Params: map[string]string{"account": id}}
}

// leave lets go of the account. A sign-in that no key store holds is put aside,
// so that it can be used again for as long as the session lasts. The caller holds
// mu, and sets the phase.
func (s *Session) leave() {
	s.roster.putAside(&s.who)
	s.who.reset()
}
