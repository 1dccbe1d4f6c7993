package auth

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/vault"
)

// A key store that gave nothing at the sign-in may turn out to have another registration's
// sign-in under the name. That one stays what it is, whatever becomes of the one in memory.
func TestAnotherRegistrationsRecordIsNotReplacedFromMemory(t *testing.T) {
	for name, ended := range map[string]bool{"renewed": false, "ended by the provider": true} {
		t.Run(name, func(t *testing.T) {
			c, provider, id := tried(t, func(*authtest.Provider, *watched) error { return nil })
			own, err := read(t.Context(), c.store, id)
			if err != nil {
				t.Fatal(err)
			}
			other := own
			other.ClientID, other.RefreshToken = "another", "another's"
			raw, err := json.Marshal(other)
			if err != nil {
				t.Fatal(err)
			}
			if err := c.store.Put(t.Context(), recordName(id), raw); err != nil {
				t.Fatal(err)
			}
			c.hold(own, &vault.Error{Op: "read", Kind: vault.Failing})
			if ended {
				defer provider.Fault(authtest.TokenError("invalid_grant", nil))()
			}
			for range 2 { // what the first has brought is good for the second
				tokens, err := c.Refresh(t.Context(), id)
				if (err != nil) != ended || err == nil && tokens.Remembered() {
					t.Errorf("%v, %v", tokens, err)
				}
			}
			if now, err := c.store.Get(t.Context(), recordName(id)); err != nil || !bytes.Equal(now, raw) {
				t.Errorf("the record is another one: %v", err)
			}
		})
	}
}

// A provider that is described otherwise for a while must not cost a sign-in its place in
// the key store.
func TestAnotherRegistrationsClientLeavesWhatIsToBeSaved(t *testing.T) {
	c, _, id := tried(t, func(*authtest.Provider, *watched) error { return nil })
	own, err := read(t.Context(), c.store, id)
	if err != nil {
		t.Fatal(err)
	}
	c.hold(own, &vault.Error{Op: "write", Kind: vault.Full})
	made := c.made
	made.Provider.ClientID = "another"
	other, err := New(made)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(other.Close)
	if _, err := other.Refresh(t.Context(), id); err == nil {
		t.Error("it was renewed")
	}
	if h := c.accounts.memory.heldOf(id); h == nil || !h.wanted() {
		t.Error("it is not to be saved any more")
	}
}

// A sign-in for memory only is used by one renewal at a time, however that is asked for,
// and no other process is waited for.
func TestWhatOnlyMemoryHasIsRenewedAlone(t *testing.T) {
	c, _, id := tried(t, func(*authtest.Provider, *watched) error { return nil })
	kept, err := read(t.Context(), c.store, id)
	if err != nil {
		t.Fatal(err)
	}
	unlock, err := c.locks.try(id, false)
	if unlock == nil {
		t.Fatal(err)
	}
	defer unlock()
	c.locks.limit = time.Second
	c.accounts.memory.holdOnly(kept)
	if r, err := c.Renewed(t.Context(), id, time.Now()); err != nil || r.Tokens == nil {
		t.Errorf("Renewed: %v", err)
	}
	if _, err := c.Refresh(t.Context(), id); err != nil {
		t.Errorf("Refresh: %v", err)
	}
}
