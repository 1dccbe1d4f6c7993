package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/oauth2"

	"github.com/portico-desktop/portico/auth/vault"
)

// answerGrace is how long the provider may take to answer a refresh nobody waits for any
// more.
const answerGrace = 5 * time.Second

// Refresh signs a remembered account in again without the person: one request,
// while the metadata and keys on disk are good.
//
// It holds a lock against other processes of this user, reads the key store under it
// (another process may have rotated the token), asks the provider, and saves the rotated
// token before it returns. When saving fails the tokens are returned all the same, with
// SaveErr set. A request under way gets a few seconds to end after ctx has, so a rotated
// token is not lost. Metadata past their time are confirmed afterwards, for as long as
// ctx goes on; see [Client.Close].
//
// Before the first request for an account, and after a save that has failed, the record
// is written back as it was read: so no token is spent if its successor could not be
// saved. The connection to the provider is made meanwhile, and nothing is sent before. A
// sign-in only in memory is renewed all the same, because nothing more is lost with it.
//
// Errors:
//   - *[UnwritableError]: the key store takes nothing; nothing has changed.
//   - [ErrNoSignIn]: nothing is kept, or the provider has just ended it (then a
//     *[ProviderError] is wrapped beside it, and a *[LostError] if it is because an
//     earlier renewal could not be saved); the account itself is kept.
//   - *[RegistrationError], with ErrNoSignIn: it is another registration's; nothing has
//     changed.
//   - *[UnavailableError], *[QueueError]: nothing has changed; try again later.
//   - *[ProviderError] with NeedsPerson or any other refusal: the token is kept. So it is
//     if the provider refuses the proof of its key (RFC 9449).
//   - *[TenantError], *[DomainError]: the account may not come in any more; the token is
//     kept, and was not used if this was known before.
//   - *[TrustError], *[ClockError]: nothing of the answer is used, except for a rotated
//     token: it is saved once iss, sub and aud fit.
//   - *[vault.Error]: the key store did not give the token.
func (c *Client) Refresh(ctx context.Context, accountID string) (*Tokens, error) {
	c.refreshing.Lock()
	defer c.refreshing.Unlock()
	return c.refresh(ctx, accountID, API{})
}

// refresh is Refresh for the access token of an API. The caller holds refreshing.
func (c *Client) refresh(ctx context.Context, accountID string, api API) (*Tokens, error) {
	m, err := c.metadata(ctx, true)
	if err != nil {
		return nil, err
	}
	ctx, unlock, kept, err := c.take(ctx, accountID)
	if err != nil {
		return nil, err
	}
	defer unlock()
	return c.renewKept(ctx, m, kept, api)
}

// take finds the token to use. Until unlock is called, nobody else uses it. The context is
// for the work until then: what was read under the lock is not read again.
func (c *Client) take(ctx context.Context, accountID string) (locked context.Context, unlock func(), kept remembered, err error) {
	for {
		if only, done := c.accounts.memory.alone(accountID); only != nil {
			if only.record.RefreshToken == "" {
				done()
				return nil, nil, remembered{}, ErrNoSignIn
			}
			return ctx, done, only.toRenew(), nil
		}
		if unlock, err = c.locks.take(ctx, accountID, false); err != nil {
			if ctx.Err() != nil {
				err = context.Cause(ctx)
			}
			return nil, nil, remembered{}, err
		}
		locked = vault.Held(ctx)
		kept, err = c.kept(locked, accountID)
		if err == nil && !kept.memoryOnly() {
			return locked, unlock, kept, nil
		}
		unlock()
		if err != nil {
			return nil, nil, remembered{}, err
		}
		// It has become one for memory only, and such a one has a lock of its own.
	}
}

