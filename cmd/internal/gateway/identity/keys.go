package identity

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/portico-desktop/portico/cmd/internal/gateway/store"
)

const (
	// keyAge is when a key is followed by a new one.
	keyAge = 30 * 24 * time.Hour
	// keyLooks is the pause between two looks for a key that another node has made.
	keyLooks = 10 * time.Second
)

// key signs the gateway's tokens. It is kept in the store, so that tokens count after a restart
// and on every node.
type key struct {
	ID   string    `json:"id"`
	Made time.Time `json:"made"`
	Seed []byte    `json:"seed"`

	private ed25519.PrivateKey
}

// keys are the gateway's, newest last.
type keys struct {
	store *store.Store
	now   func() time.Time

	mu     sync.Mutex
	all    []key
	looked time.Time
}

// value is the keys' name in the store.
const value = "token-keys"

// load reads the keys, and makes one where there is none or the newest is old.
func (k *keys) load(ctx context.Context) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.loadLocked(ctx)
}

func (k *keys) loadLocked(ctx context.Context) error {
	return k.store.Write(ctx, func(tx *store.Tx) error {
		all, err := readKeys(tx)
		if err != nil {
			return err
		}
		now := k.now()
		if n := len(all); n == 0 || now.Sub(all[n-1].Made) > keyAge {
			made := key{ID: hex.EncodeToString(random(8)), Made: now.UTC(), Seed: random(ed25519.SeedSize)}
			made.private = ed25519.NewKeyFromSeed(made.Seed)
			// Tokens of the former key are renewed within hours.
			all = append(all[max(0, n-1):], made)
			raw, err := json.Marshal(all)
			if err != nil {
				return err
			}
			if err := tx.SetValue(value, raw); err != nil {
				return err
			}
		}
		k.all, k.looked = all, now
		return nil
	})
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

func readKeys(tx *store.Tx) ([]key, error) {
	raw, err := tx.Value(value)
	if err != nil || raw == nil {
		return nil, err
	}
	var all []key
	if err := json.Unmarshal(raw, &all); err != nil {
		return nil, fmt.Errorf("read the keys of the gateway's tokens: %w", err)
	}
	for n := range all {
		if len(all[n].Seed) != ed25519.SeedSize {
			return nil, fmt.Errorf("read the keys of the gateway's tokens: key %s is damaged", all[n].ID)
		}
		all[n].private = ed25519.NewKeyFromSeed(all[n].Seed)
	}
	return all, nil
}

// signing is the key that signs now.
func (k *keys) signing(ctx context.Context) (key, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if newest := k.all[len(k.all)-1]; k.now().Sub(newest.Made) <= keyAge {
		return newest, nil
	}
	if err := k.loadLocked(ctx); err != nil {
		return key{}, err
	}
	return k.all[len(k.all)-1], nil
}

// public finds a key by its id. An unknown one may be another node's new one.
func (k *keys) public(ctx context.Context, id string) (ed25519.PublicKey, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for again := range 2 {
		for _, one := range k.all {
			if one.ID == id {
				return one.private.Public().(ed25519.PublicKey), true
			}
		}
		if again == 1 || k.now().Sub(k.looked) < keyLooks || k.loadLocked(ctx) != nil {
			break
		}
	}
	return nil, false
}
