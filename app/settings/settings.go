// Package settings decides every setting on this computer: by the policies of IT, by the
// person's own choice, and by the environment for one run.
//
// [Begin] and [Find] read them once, at the start of a program. [Decisions] keep them for
// an agent, take changes of the person's, and stand in for unreadable policies. The effect
// of a value is other rooms' business: they are given a [policy.Settings].
package settings

import (
	"context"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/app/portal"
	"github.com/portico-desktop/portico/auth"
)

// Params make [Decisions]. All functions but those of Start and Waits are required.
type Params struct {
	Start Start
	// ExtraCAFile is the environment's value of that key, "" for none.
	ExtraCAFile string
	// Rehearsal: the person's settings are neither read nor written.
	Rehearsal bool
	// Passive: the key store and its mark stay as they are.
	Passive bool
	// Kept is the store for the policies' restrictions, and its kind: a value of
	// policy.TokenStore, "" before one is chosen.
	Kept func() (store auth.Store, kind string)
	// Waits bound the waits for a broken source. Nil means ten and thirty seconds; tests
	// cannot wait so long.
	Waits func() Waits
	// Accounts are the known ones. Nobody is asked for them.
	Accounts func() []localapi.Account
	// Network is the way of requests, nil without a proxy.
	Network func() *localapi.Network
	// SetPortal makes an address the person's portal.
	SetPortal func(context.Context, localapi.PortalRequest) error
	// Explain turns an error of a file into a problem for people.
	Explain func(error) *localapi.Problem
	// Taken takes the new settings into use. Calls follow one another.
	Taken func(before, now policy.Settings)
	// Begin runs a function until the end of Life.
	Begin func(func())
	Life  context.Context
	Log   *slog.Logger
}

// Decisions are those of IT and the person, and the settings in force by them. They are
// safe for concurrent use, and implement [localapi.Settings].
type Decisions struct {
	p            Params
	file         *file
	last         *lastSaid
	restrictions *restrictions

	deciding sync.Mutex // lets one Reconsider follow the other

	mu       sync.Mutex // guards the rest
	found    *Found     // for the first Decide, nil afterwards
	policies *policy.Policies
	settings policy.Settings
	shown    []localapi.Setting // of settings, as windows see them
	// runAddress is Start.Portal, until the person sets another.
	runAddress string
}

// New reads the decisions of IT and the person, and returns them.
func New(p Params) *Decisions {
	if p.Start.Policies == nil {
		p.Start.Policies = policy.Read
	}
	if p.Waits == nil {
		p.Waits = func() Waits { return Waits{Believe: believeAfter, Recall: recallAgain} }
	}
	d := &Decisions{p: p, found: p.Start.Found, runAddress: p.Start.Portal, file: &file{paths: p.Start.Paths, none: p.Rehearsal}}
	at := place{kept: p.Kept, mark: filepath.Join(p.Start.Paths.Data, markFile)}
	looksOnly := p.Passive || p.Rehearsal
	d.last = &lastSaid{waits: p.Waits, lookAgainIn: d.lookAgainIn, recall: &recollection{
		place: at, waits: p.Waits, looksOnly: looksOnly, lookAgainIn: d.lookAgainIn, log: p.Log,
	}}
	d.restrictions = &restrictions{place: at, looksOnly: looksOnly, accounts: p.Accounts, read: d.last.lastRead, life: p.Life, log: p.Log}
	d.p.Start.Found = nil
	d.Decide()
	return d
}

// Now are the settings in force.
func (d *Decisions) Now() policy.Settings {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.settings
}

// Broken says if a source of the policies is unreadable.
func (d *Decisions) Broken() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.policies.Broken() != nil
}

