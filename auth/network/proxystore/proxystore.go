// Package proxystore keeps what is known of proxies for all programs of a person: the
// schemes that they ask for in a file, names and passwords in the operating system's
// key store. It is a [network.ProxyStore].
//
//	s := proxystore.New(proxystore.Params{Secrets: vault.New(…), File: …, LockDir: …})
//	t, err := network.New(network.Options{Proxies: s})
//
// A password is tried once, with any number of programs and restarts: accounts are locked after
// some wrong ones. Sending a new one is noted before it is done, and nobody else gets the
// password until its answer is noted, too. A refused one is never given out again; [Store.Set]
// takes another.
package proxystore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"github.com/portico-desktop/portico/auth/fetch"
	"github.com/portico-desktop/portico/auth/network/proxyauth"
	"github.com/portico-desktop/portico/auth/vault"
)

const (
	// itemName is the name in the key store, of one item for all proxies: so it can be
	// removed without knowing them. It never changes.
	itemName = "proxies"
	// maxUnanswered is how often a password that was never right may be sent without an
	// answer, as when the network goes away.
	maxUnanswered = 2
	// freshFor is how long a right one counts as right without anybody waiting for
	// anybody.
	freshFor = 10 * time.Minute
	maxFile  = 1 << 20
)

// Secrets is a key store; a *vault.Vault is one. Get fails with vault.ErrNotFound for a
// missing entry.
type Secrets interface {
	Get(ctx context.Context, name string) ([]byte, error)
	Put(ctx context.Context, name string, value []byte) error
	Delete(ctx context.Context, name string) error
}

// Params make a [Store].
type Params struct {
	// Secrets is the place of passwords that are to outlast the program.
	Secrets Secrets
	// File is what is known of proxies, in JSON. It holds no secret.
	File string
	// LockDir holds the lock files to keep other programs away; the same for all of them.
	LockDir string
	// Now is the clock, nil for time.Now.
	Now func() time.Time
}

// Store is safe for concurrent use.
type Store struct {
	p Params

	mu sync.Mutex
	// own are the passwords that this program alone knows, and refused the refused ones
	// without a note: it could not be written.
	own     map[string]credentials
	refused map[string]credentials
}

type credentials struct {
	Name     string `json:"name"`
	Password string `json:"password"`
}

// note is what the file knows of a proxy.
type note struct {
	Offered []proxyauth.Scheme `json:"offered,omitempty"`
	Used    proxyauth.Scheme   `json:"used,omitempty"`
	// Stored: there is a password in the key store.
	Stored bool  `json:"password,omitempty"`
	State  state `json:"state,omitempty"`
	// Unanswered counts how often a new password was sent without an answer, the one
	// under way included.
	Unanswered int `json:"unanswered,omitempty"`
	// Right is when a proxy last took it.
	Right time.Time `json:"right,omitzero"`
}

// state is what became of a password.
type state string

const (
	isNew   state = "" // nobody has taken or refused it
	isRight state = "right"
	isWrong state = "refused"
)

// New returns a store. It touches nothing yet.
func New(p Params) *Store {
	if p.Now == nil {
		p.Now = time.Now
	}
	return &Store{p: p, own: map[string]credentials{}, refused: map[string]credentials{}}
}

// Known is the note on a proxy; see network.ProxyStore.
func (s *Store) Known(_ context.Context, proxy string) proxyauth.Known {
	notes, _ := s.read()
	return proxyauth.Known{Offered: notes[proxy].Offered, Used: notes[proxy].Used}
}

// Learn keeps it, if it is news.
func (s *Store) Learn(ctx context.Context, proxy string, k proxyauth.Known) {
	if notes, err := s.read(); err == nil && same(notes[proxy], k) {
		return
	}
	_ = s.edit(ctx, proxy, func(n *note) { n.Offered, n.Used = k.Offered, k.Used })
}

func same(n note, k proxyauth.Known) bool {
	if n.Used != k.Used || len(n.Offered) != len(k.Offered) {
		return false
	}
	for i := range n.Offered {
		if n.Offered[i] != k.Offered[i] {
			return false
		}
	}
	return true
}

// Set keeps a name and a password for a proxy in the place of the former ones, to be
// tried once. Without remember this program alone knows them, until it ends.
func (s *Store) Set(ctx context.Context, proxy, name, password string, remember bool) error {
	unlock, err := s.lock(ctx, proxy)
	if err != nil {
		return err
	}
	defer unlock()
	notes, err := s.read()
	if err != nil {
		return err
	}
	if remember || notes[proxy].Stored {
		err := s.editItem(ctx, func(all map[string]credentials) {
			delete(all, proxy)
			if remember {
				all[proxy] = credentials{name, password}
			}
		})
		if err != nil {
			return err
		}
	}
	s.mu.Lock()
	delete(s.own, proxy)
	delete(s.refused, proxy)
	if !remember {
		s.own[proxy] = credentials{name, password}
	}
	s.mu.Unlock()
	return s.edit(ctx, proxy, func(n *note) {
		n.Stored, n.State, n.Unanswered, n.Right = remember, isNew, 0, time.Time{}
	})
}

