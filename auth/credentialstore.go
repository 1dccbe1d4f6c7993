package auth

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/portico-desktop/portico/auth/vault"
)

// credentialRecord is the key store's record of one client: its secret and its keys.
// Nobody's account is in it.
type credentialRecord struct {
	Provider string        `json:"provider"`
	ClientID string        `json:"client_id"`
	Secret   *secretRecord `json:"secret,omitempty"`
	Keys     []keyRecord   `json:"keys,omitempty"` // the current one first
}

type secretRecord struct {
	Value   string    `json:"value"`
	Set     time.Time `json:"set"`
	Expires time.Time `json:"expires,omitzero"`
}

// clientIndex is the name of the list of all such records.
const clientIndex = "clients"

// credentialsName depends on nothing an update or a changed authority could change: a
// registration is a provider and a client id.
func (c *Client) credentialsName() string {
	sum := sha256.Sum256([]byte(c.provider.ID + "\x00" + c.provider.ClientID))
	return "client." + hex.EncodeToString(sum[:12])
}

// readCredentials returns an empty record if there is none.
func (c *Client) readCredentials(ctx context.Context) (credentialRecord, error) {
	raw, err := c.store.Get(ctx, c.credentialsName())
	if errors.Is(err, vault.ErrNotFound) {
		return credentialRecord{Provider: c.provider.ID, ClientID: c.provider.ClientID}, nil
	}
	if err != nil {
		return credentialRecord{}, err
	}
	var r credentialRecord
	if json.Unmarshal(raw, &r) != nil || r.Provider != c.provider.ID || r.ClientID != c.provider.ClientID {
		return credentialRecord{}, &vault.Error{Op: "read", Kind: vault.Damaged, Err: errors.New("the client's credentials cannot be read")}
	}
	return r, nil
}

// editCredentials changes the record under a lock against other processes. The index is
// written first, so nothing is ever without a name leading to it. A damaged record is
// replaced: nobody can read it any more.
func (c *Client) editCredentials(ctx context.Context, edit func(*credentialRecord) error) error {
	name := c.credentialsName()
	unlock, err := c.accounts.lock(ctx, name)
	if err != nil {
		return err
	}
	defer unlock()
	r, err := c.readCredentials(ctx)
	if vault.KindOf(err) == vault.Damaged {
		r, err = credentialRecord{Provider: c.provider.ID, ClientID: c.provider.ClientID}, nil
	}
	if err != nil {
		return err
	}
	if err := edit(&r); err != nil {
		return err
	}
	if r.Secret == nil && len(r.Keys) == 0 {
		return c.accounts.removeCredentials(ctx, name)
	}
	if err := c.accounts.editIndex(ctx, clientIndex, func(names []string) []string {
		if slices.Contains(names, name) {
			return names
		}
		return append(names, name)
	}); err != nil {
		return err
	}
	raw, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return c.store.Put(ctx, name, raw)
}

// makeCurrent puts the key taken by the provider before the refused one. Failing costs
// one more request every time, and nothing else.
func (c *Client) makeCurrent(ctx context.Context, taken credential) {
	id := taken.key.id()
	err := c.editCredentials(context.WithoutCancel(ctx), func(r *credentialRecord) error {
		at := slices.IndexFunc(r.Keys, func(kept keyRecord) bool {
			key, err := kept.key()
			return err == nil && key.id() == id
		})
		if at > 0 {
			r.Keys[0], r.Keys[at] = r.Keys[at], r.Keys[0]
		}
		return nil
	})
	if err != nil {
		c.log.Warn("the key that the provider takes could not be made the current one", "provider", c.provider.ID, "key", id, "error", err)
		return
	}
	c.log.Info("the second client key is the current one now", "provider", c.provider.ID, "key", id)
}

// forgetCredentials deletes the secrets and keys of all clients.
func (a *Accounts) forgetCredentials(ctx context.Context) error {
	names, err := readIndex(ctx, a.store, clientIndex)
	if vault.KindOf(err) == vault.Damaged {
		return ignoreNotFound(a.store.Delete(ctx, clientIndex))
	}
	problems := []error{err}
	for _, name := range names {
		problems = append(problems, a.forgetClient(ctx, name))
	}
	return errors.Join(problems...)
}

func (a *Accounts) forgetClient(ctx context.Context, name string) error {
	unlock, err := a.lock(ctx, name)
	if err != nil {
		return err
	}
	defer unlock()
	return a.removeCredentials(ctx, name)
}

// removeCredentials is called under the record's lock.
func (a *Accounts) removeCredentials(ctx context.Context, name string) error {
	if err := ignoreNotFound(a.store.Delete(ctx, name)); err != nil {
		return err
	}
	return a.editIndex(ctx, clientIndex, func(names []string) []string {
		return slices.DeleteFunc(names, func(n string) bool { return n == name })
	})
}
