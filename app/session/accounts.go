package session

import (
	"context"
	"log/slog"
	"slices"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth"
)

// Accounts lists the accounts known to this device, the last used first: those of the key
// store, and those signed in for this session alone. An account without a provider to
// vouch for it is a former one; while no provider is known, none is.
func (s *Session) Accounts(ctx context.Context) ([]localapi.Account, error) {
	return s.accounts.all(ctx)
}

// Listed is Accounts as far as it is known without asking the key store.
func (s *Session) Listed() []localapi.Account { return s.accounts.listed() }

// ListAll reads the rest of the accounts for Listed, because the start did not wait for
// them. It asks nothing of a key store that has not given the first one.
func (s *Session) ListAll(ctx context.Context) {
	if !s.life.isOver() {
		s.accounts.readRest(ctx)
	}
}

// listing reads the known accounts from the key store, when somebody asks. It holds
// nothing: its readings are in the state's roster.
type listing struct {
	state   *state
	store   *auth.Accounts
	changed func()
	log     *slog.Logger
}

// all is Session.Accounts.
func (l *listing) all(ctx context.Context) ([]localapi.Account, error) {
	known, err := l.known(ctx)
	if err != nil {
		l.state.mu.Lock()
		nobody := l.state.who.account == nil && len(known) == 0
		l.state.mu.Unlock()
		if nobody {
			return nil, Explain(err, About{}, l.state.now())
		}
	}
	l.state.mu.Lock()
	defer l.state.mu.Unlock()
	return l.local(known), nil
}

// listed is Session.Listed.
func (l *listing) listed() []localapi.Account {
	l.state.mu.Lock()
	defer l.state.mu.Unlock()
	var known []auth.Known
	if l.state.roster.list != nil {
		known = slices.Clone(l.state.roster.list.known)
	}
	return l.local(l.state.roster.with(&l.state.who, known))
}

// readRest is Session.ListAll.
func (l *listing) readRest(ctx context.Context) {
	l.state.mu.Lock()
	wanted := l.state.roster.list == nil && l.state.who.account != nil
	l.state.mu.Unlock()
	if !wanted || l.state.keepsNothing() {
		return
	}
	if _, err := l.read(ctx); err != nil {
		l.log.Warn("not all accounts are listed", "error", err)
	}
	l.changed()
}

// local adds to accounts the actions possible with them. The caller holds the state's mu.
func (l *listing) local(known []auth.Known) []localapi.Account {
	out := make([]localapi.Account, 0, len(known))
	for _, k := range known {
		a := localAccount(k.Account, k.Remembered)
		a.Active = l.state.who.is(k.Account.ID)
		a.Former = !a.Active && l.state.providers.isFormer(k.Account)
		out = append(out, a)
	}
	return out
}

// again reads the key store again, after it has been changed.
func (l *listing) again(ctx context.Context) {
	l.state.mu.Lock()
	l.state.roster.unlist()
	l.state.mu.Unlock()
	if !l.state.keepsNothing() {
		_, _ = l.read(ctx) // the next reader gets the error
	}
	l.changed()
}

// read is the key store's list. The store is asked only after something may have changed
// it.
func (l *listing) read(ctx context.Context) ([]auth.Known, error) {
	l.state.mu.Lock()
	list, edition := l.state.roster.list, l.state.roster.edition
	l.state.mu.Unlock()
	if list == nil {
		known, err := l.store.All(ctx)
		list = &storeList{known, err}
		l.state.mu.Lock()
		if l.state.roster.edition == edition && ctx.Err() == nil {
			l.state.roster.list = list
		}
		l.state.mu.Unlock()
	}
	return slices.Clone(list.known), list.err
}

// known are the accounts of the key store and of this session. With an error, the
// readable ones come along.
func (l *listing) known(ctx context.Context) ([]auth.Known, error) {
	var known []auth.Known
	var err error
	if !l.state.keepsNothing() {
		known, err = l.read(ctx)
	}
	l.state.mu.Lock()
	defer l.state.mu.Unlock()
	return l.state.roster.with(&l.state.who, known), err
}