// mayRenew fails unless a sign-in is this client's, and may be renewed. If it is another
// registration's, the provider is asked for the fault to mend.
func (c *Client) mayRenew(ctx context.Context, m *Metadata, kept remembered) error {
	if !m.issues(kept.Account.Issuer) {
		// Another realm on the same host, or a changed authority: its token is
		// nobody else's business.
		return fmt.Errorf("%w at %s: it belongs to %s", ErrNoSignIn, m.Issuer, kept.Account.Issuer)
	}
	if !c.Owns(kept.Account) {
		return c.notRegistered(ctx, m, kept.Account)
	}
	if err := c.checkTenant(kept.Account.directory()); err != nil {
		return err // the people allowed in have changed
	}
	if err := c.checkDomain(kept.Account); err != nil {
		return err
	}
	return c.checkBound(kept)
}

// renewKept is refresh under the lock.
func (c *Client) renewKept(ctx context.Context, m *Metadata, kept remembered, api API) (*Tokens, error) {
	if err := c.mayRenew(ctx, m, kept); err != nil {
		return nil, err
	}
	m, token, answer, err, unwritable := c.renewTried(ctx, m, kept, api)
	if unwritable != nil {
		return nil, unwritable
	}
	if err != nil {
		c.behind.begin(func() { c.confirmMetadata(ctx) })
		c.saveUnread(ctx, m, kept, answer)
		return nil, c.refused(ctx, kept, answer, err)
	}
	tokens, err := c.accept(ctx, m, kept, token, answer.serverTime())
	c.behind.begin(func() { c.confirmMetadata(ctx) })
	if err != nil {
		return nil, append(tokensIn(token), answer.carried...).maskError(err)
	}
	tokens.Scopes = grantedScopes(token, c.scopesFor(m, api))
	c.tokens.note(api, tokens, c.now())
	if !c.accounts.memory.note(c, tokens) {
		c.tokens.discard(tokens)
	}
	return tokens, nil
}

// renew makes the one request (RFC 6749, section 6). Its form waits for a trial of the
// key store, nil for none.
func (c *Client) renew(ctx context.Context, m *Metadata, kept remembered, api API, trial *storeTrial) (*Metadata, *oauth2.Token, *answer, error) {
	var token *oauth2.Token
	m, a, err := c.atEndpoint(ctx, m, tokenEndpoint, func(m *Metadata) (*answer, error) {
		return c.ask(ctx, question{
			meta: m, step: "token", endpoint: m.TokenEndpoint, more: c.renewalParameters(m, api), proof: kept.Proof, waits: trial,
			send: func(ctx context.Context) (err error) {
				// One TokenSource for one request: kept longer, it would lose a rotated
				// token.
				source := c.oauthConfig(m, "").TokenSource(ctx, &oauth2.Token{RefreshToken: kept.RefreshToken})
				token, err = source.Token()
				return err
			},
		})
	})
	return m, token, a, err
}

// outlive returns a context going on for a while after ctx has ended. The provider may
// have spent the old token already, and the new one is in the answer.
func outlive(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	lasting, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		select {
		case <-time.After(grace):
			cancel(context.Cause(ctx))
		case <-lasting.Done():
		}
	})
	return lasting, func() { stop(); cancel(nil) }
}

// kept finds the token to use. The key store has the newest one, because another process
// may have rotated it, unless this process could not save: then our last request has used
// up the token in the key store.
//
// If another registration's record has the name (nobody could tell before), this one stays
// in memory.
func (c *Client) kept(ctx context.Context, accountID string) (remembered, error) {
	held := c.accounts.memory.heldOf(accountID)
	if held != nil && !held.wanted() {
		if held.record.RefreshToken == "" {
			return remembered{}, ErrNoSignIn
		}
		return held.toRenew(), nil
	}
	kept, err := read(ctx, c.store, accountID)
	switch {
	case held != nil && err == nil && !c.Owns(kept.Account) && c.Owns(held.record.Account):
		return c.accounts.memory.renewed(held, held.record).toRenew(), nil
	case held != nil && (err != nil || !c.Owns(kept.Account) || kept.RefreshToken == "" || kept.RefreshToken == held.record.usedUp || held.record.usedUp == ""):
		return held.toRenew(), nil
	case err == nil && kept.RefreshToken != "":
		kept.usedUp = kept.RefreshToken
		return kept, nil
	case err == nil || errors.Is(err, vault.ErrNotFound):
		return remembered{}, ErrNoSignIn
	}
	return remembered{}, err
}

