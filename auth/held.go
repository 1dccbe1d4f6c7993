package auth

import (
	"sync"
	"sync/atomic"

	"github.com/portico-desktop/portico/auth/vault"
)

// heldSignIn is a sign-in that only this program's memory has: the key store has not taken
// it yet, or nobody wants it kept.
type heldSignIn struct {
	// record is never changed: a renewal puts another heldSignIn in its place.
	record remembered
	// saver tries to save it, nil where nobody wants it kept; see BeginOptions.MemoryOnly.
	saver *Client
	// saved is set when the key store has taken it after all. Its Tokens look at it.
	saved atomic.Bool
	// renewing is locked during a renewal of what nobody wants kept. No lock file guards
	// that, because no other process has it.
	renewing sync.Mutex

	mu  sync.Mutex
	err error // what the key store said last
}

// wanted says whether somebody wants it kept.
func (h *heldSignIn) wanted() bool { return h.saver != nil }

// refused notes what the key store said, and returns it.
func (h *heldSignIn) refused(err error) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.err = err
	return err
}

// reason is why the key store has not taken it.
func (h *heldSignIn) reason() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.err
}

// asked says whether the key store may have shown a person a dialog, and got no answer.
// It is opened again when somebody looks, and not before.
func (h *heldSignIn) asked() bool {
	kind := vault.KindOf(h.reason())
	return kind == vault.Locked || kind == vault.Silent
}

// toRenew is what a renewal begins with.
func (h *heldSignIn) toRenew() remembered {
	r := h.record
	r.held = h
	return r
}

// ofMemory is a record that is held, without what only records of the key store have.
func ofMemory(r remembered) remembered {
	r.raw, r.held = nil, nil
	return r
}

// memory is what clients over the same accounts know of them beside the key store. It ends
// with the program.
type memory struct {
	mu sync.Mutex
	// held are the sign-ins that lie nowhere else, by account.
	held map[string]*heldSignIn
	// proven are the accounts whose record the key store has taken.
	proven map[string]bool
	// newest is what the end of a sign-in is told with, by account.
	newest map[string]parting
}

// heldOf is the sign-in of an account that only memory has, nil for none.
func (m *memory) heldOf(id string) *heldSignIn {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.held[id]
}

// isHeld says whether h is still the sign-in of its account.
func (m *memory) isHeld(h *heldSignIn) bool { return m.heldOf(h.record.Account.ID) == h }

// toSave are the sign-ins that a client tries to save.
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

// holdUnsaved holds what could not be saved, and says whether it does: a sign-in that
// nobody wants kept may have taken its place meanwhile.
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

// holdOnly holds a new sign-in that nobody wants kept, nor the one before it.
func (m *memory) holdOnly(r remembered) *heldSignIn {
	m.mu.Lock()
	defer m.mu.Unlock()
	h := &heldSignIn{record: ofMemory(r)}
	m.hold(h)
	return h
}

// renewed puts another record in the place of one that nobody wants kept. Where somebody
// has signed out or in meanwhile, what it returns is held by nobody.
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

// drop lets go of the sign-in of an account that only memory has.
func (m *memory) drop(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.held, id)
}

// dropOnly lets go of a sign-in that nobody wants kept.
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

// alone returns the sign-in of an account that nobody wants kept, nil for none, for a
// renewal of it that is the only one until done is called.
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

// isProven says whether the key store has taken a record of an account.
func (m *memory) isProven(id string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.proven[id]
}

// prove notes that the key store takes records of an account.
func (m *memory) prove(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.proven == nil {
		m.proven = map[string]bool{}
	}
	m.proven[id] = true
}

// settle lets go of what was to be saved for an account. What nobody wants kept stays.
func (m *memory) settle(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if h := m.held[id]; h != nil && h.wanted() {
		delete(m.held, id)
	}
}

// forget lets go of everything.
func (m *memory) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.held)
	clear(m.newest)
}
