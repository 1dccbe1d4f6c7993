package auth

// parting is what the end of a sign-in is told to its provider with: the newest that this
// program has seen of it. A refresh need not bring an ID token (OpenID Connect Core 1.0,
// section 12.2), and the last one proves whose session is meant all the same.
type parting struct {
	account      Account
	refreshToken string
	idToken      string
	idTokenOf    *Client // which has seen the ID token
	// held is the sign-in where only memory has it, nil otherwise.
	held *heldSignIn
}

// memoryOnly says whether nobody wants the sign-in kept.
func (p parting) memoryOnly() bool { return p.held != nil && !p.held.wanted() }

// or is what a renewal has brought that was under way when the sign-in was parted with.
func (p parting) or(since parting) parting {
	if since.account.ID == "" {
		return p
	}
	if since.idToken == "" {
		since.idToken = p.idToken
	}
	return since
}

// note remembers what a sign-in, or its renewal, has brought to a client.
func (m *memory) note(c *Client, t *Tokens) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if h := m.held[t.Account.ID]; h != t.held && (t.held != nil || !h.wanted()) {
		return // somebody has signed out or in meanwhile, and this is of the sign-in before
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
}

// ended notes that a provider has ended a sign-in. Its ID token still proves whose session
// is meant.
func (m *memory) ended(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if p, ok := m.newest[id]; ok {
		p.refreshToken = ""
		m.newest[id] = p
	}
}

// idTokenOf is the newest ID token of an account that a client has seen, "" for none.
func (m *memory) idTokenOf(c *Client, id string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if p := m.newest[id]; p.idTokenOf == c {
		return p.idToken
	}
	return ""
}

// part lets go of an account, and returns what its end is told with.
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