// saveUnread saves a rotated token out of an answer nobody could read as a whole: an odd
// rest is no reason to lose it. The ID token names its person; without one the token is
// the account's.
func (c *Client) saveUnread(ctx context.Context, m *Metadata, kept remembered, a *answer) {
	if a == nil || a.fields.refreshToken == "" || a.fields.refusal != "" {
		return
	}
	if raw := a.fields.idToken; raw != "" {
		if _, err := c.identify(m, raw, expected{account: &kept.Account}); err != nil {
			return
		}
	}
	_, _ = c.saveRotated(ctx, kept, &oauth2.Token{RefreshToken: a.fields.refreshToken})
}

// refused drops a token declared dead by the provider, and no other.
func (c *Client) refused(ctx context.Context, kept remembered, a *answer, err error) error {
	if kept.Proof != nil && refusesProof(err) {
		err = c.unproven(err)
	} else {
		err = c.unclear(a, err)
	}
	var p *ProviderError
	if !errors.As(err, &p) || !p.GrantEnded() {
		return err
	}
	c.tokens.drop(kept.Account.ID)
	c.accounts.memory.ended(kept.Account.ID)
	if kept.memoryOnly() {
		c.accounts.memory.dropThis(kept.held)
		return errors.Join(ErrNoSignIn, err)
	}
	if kept.held == nil && c.accounts.isMarked(kept.Account.ID) {
		kept.Lost, err = true, errors.Join(&LostError{}, err)
	}
	c.accounts.memory.settle(kept.Account.ID)
	kept.RefreshToken, kept.Proof, kept.Renewed = "", nil, nil
	if serr := c.write(context.WithoutCancel(ctx), kept); serr != nil {
		c.log.Warn("the ended sign-in could not be removed from the key store", "account", kept.Account.ID, "error", serr)
	}
	return errors.Join(ErrNoSignIn, err)
}

// accept checks the person in the answer, saves the rotated token, and only then makes
// all other checks. The order matters: the old token is dead by now, and the new one is
// this person's, in spite of any oddity of the answer.
func (c *Client) accept(ctx context.Context, m *Metadata, kept remembered, token *oauth2.Token, serverTime time.Time) (*Tokens, error) {
	raw, _ := token.Extra("id_token").(string)
	want := expected{accessToken: token.AccessToken, account: &kept.Account, serverTime: serverTime}
	account := kept.Account
	var identified *idToken
	if raw != "" {
		var err error
		if identified, err = c.identify(m, raw, want); err != nil {
			return nil, err
		}
	}
	held, saveErr := c.saveRotated(ctx, kept, token)
	if raw != "" {
		claims, err := c.vouched(ctx, m, identified, want)
		if err != nil {
			return nil, err
		}
		fresh := c.account(claims)
		if claims.Email.text == "" && account.EmailVerified {
			// A stand-in for an address takes no verified one's place, unless the provider
			// has something to say about addresses.
			fresh.Email = ""
			account.EmailVerified = !claims.Email.odd && (claims.EmailVerified == nil || claims.EmailVerified.is())
		}
		account = c.withHome(updated(account, fresh), token.Extra("client_info"))
		if err := c.checkDomain(account); err != nil {
			return nil, err
		}
	}
	if err := c.checkTokenType(token, kept.Proof); err != nil {
		return nil, err
	}
	if other := account != kept.Account; kept.memoryOnly() && other {
		renewed := held.record
		renewed.Account = account
		held = c.accounts.memory.renewed(held, renewed)
	} else if !kept.memoryOnly() && saveErr == nil {
		kept.Account, kept.RefreshToken, kept.Lost, kept.Renewed = account, token.RefreshToken, false, nil
		if c.noteRenewal(&kept) || other {
			// Other words for display, or a word for others waiting: neither is missed if
			// it cannot be saved.
			_ = c.write(context.WithoutCancel(ctx), kept)
		}
	}
	c.log.Info("sign-in renewed", "provider", c.provider.ID, "account", account.ID, "saved", saveErr == nil)
	return &Tokens{
		Account: account, AccessToken: token.AccessToken, TokenType: token.TokenType, Expiry: expiry(token),
		IDToken: raw, RefreshToken: token.RefreshToken, SaveErr: saveErr,
		proof: kept.Proof, held: held,
	}, nil
}

