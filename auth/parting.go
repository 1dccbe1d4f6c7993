package auth

// parting is the newest of a sign-in, for its end: the provider is told with it. A refresh
// need not bring an ID token (OpenID Connect Core 1.0, section 12.2), and an older one proves
// as much.
type parting struct {
	account      Account
	refreshToken string
	idToken      string
	idTokenOf    *Client // the client it was given to
	// held is the sign-in in memory, nil if the key store has it.
	held *heldSignIn
}

// memoryOnly: nobody wants the sign-in kept.
func (p parting) memoryOnly() bool { return p.held != nil && !p.held.wanted() }

// or prefers since, of a renewal under way at the first parting.
func (p parting) or(since parting) parting {
	if since.account.ID == "" {
		return p
	}
	if since.idToken == "" {
		since.idToken = p.idToken
	}
	return since
}

// note remembers a client's new tokens, of a sign-in or its renewal. It is false where
// somebody has signed out or in meanwhile, and they are of the sign-in before.
func (m *memory) note(c *Client, t *Tokens) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if h := m.held[t.Account.ID]; h != t.held && (t.held != nil || !h.wanted()) {
		return false
	}
	if m.newest == nil {
		m.newest = map[string]parting{}
	}
	p := m.newest[t.Account.ID]
	p.account, p.refreshToken = t.Account, t.RefreshToken
	if t.IDToken != "" {
		p.idToken, p.idTokenOf = t.IDToken, c
	}
	m.newest[t.Account.ID] = p
	return true
}

// ended notes a sign-in ended by its provider. Its ID token still names the session.
func (m *memory) ended(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if p, ok := m.newest[id]; ok {
		p.refreshToken = ""
		m.newest[id] = p
	}
}

// idTokenOf is an account's newest ID token if it was given to this client, "" otherwise.
func (m *memory) idTokenOf(c *Client, id string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if p := m.newest[id]; p.idTokenOf == c {
		return p.idToken
	}
	return ""
}

// part lets go of an account, and returns the newest of it.
func (m *memory) part(id string) parting {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := m.newest[id]
	if p.held = m.held[id]; p.held != nil {
		p.account, p.refreshToken = p.held.record.Account, p.held.record.RefreshToken
	}
	delete(m.held, id)
	delete(m.newest, id)
	return p
}
