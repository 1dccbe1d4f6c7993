package auth

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/portico-desktop/portico/auth/vault"
)

// InMemory returns a [Store] of accounts for as long as the program runs. The secrets and
// keys of clients lie in rest: they are nobody's sign-in, and are set by another program
// as often as not.
func InMemory(rest Store) Store { return &inMemory{rest: rest, kept: map[string][]byte{}} }

type inMemory struct {
	rest Store
	mu   sync.Mutex
	kept map[string][]byte
}

func ofAccounts(name string) bool {
	return name == indexName || strings.HasPrefix(name, recordName(""))
}

func (s *inMemory) Get(ctx context.Context, name string) ([]byte, error) {
	if !ofAccounts(name) {
		return s.rest.Get(ctx, name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	value, ok := s.kept[name]
	if !ok {
		return nil, vault.ErrNotFound
	}
	return slices.Clone(value), nil
}

func (s *inMemory) Put(ctx context.Context, name string, value []byte) error {
	if !ofAccounts(name) {
		return s.rest.Put(ctx, name, value)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept[name] = slices.Clone(value)
	return nil
}

func (s *inMemory) Delete(ctx context.Context, name string) error {
	if !ofAccounts(name) {
		return s.rest.Delete(ctx, name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.kept, name)
	return nil
}
