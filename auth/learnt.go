package auth

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"time"

	"github.com/portico-desktop/portico/auth/fetch"
)

// learntFor is how long a lesson about a provider counts, although its metadata stay the
// same: a server before it may have been mended.
const learntFor = 30 * 24 * time.Hour

// Learnt is what a provider has shown by its answers, against the word of its metadata.
// It is nothing secret, and lies beside the copies of the metadata. It counts until they
// change, and for 30 days at the most.
type Learnt struct {
	// WithoutDPoP is since when people sign in without proofs of possession (RFC
	// 9449), because the provider refused good ones; zero for no such thing.
	WithoutDPoP time.Time `json:"without_dpop,omitzero"`
}

// lesson is the file.
type lesson struct {
	Provider string `json:"provider"` // the address of the metadata
	ClientID string `json:"client_id"`
	// Metadata is the digest of the metadata at the time.
	Metadata string `json:"metadata"`
	Learnt
}

// Learnt are the lessons in force. It asks nobody; without [Params].CacheDir nothing is
// kept.
func (c *Client) Learnt() Learnt {
	var l lesson
	raw, err := fetch.ReadFile(c.lessonPath())
	if err != nil || json.Unmarshal(raw, &l) != nil {
		return Learnt{}
	}
	digest := c.metadataDigest()
	age := c.now().Sub(l.WithoutDPoP)
	if l.Provider != c.provider.metadataAddress() || l.ClientID != c.provider.ClientID || digest == "" || l.Metadata != digest ||
		age > learntFor || age < -time.Hour {
		return Learnt{}
	}
	return l.Learnt
}

// learn keeps a lesson; if it cannot, the lesson is learnt anew the next time.
func (c *Client) learn(what Learnt) {
	path, digest := c.lessonPath(), c.metadataDigest()
	if path == "" || digest == "" {
		return
	}
	raw, err := json.Marshal(lesson{Provider: c.provider.metadataAddress(), ClientID: c.provider.ClientID, Metadata: digest, Learnt: what})
	if err == nil {
		err = fetch.WriteFile(path, raw)
	}
	if err != nil {
		c.log.Warn("what the provider has shown could not be kept", "provider", c.provider.ID, "error", err)
	}
}

// unlearn forgets the lessons.
func (c *Client) unlearn() {
	if path := c.lessonPath(); path != "" {
		_ = os.Remove(path)
	}
}

func (c *Client) lessonPath() string {
	if c.docs.Dir == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(c.provider.metadataAddress() + "\x00" + c.provider.ClientID))
	return filepath.Join(c.docs.Dir, "learnt-"+hex.EncodeToString(sum[:16])+".json")
}

// metadataDigest is the digest of the copy on disk, in any order of its members; ""
// without one.
func (c *Client) metadataDigest() string {
	d, ok := c.docs.Cached(c.provider.metadataAddress())
	if !ok {
		return ""
	}
	ordered := d.Body
	var members map[string]json.RawMessage
	if json.Unmarshal(d.Body, &members) == nil {
		ordered, _ = json.Marshal(members) // having been read, it can be written
	}
	sum := sha256.Sum256(ordered)
	return hex.EncodeToString(sum[:])
}
