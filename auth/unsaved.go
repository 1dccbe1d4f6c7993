package auth

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/portico-desktop/portico/auth/vault"
)

const (
	// firstSave and lastSave bound the wait between two tries to save a sign-in not taken
	// by the key store.
	firstSave = 30 * time.Second
	lastSave  = time.Hour
	// lastTry is how long the last one may take, when the program ends.
	lastTry = 15 * time.Second
	// spareRoom is how much longer the next record may be, beside half a refresh token.
	spareRoom = 512
)

// UnwritableError means the key store can be read and not written, so a sign-in was not
// renewed: the provider would have ended the kept refresh token, and the new one would
// have been lost. Nothing has changed.
type UnwritableError struct {
	Err error // the key store's
}

// Error implements error.
func (e *UnwritableError) Error() string {
	return "not renewed, because the new refresh token could not be kept: " + e.Err.Error()
}

// Unwrap returns the key store's error, a *[vault.Error] most often.
func (e *UnwritableError) Unwrap() error { return e.Err }

// LostError means a sign-in has ended here and not at the provider: an earlier renewal
// could not be saved before the program ended. It comes with [ErrNoSignIn].
type LostError struct{}

// Error implements error.
func (*LostError) Error() string { return "the last renewal could not be saved" }

// saving is a client's tries to save sign-ins not taken by the key store.
type saving struct {
	mu sync.Mutex
	// running: a goroutine tries again. news has it wait anew.
	running bool
	news    chan struct{}
	// life ends when the client is closed.
	life context.Context
	end  context.CancelFunc
}

func (s *saving) begin() {
	s.news = make(chan struct{}, 1)
	s.life, s.end = context.WithCancel(context.Background())
}

// hold puts a sign-in in memory after a failed save, and tries again by itself.
func (c *Client) hold(r remembered, err error) *heldSignIn {
	r.Saved = c.now().UTC().Truncate(time.Second)
	h := &heldSignIn{record: ofMemory(r), saver: c, err: err}
	if r.usedUp != "" {
		c.mark(r.Account.ID)
	}
	if c.accounts.memory.holdUnsaved(h) {
		c.tryLater()
	}
	return h
}

// tryLater tries again by itself to save the held sign-ins.
func (c *Client) tryLater() {
	s := &c.saving
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.life.Err() != nil:
	case s.running:
		select {
		case s.news <- struct{}{}:
		default:
		}
	default:
		s.running = true
		c.behind.begin(c.keepTrying)
	}
}

// settled is called when the key store has taken an account's record.
func (c *Client) settled(id string) {
	c.accounts.memory.settle(id)
	c.accounts.memory.prove(id)
	_ = os.Remove(c.accounts.markOf(id))
}

// trier is a store that can show with less work than a Put that one would succeed; see
// [vault.Vault.Try].
type trier interface {
	Try(ctx context.Context, name string, value []byte) error
}

// tryStore makes sure the key store takes a record of this account, before the token in
// it is spent: a disk may be full, and some stores can be read and not written. It writes
// back the record just read, as long as the next record will be. Once this has worked, or
// a save has, it costs nothing any more until a save fails.
func (c *Client) tryStore(ctx context.Context, kept remembered) error {
	id := kept.Account.ID
	put := c.store.Put
	if s, ok := c.store.(trier); ok {
		put = s.Try
	}
	if err := put(ctx, recordName(id), padded(kept.raw, kept.RefreshToken)); err != nil {
		c.log.Warn("the key store takes nothing; the sign-in is not renewed", "account", id, "error", err)
		return &UnwritableError{Err: err}
	}
	c.accounts.memory.prove(id)
	return nil
}

// isUntried reports if tryStore has something to show.
func (c *Client) isUntried(kept remembered) bool {
	return kept.raw != nil && !c.accounts.memory.isProven(kept.Account.ID)
}

// padded is a record with room for another refresh token, perhaps a longer one. Blanks
// after a JSON text mean nothing (RFC 8259, section 2).
func padded(raw []byte, token string) []byte {
	raw = bytes.TrimRight(raw, " ")
	room := min(spareRoom+len(token)/2, vault.MaxSize-len(raw))
	return append(bytes.Clone(raw), bytes.Repeat([]byte{' '}, max(room, 0))...)
}

// SaveAgain tries at once to save the sign-ins not taken by the key store, for when
// somebody looks: an unanswered dialog of the key store opens again. The client tries by
// itself as well, after 30 seconds and then less and less often, and once more in
// [Client.Close]. The error joins all failures.
func (c *Client) SaveAgain(ctx context.Context) error { return c.saveHeld(ctx, true) }

