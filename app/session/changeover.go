package session

import (
	"context"
	"log/slog"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth"
)

// UseAccount makes another known account the session's, and renews it silently; see
// [localapi.Agent]. The outcome is in the state. An account signed in for as long as
// Portico runs stays so when another one is used.
func (s *Session) UseAccount(ctx context.Context, id string) error {
	return s.life.during(ctx, func(run context.Context) error { return s.changeover.use(run, id) })
}

// changeover makes another known account the session's. It holds nothing.
type changeover struct {
	state    *state
	accounts *listing
	store    *auth.Accounts
	// starting keeps sign-ins from being prepared meanwhile; endActive ends the one under
	// way.
	starting  turn
	endActive func()
	// alone runs something while nothing is renewed, and renew renews.
	alone   func(f func())
	renew   func(ctx context.Context) error
	changed func()
	log     *slog.Logger
}

// use is Session.UseAccount.
func (c *changeover) use(ctx context.Context, id string) error {
	if p := c.state.turnedOff(); p != nil {
		return p
	}
	renew, err := c.change(ctx, id)
	if renew {
		_ = c.renew(ctx)
	}
	return err
}

// change makes another account the session's, and says whether it can be renewed.
func (c *changeover) change(ctx context.Context, id string) (renew bool, err error) {
	if !c.starting.take(ctx) {
		return false, context.Cause(ctx)
	}
	defer c.starting.give()
	k, err := c.find(ctx, id)
	if err != nil {
		return false, err
	}
	c.endActive()
	c.alone(func() { renew = c.state.changeTo(k) })
	c.changed()
	if k.Remembered {
		if err := c.store.Use(ctx, id); err != nil {
			c.log.Warn("the next start will use another account", "error", err)
		}
		c.accounts.again(ctx)
	}
	return renew, nil
}

// find looks for an account that can be used here.
func (c *changeover) find(ctx context.Context, id string) (auth.Known, error) {
	known, err := c.accounts.known(ctx)
	c.state.mu.Lock()
	defer c.state.mu.Unlock()
	for _, k := range known {
		if k.ID == id && c.state.providers.clientFor(k.Account) != nil && (!c.state.providers.isFormer(k.Account) || c.state.who.is(k.Account.ID)) {
			return k, nil
		}
	}
	if err != nil {
		return auth.Known{}, Explain(err, About{}, c.state.now())
	}
	return auth.Known{}, &localapi.Problem{Code: localapi.UnknownAccount, Params: map[string]string{"account": id}}
}

// changeTo makes another account the session's, with its tokens in memory, and says
// whether it can be renewed.
func (s *state) changeTo(k auth.Known) (renew bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.who.is(k.Account.ID) {
		return true
	}
	tokens := s.roster.take(k.ID)
	s.leave()
	return s.enter(k, tokens)
}

// leave lets go of the account. A sign-in outside the key store is put aside, to be used
// again for as long as the session lasts. The caller holds mu, and sets the phase.
func (s *state) leave() {
	s.roster.putAside(&s.who)
	s.who.reset()
}
