package auth

import (
	"sync"
	"sync/atomic"

	"github.com/portico-desktop/portico/auth/vault"
)

// heldSignIn is a sign-in in this program's memory alone: the key store has not taken it
// yet, or nobody wants it kept.
type heldSignIn struct {
	// record is never changed: a renewal puts another heldSignIn in its place.
	record remembered
	// saver tries to save it, nil if nobody wants it kept; see BeginOptions.MemoryOnly.
	saver *Client
	// saved is set when the key store has taken it after all. Its Tokens look at it.
	saved atomic.Bool
	// renewing is locked during the renewal of a sign-in for memory only. It has no lock
	// file, because no other process has it.
	renewing sync.Mutex

	mu  sync.Mutex
	err error // the key store's last
}

// wanted reports if somebody wants it kept.
func (h *heldSignIn) wanted() bool { return h.saver != nil }

// refused notes the key store's error, and returns it.
func (h *heldSignIn) refused(err error) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.err = err
	return err
}

// reason is the key store's last error.
func (h *heldSignIn) reason() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.err
}

// asked reports if the key store may have shown a person a dialog, and got no answer. It
// is opened again when somebody looks, and not before.
func (h *heldSignIn) asked() bool {
	kind := vault.KindOf(h.reason())
	return kind == vault.Locked || kind == vault.Silent
}

// toRenew is the record for a renewal to begin with.
func (h *heldSignIn) toRenew() remembered {
	r := h.record
	r.held = h
	return r
}

// ofMemory is a record to be held, without the fields of one from the key store.
func ofMemory(r remembered) remembered {
	r.raw, r.held = nil, nil
	return r
}

// memory has the sign-ins lying nowhere else, and the newest of all others, for clients
// over the same accounts. It ends with the program.
type memory struct {
	mu sync.Mutex
	// held are the sign-ins lying nowhere else, by account.
	held map[string]*heldSignIn
	// proven are the accounts with a record taken by the key store.
	proven map[string]bool
	// newest are for the ends of sign-ins, by account.
	newest map[string]parting
}

// heldOf is the sign-in of an account in memory, nil for none.
func (m *memory) heldOf(id string) *heldSignIn {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.held[id]
}

// isHeld reports if h is still the sign-in of its account.
func (m *memory) isHeld(h *heldSignIn) bool { return m.heldOf(h.record.Account.ID) == h }

// toSave are the sign-ins a client tries to save.
func (m *memory) toSave(c *Client) (all []*heldSignIn) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, h := range m.held {
		if h.saver == c {
			all = append(all, h)
		}
	}
	return all
}

// holdUnsaved holds a sign-in to be saved, unless one for memory only has taken its place
// meanwhile.
func (m *memory) holdUnsaved(h *heldSignIn) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	id := h.record.Account.ID
	delete(m.proven, id)
	if there := m.held[id]; there != nil && !there.wanted() {
		return false
	}
	m.hold(h)
	return true
}

// holdOnly holds a new sign-in for memory only. Nobody wants the one before it kept either.
func (m *memory) holdOnly(r remembered) *heldSignIn {
	m.mu.Lock()
	defer m.mu.Unlock()
	h := &heldSignIn{record: ofMemory(r)}
	m.hold(h)
	return h
}

// renewed puts the record of a renewal, for memory only, in the place of the one before. If
// somebody has signed out or in meanwhile, it returns a sign-in but does not hold it.
func (m *memory) renewed(before *heldSignIn, r remembered) *heldSignIn {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := &heldSignIn{record: ofMemory(r)}
	if m.held[r.Account.ID] == before {
		m.hold(now)
	}
	return now
}

// hold is called with mu.
func (m *memory) hold(h *heldSignIn) {
	if m.held == nil {
		m.held = map[string]*heldSignIn{}
	}
	m.held[h.record.Account.ID] = h
}

// drop lets go of an account's sign-in.
func (m *memory) drop(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.held, id)
}

// dropOnly lets go of an account's sign-in if it is for memory only.
func (m *memory) dropOnly(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if h := m.held[id]; h != nil && !h.wanted() {
		delete(m.held, id)
	}
}

// dropThis lets go of a sign-in, unless there is another one meanwhile.
func (m *memory) dropThis(h *heldSignIn) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if id := h.record.Account.ID; m.held[id] == h {
		delete(m.held, id)
	}
}

// alone returns an account's sign-in for memory only, nil for none. Until done is called,
// nobody else renews it.
func (m *memory) alone(id string) (h *heldSignIn, done func()) {
	for {
		h := m.heldOf(id)
		if h == nil || h.wanted() {
			return nil, nil
		}
		h.renewing.Lock()
		if m.isHeld(h) {
			return h, h.renewing.Unlock
		}
		h.renewing.Unlock()
	}
}

// isProven reports if the key store has taken a record of an account.
func (m *memory) isProven(id string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.proven[id]
}

// prove notes an account as one with records taken by the key store.
func (m *memory) prove(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.proven == nil {
		m.proven = map[string]bool{}
	}
	m.proven[id] = true
}

// settle lets go of an account's sign-in if it was to be saved. One for memory only stays.
func (m *memory) settle(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if h := m.held[id]; h != nil && h.wanted() {
		delete(m.held, id)
	}
}

// forget lets go of everything, and says whose sign-ins were held.
func (m *memory) forget() (ids []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id := range m.held {
		ids = append(ids, id)
	}
	clear(m.held)
	clear(m.newest)
	return ids
}