// Forget removes a proxy's password and what is known of it. It returns true if there
// was anything.
func (s *Store) Forget(ctx context.Context, proxy string) (bool, error) {
	unlock, err := s.lock(ctx, proxy)
	if err != nil {
		return false, err
	}
	defer unlock()
	notes, err := s.read()
	if err != nil {
		return false, err
	}
	n, found := notes[proxy]
	if n.Stored {
		if err := s.editItem(ctx, func(all map[string]credentials) { delete(all, proxy) }); err != nil {
			return false, err
		}
	}
	s.mu.Lock()
	_, own := s.own[proxy]
	delete(s.own, proxy)
	delete(s.refused, proxy)
	s.mu.Unlock()
	if !found {
		return own, nil
	}
	return true, s.editAll(ctx, func(all map[string]note) { delete(all, proxy) })
}

// ForgetAll removes every password and all that is known. If nothing was ever kept, no
// key store is asked.
func (s *Store) ForgetAll(ctx context.Context) error {
	s.mu.Lock()
	clear(s.own)
	clear(s.refused)
	s.mu.Unlock()
	// An empty or unreadable file may have had content before.
	if _, err := os.Stat(s.p.File); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	err := s.p.Secrets.Delete(ctx, itemName)
	if errors.Is(err, vault.ErrNotFound) || vault.KindOf(err) == vault.Missing || vault.KindOf(err) == vault.NotSetUp {
		err = nil
	}
	if err != nil {
		return err
	}
	if err := os.Remove(s.p.File); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Proxy is a known one.
type Proxy struct {
	Name string
	// Password is true if there is one, and Refused if the proxy does not take it.
	Password, Refused bool
	proxyauth.Known
}

// Proxies lists the known ones.
func (s *Store) Proxies() (map[string]Proxy, error) {
	notes, err := s.read()
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make(map[string]Proxy, len(notes))
	for name, n := range notes {
		_, own := s.own[name]
		has := n.Stored || own
		all[name] = Proxy{Name: name, Password: has, Refused: has && n.State == isWrong, Known: proxyauth.Known{Offered: n.Offered, Used: n.Used}}
	}
	return all, nil
}

// read reads the notes, empty for none.
func (s *Store) read() (map[string]note, error) {
	notes := map[string]note{}
	info, err := os.Stat(s.p.File)
	if err != nil {
		return notes, quiet(err)
	}
	if info.Size() > maxFile {
		return notes, fmt.Errorf("%s is larger than %d bytes", s.p.File, maxFile)
	}
	raw, err := fetch.ReadFile(s.p.File)
	if err != nil {
		return notes, quiet(err)
	}
	if err := json.Unmarshal(raw, &notes); err != nil || notes == nil {
		// What cannot be read would have to be asked for again and again.
		return map[string]note{}, nil
	}
	return notes, nil
}

func quiet(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// edit changes a proxy's note.
func (s *Store) edit(ctx context.Context, proxy string, change func(*note)) error {
	return s.editAll(ctx, func(all map[string]note) {
		n := all[proxy]
		change(&n)
		all[proxy] = n
	})
}

func (s *Store) editAll(ctx context.Context, change func(map[string]note)) error {
	// It is noted even if the caller has gone.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	unlock, err := s.lock(ctx, "")
	if err != nil {
		return err
	}
	defer unlock()
	notes, err := s.read()
	if err != nil {
		return err
	}
	change(notes)
	raw, err := json.MarshalIndent(notes, "", "  ")
	if err != nil {
		return err
	}
	return fetch.WriteFile(s.p.File, append(raw, '\n'))
}

// editItem changes the item in the key store, under a lock of its own.
func (s *Store) editItem(ctx context.Context, change func(map[string]credentials)) error {
	unlock, err := s.lock(ctx, itemName)
	if err != nil {
		return err
	}
	defer unlock()
	all, err := s.item(ctx)
	if err != nil {
		return err
	}
	before := len(all)
	change(all)
	if len(all) == 0 {
		if before == 0 {
			return nil
		}
		return s.p.Secrets.Delete(ctx, itemName)
	}
	raw, err := json.Marshal(all)
	if err != nil {
		return err
	}
	return s.p.Secrets.Put(ctx, itemName, raw)
}

func (s *Store) item(ctx context.Context) (map[string]credentials, error) {
	all := map[string]credentials{}
	raw, err := s.p.Secrets.Get(ctx, itemName)
	switch {
	case errors.Is(err, vault.ErrNotFound) || vault.KindOf(err) == vault.Damaged:
		return all, nil
	case err != nil:
		return nil, err
	}
	if json.Unmarshal(raw, &all) != nil || all == nil {
		return map[string]credentials{}, nil
	}
	return all, nil
}

// lock keeps other programs away from a proxy, or with "" from the file.
func (s *Store) lock(ctx context.Context, proxy string) (unlock func(), err error) {
	if err := os.MkdirAll(s.p.LockDir, 0o700); err != nil {
		return nil, err
	}
	name := "proxies"
	if proxy != "" {
		sum := sha256.Sum256([]byte(proxy))
		name = "proxy-" + hex.EncodeToString(sum[:8])
	}
	l := flock.New(filepath.Join(s.p.LockDir, name+".lock"), flock.SetFlag(os.O_CREATE|os.O_RDONLY|noFollow), flock.SetPermissions(0o600))
	if _, err := l.TryLockContext(ctx, 20*time.Millisecond); err != nil {
		return nil, fmt.Errorf("waiting for another program: %w", err)
	}
	return func() { _ = l.Unlock() }, nil
}
