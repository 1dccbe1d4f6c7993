//go:build linux

package e2e

import (
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/cmd/internal/stage"
)

// noticed says whether a document warns of a problem.
func (e ended) noticed(code localapi.Code) bool {
	for _, n := range e.Notices {
		if n.Problem.Code == code {
			return true
		}
	}
	return false
}

// isInWithout checks that Ada is signed in and warned of the key store.
func (s *scene) isInWithout(what string, e ended, code localapi.Code) {
	s.t.Helper()
	s.signedIn(what, e.answer)
	if e.Account.Remembered || !e.noticed(code) {
		s.t.Fatalf("%s: remembered %v, notices %+v; want one of %s\n%s", what, e.Account.Remembered, e.Notices, code, e.stdout)
	}
}

// Without a key store people can work, until Portico ends.
func TestNoKeyStore(t *testing.T) {
	t.Parallel()
	for name, kind := range map[string]stage.KeyStore{"absent": stage.KeyStoreAbsent, "no session bus": stage.NoSessionBus} {
		t.Run(name, func(t *testing.T) {
			ctx := within(t, time.Minute)
			s := newScene(t, ctx, stage.Params{KeyStore: kind})
			s.fails(localapi.KeyStoreMissing, "status") // nobody knows whether there is a sign-in

			e := s.signIn()
			e.wants(t, "login on its own, which the next command knows nothing of", localapi.KeyStoreMissing)
			if e.Phase != localapi.SignedIn {
				t.Errorf("phase %q", e.Phase)
			}
			s.json("status").wants(t, "the next command", localapi.KeyStoreMissing)
			s.fails(localapi.KeyStoreMissing, "accounts")

			s.agent()
			s.isInWithout("login through the agent", s.signIn(), localapi.KeyStoreMissing)
			s.isInWithout("status", s.json("status"), localapi.KeyStoreMissing)
			s.isInWithout("status --refresh", s.json("status", "--refresh"), localapi.KeyStoreMissing)
			s.isInWithout("once more", s.json("status", "--refresh"), localapi.KeyStoreMissing)
			text := s.start("status").end()
			if text.exit != 0 || text.stderr == "" {
				t.Errorf("exit %d, and warned by %q", text.exit, text.stderr)
			}
			s.noSecretOnDisk()
		})
	}
}

// A locked key store may hold a sign-in: it is worth unlocking first.
func TestLockedKeyStore(t *testing.T) {
	t.Parallel()
	ctx := within(t, 2*time.Minute)
	s := newScene(t, ctx, stage.Params{})
	s.isIn("the first sign-in", s.signIn())
	kept := s.onlyRefreshToken()
	must(t, s.LockKeyStore(ctx))

	e := s.fails(localapi.KeyStoreLocked, "status")
	if e.Phase != localapi.Blocked {
		t.Errorf("phase %q", e.Phase)
	}
	s.fails(localapi.KeyStoreLocked, "accounts")
	s.fails(localapi.KeyStoreLocked, "logout")
	if n := s.front.requested("/token"); n != 1 {
		t.Errorf("the provider was asked %d times, want only for the sign-in", n)
	}
	s.signIn().wants(t, "login", localapi.KeyStoreLocked)

	s.agent()
	s.json("status").wants(t, "status of an agent", localapi.KeyStoreLocked)
	s.isInWithout("login through the agent", s.signIn(), localapi.KeyStoreLocked)
	s.isInWithout("status of the agent", s.json("status"), localapi.KeyStoreLocked)
	s.noSecretOnDisk()

	// Unlocked by the person, as at the next log-on.
	s.StopKeyStore()
	must(t, s.StartKeyStore(ctx))
	if s.onlyRefreshToken() != kept {
		t.Error("the sign-in in the key store is another one")
	}
	s.isIn("after unlocking", s.json("status", "--refresh"))
}

// A key store that hangs must not take Portico with it.
func TestFrozenKeyStore(t *testing.T) {
	t.Parallel()
	ctx := within(t, 2*time.Minute)
	s := newScene(t, ctx, stage.Params{})
	must(t, s.FreezeKeyStore())
	t.Cleanup(func() { _ = s.ThawKeyStore() })

	// An agent starts on the side, because waiting takes time.
	other := s.with(t, s.portal)
	other.agent()
	status := other.start("status", "--json")
	s.json("status").wants(t, "status", localapi.KeyStoreSilent)
	status.end().wants(t, "status of the agent", localapi.KeyStoreSilent)

	asked := other.start("login", "--json")
	page, err := s.Browser.Opened(ctx)
	must(t, err)
	s.agrees(page)
	e := s.signIn()
	e.wants(t, "login", localapi.KeyStoreSilent)
	if e.Phase != localapi.SignedIn {
		t.Errorf("phase %q", e.Phase)
	}
	s.isInWithout("login through the agent", asked.end(), localapi.KeyStoreSilent)
	must(t, s.ThawKeyStore())
	other.isIn("once it answers again", other.json("status", "--refresh"))
	s.noSecretOnDisk()
}

// Whoever is signed in stays so when the key store goes away, in any way.
func TestKeyStoreThatGoesAway(t *testing.T) {
	t.Parallel()
	ctx := within(t, 2*time.Minute)
	s := newScene(t, ctx, stage.Params{})
	s.agent()
	s.isIn("the first sign-in", s.signIn())
	for _, step := range []struct {
		name       string
		away, back func() error
		code       localapi.Code
	}{
		{"stopped", func() error { s.StopKeyStore(); return nil }, func() error { return s.StartKeyStore(ctx) }, localapi.KeyStoreMissing},
		{"locked", func() error { return s.LockKeyStore(ctx) }, func() error { s.StopKeyStore(); return s.StartKeyStore(ctx) }, localapi.KeyStoreLocked},
		{"hanging", s.FreezeKeyStore, s.ThawKeyStore, localapi.KeyStoreSilent},
	} {
		t.Run(step.name, func(t *testing.T) {
			must(t, step.away())
			e := s.json("status")
			s.signedIn("status", e.answer)
			e = s.json("status", "--refresh")
			s.signedIn("status --refresh", e.answer)
			if !e.noticed(step.code) {
				t.Errorf("notices %+v, want one of %s", e.Notices, step.code)
			}
			must(t, step.back())
			s.isIn("once it is back", s.json("status", "--refresh"))
		})
	}
	alive, err := s.provider.Alive(ctx)
	must(t, err)
	if alive.Grants != 1 {
		t.Errorf("%d sign-ins live at the provider", alive.Grants)
	}
	must(t, s.KillAgent(ctx))
	s.isIn("the next start", s.json("status"))
}