// Decide asks the policies and the person's settings anew. It takes nothing of them
// into use; see Reconsider.
func (d *Decisions) Decide() {
	d.mu.Lock()
	inUse := d.policies
	d.mu.Unlock()
	read, person, err := d.ask()
	policies := d.last.trusted(read, inUse)
	if err != nil {
		d.p.Log.Error("the settings could not be read; going on without them", "error", err)
	}
	again := inUse != nil
	if broken := policies.Broken(); again && broken != nil && policies.State() != inUse.State() {
		d.p.Log.Warn("the policies cannot be read", "where", broken.Source.Where, "instead", broken.Instead, "error", broken.Err)
	}
	s := d.resolve(policies, person)
	level := slog.LevelWarn
	if again {
		level = slog.LevelDebug // it was told of at the agent's start
	}
	for _, p := range s.Problems() {
		d.p.Log.Log(context.Background(), level, "a setting is not used", "kind", p.Kind, "key", p.Key, "source", p.Source.Kind, "where", p.Source.Where)
	}
	shown := personal(s)
	d.mu.Lock()
	d.policies, d.settings, d.shown = policies, s, shown
	d.mu.Unlock()
}

// ask reads the decisions of IT and of the person. The first time it returns those of
// Start.Found.
func (d *Decisions) ask() (*policy.Policies, Person, error) {
	d.mu.Lock()
	f := d.found
	d.found = nil
	d.mu.Unlock()
	if f == nil || d.p.Rehearsal || !f.IsOf(d.p.Start.Paths) {
		policies := d.p.Start.Policies()
		person, err := d.file.reread()
		return policies, person, err
	}
	d.file.note(f.person)
	return f.policies, f.person, f.err
}

// resolve are the settings by policies and the person's decisions.
func (d *Decisions) resolve(policies *policy.Policies, person Person) policy.Settings {
	d.mu.Lock()
	address := d.runAddress
	d.mu.Unlock()
	return policies.Resolve(layers(person, d.p.Start.Paths.Settings(), address, d.p.ExtraCAFile))
}

// Reconsider decides anew, and has the result taken into use.
func (d *Decisions) Reconsider() {
	d.deciding.Lock()
	defer d.deciding.Unlock()
	defer func() { d.p.Begin(d.Keep) }()
	before := d.Now()
	d.Decide()
	d.p.Taken(before, d.Now())
}

// lookAgainIn reconsiders after a while.
func (d *Decisions) lookAgainIn(wait time.Duration) {
	d.p.Begin(func() {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-timer.C:
			d.Reconsider()
		case <-d.p.Life.Done():
		}
	})
}

// Examined decides anew, with every mistake told at once. Nothing is taken into use.
func (d *Decisions) Examined() (*policy.Policies, policy.Settings) {
	policies := d.last.atOnce(d.p.Start.Policies())
	person, _ := d.file.read()
	return policies, d.resolve(policies, person)
}

// Person is the person's decisions, as they were read or written last.
func (d *Decisions) Person() Person { return d.file.noted() }

// ReadPerson reads the person's decisions.
func (d *Decisions) ReadPerson() (Person, error) { return d.file.read() }

// Edit changes the person's decisions, and writes only changes. A rehearsal writes
// nothing.
func (d *Decisions) Edit(edit func(*Person)) error { return d.file.edit(edit) }

// Unchanged runs f while nobody changes the person's decisions.
func (d *Decisions) Unchanged(f func()) {
	d.file.changing.Lock()
	defer d.file.changing.Unlock()
	f()
}

// SetForRun sets the address of a portal for this run, "" for none. The next Decide asks
// for it.
func (d *Decisions) SetForRun(address string) {
	d.mu.Lock()
	d.runAddress = address
	d.mu.Unlock()
}

// PortalAddress is the portal's address, "" for none. With an error it is the wrong
// address as it was given.
func (d *Decisions) PortalAddress() (string, error) {
	d.mu.Lock()
	s, given := d.settings.Get(policy.PortalURL), d.runAddress
	d.mu.Unlock()
	address := s.Value.(string)
	if given != "" && !s.Locked {
		address = given // also a wrong one, for the person to be told of
	}
	if address == "" {
		return "", nil
	}
	normal, err := portal.Normalise(address)
	if err != nil {
		return address, err
	}
	return normal, nil
}
