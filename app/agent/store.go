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

// stores are where sign-ins may be kept. Nothing is touched before it is used.
type stores struct {
	// system is the operating system's key store, files the one of a computer without.
	system, files auth.Store
	dir           string // of files
	kind          string // what counts: a value of policy.TokenStore, "" before it is chosen
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

// choose takes what counts of the settings. Where broken policies do not tell any more
// where sign-ins are kept, they are where they lie.
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

// ofPolicies is where what policies restrict is kept, and what counts: beside sign-ins
// that IT has in files, since it does so where a key store is missing or asks for
// passwords.
func (s *stores) ofPolicies() (store auth.Store, kind string) {
	if s.kind == "file" || s.kind == "" && s.hasFiles() {
		return s.files, s.kind
	}
	return s.system, s.kind
}

// storeName keeps a Portico with a data directory of its own apart from the
// usual one.
func storeName(p desktop.Paths) string {
	if !p.Custom {
		return serviceName
	}
	sum := sha256.Sum256([]byte(p.Data))
	return serviceName + "." + hex.EncodeToString(sum[:6])
}

// used is the one that counts.
func (s *stores) used() auth.Store {
	switch s.kind {
	case "file":
		return s.files
	case "memory":
		return auth.InMemory(s.system)
	}
	return s.system
}

// bringBack moves sign-ins out of files that IT does not want any more. A policy that
// cannot be read does not say so.
func (s *stores) bringBack(ctx context.Context, lockDir string) error {
	if s.kind != "os" || s.unsure || !s.hasFiles() {
		return nil
	}
	if err := auth.NewAccounts(s.files, lockDir).MoveTo(ctx, s.system); err != nil {
		return err
	}
	return os.RemoveAll(s.dir)
}

// forgetOthers forgets what lies in the operating system's key store from before IT
// decided otherwise. Where there is none, or one that was never used, nothing does. The files go with everything
// else in the data directory.
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