// unclear finds refusals of a refresh token in other words than invalid_grant, in a
// provider's own, or in none at all (status 400, 401 or 422). Some answer so to a dead
// token, and to people not allowed in. Nobody can tell from here: the token is kept, and
// the person is asked. Entra always means its words.
func (c *Client) unclear(a *answer, err error) error {
	var refused *ProviderError
	var passing *UnavailableError
	var clock *ClockError
	switch {
	case c.dialect == Entra, errors.As(err, &clock):
	case errors.As(err, &refused):
		refused.Unclear = !refused.OnTrial && !refused.Unauthenticated && !saysWhy(refused.Code)
	case errors.As(err, &passing) && a.code == "":
		switch passing.Status {
		case http.StatusBadRequest, http.StatusUnauthorized, http.StatusUnprocessableEntity:
			return &ProviderError{Step: passing.Step, Status: passing.Status, Unclear: true}
		}
	}
	return err
}

// saysWhy knows the codes with a clear meaning at a refresh: the grant is over, or
// something else than the grant is at fault.
func saysWhy(code string) bool {
	switch code {
	case "invalid_request", "expired_token", "authorization_pending":
		return false
	}
	return isStandardCode(code) || namesClient(code)
}

// saveRotated writes the new token. The request cannot be repeated with the old one, so
// neither a cancelled context nor a closing program stops the save. If only memory has the
// token afterwards, held is it; after an error the save is tried again.
func (c *Client) saveRotated(ctx context.Context, kept remembered, token *oauth2.Token) (held *heldSignIn, err error) {
	rotated := token.RefreshToken != kept.RefreshToken
	if !rotated && (kept.held == nil || kept.memoryOnly()) {
		return kept.held, nil
	}
	kept.RefreshToken, kept.Lost, kept.Renewed = token.RefreshToken, false, nil
	if kept.memoryOnly() {
		return c.accounts.memory.renewed(kept.held, kept), nil
	}
	save := c.write
	if kept.held != nil {
		save = c.rememberLocked
	}
	if u := c.accounts.memory.heldOf(kept.Account.ID); u != nil && u.saver == c && u.asked() {
		err = u.reason() // nobody is there to answer the key store's dialog
	} else {
		err = save(context.WithoutCancel(ctx), kept)
	}
	if err == nil {
		return nil, nil
	}
	c.log.Error("the renewed sign-in could not be saved; it holds until this program ends", "account", kept.Account.ID, "error", err)
	return c.hold(kept, err), err
}

// updated takes new words for display if a refresh brings any; some providers send a
// shorter ID token than at the sign-in.
func updated(old, now Account) Account {
	if now.Name != "" {
		old.Name, old.GivenName = now.Name, now.GivenName
	}
	if now.Email != "" {
		old.Email, old.EmailVerified, old.EmailListed = now.Email, now.EmailVerified, now.EmailListed
	}
	if now.Actor != "" {
		old.Actor = now.Actor // and stays when it is not said again
	}
	if now.Object != "" {
		// The ID stays the same: the key store's names do not change.
		old.Tenant, old.Object = now.Tenant, now.Object
	}
	return old
}

// confirmMetadata asks again for metadata past their time, after the refresh, so the
// start does not wait for it.
func (c *Client) confirmMetadata(ctx context.Context) {
	d, ok := c.docs.Cached(c.provider.metadataAddress())
	if ok && c.docs.IsFresh(d) {
		return
	}
	if _, err := c.renewMetadata(ctx); err != nil && ctx.Err() == nil {
		c.log.Warn("the provider's metadata could not be confirmed", "error", err)
	}
}
