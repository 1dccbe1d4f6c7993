package auth

import (
	"sync"
	"time"
)

const (
	// endsSoon is how long before its end an access token is not used any more: a request
	// takes its time, and clocks differ.
	endsSoon = time.Minute
	// unsaidLife is how long an access token is used if the provider does not tell its life.
	unsaidLife = 5 * time.Minute
)

// liveTokens are the access tokens still in use, by account and API, in memory only.
type liveTokens struct {
	mu   sync.Mutex
	live map[string]map[string]liveToken
}

type liveToken struct {
	tokens *Tokens
	until  time.Time
}

// begin notes a new sign-in. The tokens of the one before may be worth less.
func (l *liveTokens) begin(t *Tokens, now time.Time) {
	l.drop(t.Account.ID)
	l.note(API{}, t, now)
}

// note remembers the token of a sign-in or its renewal.
func (l *liveTokens) note(api API, t *Tokens, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	id := t.Account.ID
	if l.live == nil {
		l.live = map[string]map[string]liveToken{}
	}
	if l.live[id] == nil {
		l.live[id] = map[string]liveToken{}
	}
	for key, one := range l.live[id] {
		if !now.Before(one.until) {
			delete(l.live[id], key)
		}
	}
	l.live[id][api.key()] = liveToken{tokens: t.forAPI(), until: now.Add(t.usableFor())}
}

// usableFor is how long a new access token is used: to a minute before its end, or to the
// middle of a shorter life.
func (t *Tokens) usableFor() time.Duration {
	if t.Expiry.IsZero() {
		return unsaidLife
	}
	life := time.Until(t.Expiry)
	return max(life-endsSoon, life/2)
}

// fresh is the usable token of an API, nil for none.
func (l *liveTokens) fresh(accountID string, api API, now time.Time) *Tokens {
	l.mu.Lock()
	defer l.mu.Unlock()
	one, ok := l.live[accountID][api.key()]
	if !ok || !now.Before(one.until) {
		return nil
	}
	return one.tokens.forAPI()
}

// discard forgets one access token.
func (l *liveTokens) discard(t *Tokens) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for key, one := range l.live[t.Account.ID] {
		if one.tokens.AccessToken == t.AccessToken {
			delete(l.live[t.Account.ID], key)
		}
	}
}

// drop forgets an account.
func (l *liveTokens) drop(accountID string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.live, accountID)
}

// forAPI is the access token, without the means to get another one.
func (t *Tokens) forAPI() *Tokens {
	return &Tokens{Account: t.Account, AccessToken: t.AccessToken, TokenType: t.TokenType, Expiry: t.Expiry, Scopes: t.Scopes, proof: t.proof}
}
