package demoidp

import (
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// saved is the file's form. Refresh tokens are in it as digests only.
type saved struct {
	Keys   []savedKey `json:"keys"`
	Grants []*grant   `json:"grants"`
}

type savedKey struct {
	ID  string `json:"id"`
	Key []byte `json:"key"` // PKCS #1
}

func openStore(file string) (*store, error) {
	s := &store{
		file: file, now: time.Now,
		requests: map[string]*authRequest{}, codes: map[digest]*code{},
		grants: map[string]*grant{}, tokens: map[digest]*grant{}, access: map[string]accessToken{},
		devices: map[digest]*device{}, sessions: map[digest]*session{},
	}
	if err := s.load(); err != nil {
		return nil, fmt.Errorf("read what the demo sign-in remembers: %w", err)
	}
	if len(s.keys) > 0 {
		return s, nil
	}
	return s, s.rotateKeys()
}

func (s *store) load() error {
	if s.file == "" {
		return nil
	}
	data, err := os.ReadFile(s.file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var f saved
	if err := json.Unmarshal(data, &f); err != nil {
		return fmt.Errorf("%s: %w", s.file, err)
	}
	for _, k := range f.Keys {
		key, err := x509.ParsePKCS1PrivateKey(k.Key)
		if err != nil {
			return fmt.Errorf("%s: key %s: %w", s.file, k.ID, err)
		}
		s.keys = append(s.keys, signingKey{id: k.ID, key: key})
	}
	for _, g := range f.Grants {
		s.grants[g.ID] = g
		s.tokens[g.Current] = g
		for _, d := range g.Used {
			s.tokens[d] = g
		}
	}
	return nil
}

// save writes the file in one step: a killed run leaves the old one or the new one. The
// lock is held.
func (s *store) save() error {
	if s.file == "" {
		return nil
	}
	f := saved{Grants: make([]*grant, 0, len(s.grants))}
	for _, k := range s.keys {
		f.Keys = append(f.Keys, savedKey{ID: k.id, Key: x509.MarshalPKCS1PrivateKey(k.key)})
	}
	for _, g := range s.grants {
		f.Grants = append(f.Grants, g)
	}
	data, err := json.Marshal(f)
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(s.file), ".demoidp-*") // 0600
	if err != nil {
		return fmt.Errorf("save what the demo sign-in remembers: %w", err)
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(data)
	if err = errors.Join(err, tmp.Close()); err == nil {
		err = os.Rename(tmp.Name(), s.file)
	}
	if err != nil {
		return fmt.Errorf("save what the demo sign-in remembers: %w", err)
	}
	return nil
}
