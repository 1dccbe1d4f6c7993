package agent

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/vault"
)

// stores are the places for sign-ins. Nothing is touched before it is used.
type stores struct {
	// system is the operating system's key store, files the one of a computer without.
	system, files auth.Store
	dir           string // of files
	kind          string // in force: a value of policy.TokenStore, "" before it is chosen
	// unsure: the policies were broken when kind was chosen.
	unsure bool
}

func newStores(system auth.Store, paths desktop.Paths) *stores {
	service, dir := storeName(paths), filepath.Join(paths.Data, "sign-ins")
	return &stores{
		system: system,
		files:  vault.New(vault.Params{Service: service, Backend: vault.Files(dir), PartSize: vault.FilesPartSize}),
		dir:    dir,
	}
}

// choose takes the kind from the settings. Broken policies may not tell the place of
// sign-ins any more: then it is the place with sign-ins in it.
func (s *stores) choose(settings policy.Settings, broken bool) {
	row := settings.Get(policy.TokenStore)
	s.kind, s.unsure = settings.Text(policy.TokenStore), broken
	if broken && !row.Source.Kind.OfIT() && s.hasFiles() {
		s.kind = "file"
	}
}

func (s *stores) hasFiles() bool {
	_, err := os.Lstat(s.dir)
	return !errors.Is(err, fs.ErrNotExist) // as on nearly every computer
}

// ofPolicies is the store for the policies' restrictions, and the kind in force. It is
// the files, if IT has the sign-ins there: it does so if a key store is missing or asks
// for passwords.
func (s *stores) ofPolicies() (store auth.Store, kind string) {
	if s.kind == "file" || s.kind == "" && s.hasFiles() {
		return s.files, s.kind
	}
	return s.system, s.kind
}

// storeName keeps a Portico with a data directory of its own apart from the usual one.
func storeName(p desktop.Paths) string {
	if !p.Custom {
		return serviceName
	}
	sum := sha256.Sum256([]byte(p.Data))
	return serviceName + "." + hex.EncodeToString(sum[:6])
}

// used is the one in force.
func (s *stores) used() auth.Store {
	switch s.kind {
	case "file":
		return s.files
	case "memory":
		return auth.InMemory(s.system)
	}
	return s.system
}

// bringBack moves sign-ins out of files after IT has changed its mind. An unreadable
// policy is no such change.
func (s *stores) bringBack(ctx context.Context, lockDir string) error {
	if s.kind != "os" || s.unsure || !s.hasFiles() {
		return nil
	}
	if err := auth.NewAccounts(s.files, lockDir).MoveTo(ctx, s.system); err != nil {
		return err
	}
	return os.RemoveAll(s.dir)
}

// forgetOthers forgets sign-ins left in the operating system's key store from before IT
// decided otherwise. A missing or never used key store holds none. The files go with
// everything else in the data directory.
func (s *stores) forgetOthers(ctx context.Context, lockDir string) (removed int, err error) {
	if s.kind == "os" {
		return 0, nil
	}
	removed, err = auth.NewAccounts(s.system, lockDir).Forget(ctx)
	if kind := vault.KindOf(err); kind == vault.Missing || kind == vault.NotSetUp {
		err = nil
	}
	return removed, err
}
