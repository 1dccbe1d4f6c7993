package auth

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"slices"
	"sync"

	"github.com/portico-desktop/portico/auth/fetch"
)

// takenForms remembers the form of assertions a provider has taken from this client,
// beside the copies of the provider's metadata: it is no secret, and is lost at no more
// cost than a few requests. Its methods are safe for concurrent use, by several processes
// over one file as well.
type takenForms struct {
	// path is the file, "" for none: then it is remembered until the program ends.
	path string

	mu     sync.Mutex
	memory takenRecord
}

// takenRecord is the content of the file.
type takenRecord struct {
	// Metadata is a digest of the provider's metadata at the time.
	Metadata []byte `json:"metadata"`
	// Forms are the names of the forms, by the ids of the keys.
	Forms map[string]string `json:"forms"`
}

// form is the name of the form last taken by the provider with a key, or else with
// another key, "" for none. It is trusted when it was with this key, and the metadata are
// still the same: a changed provider may want another form.
func (t *takenForms) form(m *Metadata, key string) (name string, trusted bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := t.read()
	if name, ok := r.Forms[key]; ok {
		return name, slices.Equal(r.Metadata, digest(m))
	}
	for _, other := range slices.Sorted(maps.Keys(r.Forms)) {
		return r.Forms[other], false
	}
	return "", false
}

// keep remembers a form. keys are all present keys; the others are forgotten.
func (t *takenForms) keep(m *Metadata, keys []string, key, name string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := takenRecord{Metadata: digest(m), Forms: map[string]string{}}
	if r := t.read(); slices.Equal(r.Metadata, now.Metadata) {
		maps.Copy(now.Forms, r.Forms)
		maps.DeleteFunc(now.Forms, func(id, _ string) bool { return !slices.Contains(keys, id) })
	}
	now.Forms[key] = name
	t.memory = now
	if t.path == "" {
		return nil
	}
	raw, err := json.Marshal(now)
	if err != nil {
		return err
	}
	return fetch.WriteFile(t.path, raw)
}

// read finds nothing in a missing file or one without sense. While one is there and
// cannot be read, this process's own knowledge counts.
func (t *takenForms) read() takenRecord {
	if t.path == "" {
		return t.memory
	}
	raw, err := fetch.ReadFile(t.path)
	var r takenRecord
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return takenRecord{}
	case err != nil:
		return t.memory
	case json.Unmarshal(raw, &r) != nil:
		return takenRecord{}
	}
	return r
}

// digest is the digest of the part of the metadata read by the engine.
func digest(m *Metadata) []byte {
	raw, err := json.Marshal(m)
	if err != nil {
		return nil // only for fields missing from Metadata
	}
	sum := sha256.Sum256(raw)
	return sum[:]
}
