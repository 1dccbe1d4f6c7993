package portal

import (
	"context"
	"sync"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/portal/manifest"
)

// Stage is how much a [Keeper] knows of its portal, and so when it asks again.
type Stage string

const (
	// Nowhere: there is no address. Nothing is asked.
	Nowhere Stage = "nowhere"
	// Unread: there is an address, and nothing is known of the portal yet. The setter of
	// the address asks it.
	Unread Stage = "unread"
	// Copied: the portal is known from a copy on disk, still good. A copy does not tell a
	// portal that answers from one in trouble, so a person who looks may have it asked.
	Copied Stage = "copied"
	// Fresh: the portal was read in this run, and need not be asked.
	Fresh Stage = "fresh"
	// Stale: the last reading has had its time. It goes on counting, and the portal is
	// asked when somebody looks: an idle program asks for nothing by itself.
	Stale Stage = "stale"
	// Failing: the last read has failed, as the problem says. An earlier reading goes on
	// counting. The Keeper itself asks again after an unreachable portal, each time after
	// about twice as long, and after any failure when the network changes.
	Failing Stage = "failing"
)

// KeeperParams make a [Keeper]. All functions are required. None is called while the
// Keeper's state is locked, so that each may ask for it.
type KeeperParams struct {
	// Params are how portals are read.
	Params
	// Rehearsal: a manifest was handed over, and no portal is ever asked.
	Rehearsal bool
	// Add returns a reading with the additions of IT. It is given nil before the first
	// one, and returns nil for nothing to see.
	Add func(read *Published) *Published
	// Use takes the portal into use as people see it, nil for nothing. After an error
	// people go on seeing the one before, and the error is told as the portal's problem.
	Use func(seen *Published) error
	// Explain turns an error into a problem.
	Explain func(error) *localapi.Problem
	// FromIT says whether IT has decided the address.
	FromIT func() bool
	// Begin runs f as a part of its owner's life. It does nothing once that is over.
	Begin func(f func(life context.Context))
	// Answered is called after every good answer of the portal, before it is in use, and
	// Renewed once it is.
	Answered func()
	Renewed  func(ctx context.Context)
	// Returned is called after a success of asking again by itself.
	Returned func(life context.Context)
	// Changed is called after every change of [Keeper.Snapshot].
	Changed func()
}

// Keeper keeps one person's portal: its address, its last reading, its problem, and the
// time of the next read. It is safe for concurrent use.
//
// It is a state machine, and its states are the constants of [Stage]:
//
//	Nowhere ⇄ Unread → Copied → Fresh ⇄ Stale
//
// An address leads from Nowhere to Unread, and another one from anywhere back to it.
// A copy on disk leads on to Copied, and every success of a read to Fresh. Every failure
// leads to Failing, and the next success from there to Fresh.
type Keeper struct {
	p       KeeperParams
	reader  *Reader
	display display
	// reading has room for one: reads of the portal come one after the other. It is no
	// mutex because tests with a clock of their own cannot wait for one.
	reading chan struct{}

	// mu guards the rest. Of display's two locks, showing is taken before mu and never under
	// it, and mu under it and never before.
	mu      sync.Mutex
	address string
	// answered: the portal was read in this run, and is not known from a copy alone.
	answered bool
	problem  *localapi.Problem // of the last read
	checked  time.Time
	again    again
}

// Snapshot is the knowledge of a [Keeper] at one moment.
type Snapshot struct {
	Stage   Stage
	Address string // "" for none
	// Read is the portal as it was read, and Seen as people see it, with the additions of
	// IT. Nobody changes them. They are nil for nothing; IT may have given people
	// something to see without a portal.
	Read, Seen *Published
	// Problem is the reason for no reading or an old one, nil for no problem.
	Problem *localapi.Problem
	// Checked is when the manifest was last confirmed.
	Checked time.Time
}

// NewKeeper returns a keeper without an address. It reads nothing by itself.
func NewKeeper(p KeeperParams) *Keeper {
	k := &Keeper{p: p, reader: New(p.Params), display: display{add: p.Add, use: p.Use}, reading: make(chan struct{}, 1)}
	k.again.plan.Now, k.again.ask = k.reader.now, k.askAgain
	return k
}

// Reader is for a mere look, at this portal or another.
func (k *Keeper) Reader() *Reader { return k.reader }

// Snapshot is the knowledge of now.
func (k *Keeper) Snapshot() Snapshot {
	k.mu.Lock()
	defer k.mu.Unlock()
	s := Snapshot{Address: k.address, Problem: k.problem, Checked: k.checked}
	s.Read, s.Seen = k.display.now()
	s.Stage = k.stage(s.Read)
	return s
}

// stage is the state. The caller holds mu.
func (k *Keeper) stage(read *Published) Stage {
	switch {
	case k.address == "":
		return Nowhere
	case k.problem != nil:
		return Failing
	case read == nil:
		return Unread
	case k.reader.now().After(read.Expires):
		return Stale
	case !k.answered:
		return Copied
	}
	return Fresh
}

// Manifest is the manifest in people's eyes.
//
// Errors: without one the portal's problem, or no-portal.
func (k *Keeper) Manifest() (*manifest.Manifest, error) {
	switch s := k.Snapshot(); {
	case s.Seen != nil:
		return &s.Seen.Manifest, nil
	case s.Problem != nil:
		return nil, s.Problem
	}
	return nil, &localapi.Problem{Code: localapi.NoPortal}
}

// Seen is the portal as people see it, nil for nothing.
func (k *Keeper) Seen() *Published { return k.Snapshot().Seen }

// Address is the portal's, "" for none.
func (k *Keeper) Address() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.address
}

// Move makes an address the portal's. For another address it returns true, and nothing is
// known of its portal.
func (k *Keeper) Move(address string) (moved bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.move(address)
}

// Follow is Move to a decided address. It is asked for under the Keeper's lock, so that a
// decision of long ago does not undo [Keeper.Take]; decided calls no method of the Keeper.
// An error of decided changes nothing in that.
func (k *Keeper) Follow(decided func() (string, error)) (address string, moved bool, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	address, err = decided()
	return address, k.move(address), err
}

// move is Move for callers with mu.
func (k *Keeper) move(address string) bool {
	if k.address == address {
		return false
	}
	k.reset(address)
	return true
}

// Forget is Move that also forgets a portal with the same address.
func (k *Keeper) Forget(address string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.reset(address)
}

// reset knows nothing but an address. The caller holds mu.
func (k *Keeper) reset(address string) {
	k.address, k.answered, k.problem, k.checked = address, false, nil, time.Time{}
	k.display.clear()
	k.again.stop()
}

// Close ends asking again. Work under way ends with its owner's life.
func (k *Keeper) Close() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.again.end()
}