// saveHeld tries to save everything held. asking: dialogs may open.
func (c *Client) saveHeld(ctx context.Context, asking bool) error {
	var problems []error
	for _, h := range c.accounts.memory.toSave(c) {
		if err := c.saveOne(ctx, h, asking); err != nil {
			problems = append(problems, err)
		}
		if h.saved.Load() && c.saved != nil {
			c.saved(h.record.Account.ID)
		}
	}
	return errors.Join(problems...)
}

// saveOne tries to save one, unless the key store's record makes it useless.
func (c *Client) saveOne(ctx context.Context, h *heldSignIn, asking bool) error {
	id := h.record.Account.ID
	c.refreshing.Lock()
	defer c.refreshing.Unlock()
	if !asking && vault.KindOf(h.reason()) == vault.Locked {
		return h.reason() // even a look into it may open the dialog
	}
	unlock, err := c.locks.take(ctx, id, false)
	if err != nil {
		return err
	}
	defer unlock()
	if !c.accounts.memory.isHeld(h) {
		return nil // it was saved meanwhile, or nobody wants it saved any more
	}
	kept, err := read(ctx, c.store, id)
	switch {
	case err == nil && kept.RefreshToken == h.record.RefreshToken:
		// A broken-off write has taken effect.
		h.saved.Store(true)
		c.settled(id)
		return nil
	case err == nil && !c.Owns(kept.Account):
		c.accounts.memory.renewed(h, h.record)
		c.log.Warn("the sign-in stays in memory: another registration's is kept under its name", "account", id)
		return nil
	case err == nil && h.supersededBy(kept), errors.Is(err, vault.ErrNotFound) && h.record.usedUp != "":
		// Somebody has signed in anew, or out, in another process.
		c.accounts.memory.dropThis(h)
		_ = os.Remove(c.accounts.markOf(id))
		return nil
	case err != nil && !errors.Is(err, vault.ErrNotFound) && vault.KindOf(err) != vault.Damaged:
		return h.refused(err)
	}
	if !asking && h.asked() {
		return h.reason()
	}
	if err := c.rememberLocked(ctx, h.record); err != nil {
		return h.refused(err)
	}
	h.saved.Store(true)
	c.log.Info("the sign-in that could not be saved has been saved", "account", id)
	return nil
}

// supersededBy reports if the key store has a newer sign-in than this one. A record
// without a token is not: it is the remainder of the token replaced by this one.
func (h *heldSignIn) supersededBy(kept remembered) bool {
	switch {
	case kept.RefreshToken == "":
		return false
	case h.record.usedUp == "":
		return kept.Saved.After(h.record.Saved)
	}
	return kept.RefreshToken != h.record.usedUp
}

// keepTrying tries again until nothing is held any more, and once more when the client
// is closed.
func (c *Client) keepTrying() {
	s := &c.saving
	wait := firstSave
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		select {
		case <-s.news:
			wait = firstSave
		case <-timer.C:
			_ = c.saveHeld(s.life, false)
			wait = min(2*wait, lastSave)
		case <-s.life.Done():
			ctx, cancel := context.WithTimeout(context.Background(), lastTry)
			defer cancel()
			if err := c.saveHeld(ctx, true); err != nil {
				c.log.Error("a sign-in could not be saved to the last; the next start needs the person", "error", err)
			}
			return
		}
		s.mu.Lock()
		if len(c.accounts.memory.toSave(c)) == 0 {
			s.running = false
			s.mu.Unlock()
			return
		}
		s.mu.Unlock()
		timer.Reset(wait)
	}
}

// markOf is an empty file, there while the refresh token in the key store is a used-up
// one. It outlives the program: should the sign-in end by this, people are told the
// truth.
func (a *Accounts) markOf(accountID string) string {
	return filepath.Join(a.lockDir, accountID+".unsaved")
}

func (c *Client) mark(accountID string) {
	if err := touch(c.accounts.markOf(accountID)); err != nil {
		c.log.Warn("it will not be known at the next start that a renewal was not saved", "account", accountID, "error", err)
	}
}

// touch makes an empty file, unless there is one.
func touch(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|noFollow, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

func (a *Accounts) isMarked(accountID string) bool {
	_, err := os.Lstat(a.markOf(accountID))
	return err == nil
}
