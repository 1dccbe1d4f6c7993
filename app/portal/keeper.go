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
	// Unread: there is an address, and nothing is known of the portal yet. It is asked
	// by whoever has set the address.
	Unread Stage = "unread"
	// Copied: the portal is known from a copy on disk that is still good. That says
	// nothing about whether it answers now, so that whoever looks may have it asked.
	Copied Stage = "copied"
	// Fresh: the portal was read in this run, and need not be asked.
	Fresh Stage = "fresh"
	// Stale: what is known has had its time. It goes on counting, and the portal is
	// asked when somebody looks: an idle program asks for nothing by itself.
	Stale Stage = "stale"
	// Failing: the last read has failed, as the problem says. What was known before goes
	// on counting. A portal that could not be reached is asked again by the Keeper
	// itself, each time after about twice as long; all are when the network changes.
	Failing Stage = "failing"
)

// KeeperParams make a [Keeper]. All functions are required. None is called while the
// Keeper's state is locked, so that each may ask for it.
type KeeperParams struct {
	// Params are how portals are read.
	Params
	// Rehearsal: a manifest was handed over, and no portal is ever asked.
	Rehearsal bool
	// Add returns what was read with what IT adds to it, and is given nil while nothing
	// was. It returns nil where there is nothing to see then.
	Add func(read *Published) *Published
	// Use takes what people see into use, nil for nothing. An error keeps what was seen
	// before, and is told as the portal's problem.
	Use func(seen *Published) error
	// Explain turns an error into a problem.
	Explain func(error) *localapi.Problem
	// FromIT says whether IT has decided the address.
	FromIT func() bool
	// Begin runs f as a part of its owner's life. It does nothing once that is over.
	Begin func(f func(life context.Context))
	// Answered is told that the portal has answered, before that is in use, and Renewed
	// once it is.
	Answered func()
	Renewed  func(ctx context.Context)
	// Returned is told that a portal was read after all that had to be asked again.
	Returned func(life context.Context)
	// Changed is told of every change of what [Keeper.Snapshot] says.
	Changed func()
}

// Keeper keeps one person's portal: its address, what it published last, what is wrong
// with it, and when it is asked again. It is safe for concurrent use.
//
// It is a state machine, and its states are the constants of [Stage]:
//
//	Nowhere ⇄ Unread → Copied → Fresh ⇄ Stale
//
// An address leads from Nowhere to Unread, and another one from anywhere back to it.
// A copy on disk leads on to Copied, and every read that succeeds to Fresh. A read that
// fails leads from any of them to Failing, and the next one that succeeds back to Fresh.
type Keeper struct {
	p       KeeperParams
	reader  *Reader
	display display
	// reading has room for one: reads of the portal come one after the other. It is no
	// mutex because tests with a clock of their own cannot wait for one.
	reading chan struct{}

	// mu guards what follows. display has a lock of its own.
	mu      sync.Mutex
	address string
	// answered: the portal was read in this run, and is not known from a copy alone.
	answered bool
	problem  *localapi.Problem // why nothing is known, or what is known is old
	checked  time.Time
	again    again
}

// Snapshot is what a [Keeper] knows at one moment.
type Snapshot struct {
	Stage   Stage
	Address string // "" for none
	// Read is the portal as it was read, and Seen as people see it, with what IT adds.
	// Nobody changes them. They are nil for nothing; IT may have given people something
	// to see without a portal.
	Read, Seen *Published
	// Problem is why nothing was read, or what was read is old; nil for no problem.
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

// Reader is for whoever only looks, at this portal or another.
func (k *Keeper) Reader() *Reader { return k.reader }

// Snapshot is what is known now.
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

// Manifest is the one that people see.
//
// Errors: the portal's problem where there is none, or no-portal.
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

// Move makes an address the portal's, and says whether it is another one. Nothing is
// known of that portal then.
func (k *Keeper) Move(address string) (moved bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.address == address {
		return false
	}
	k.reset(address)
	return true
}

// Forget is Move that knows nothing of the portal afterwards, also where it is the same.
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

// Close ends asking again. What was begun ends with its owner's life.
func (k *Keeper) Close() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.again.end()
}
