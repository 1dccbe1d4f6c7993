package main

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/app/policy/policytest"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/vault"
)

// opened counts how often a file is opened, by anybody, until the function returned is
// called.
func opened(t *testing.T, file string) func() int {
	t.Helper()
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	// Of two events alike the kernel tells once: between two openings there is a closing.
	if _, err := unix.InotifyAddWatch(fd, file, unix.IN_OPEN|unix.IN_CLOSE_NOWRITE); err != nil {
		t.Fatal(err)
	}
	return func() int {
		n, buf := 0, make([]byte, 64<<10)
		for {
			got, err := unix.Read(fd, buf)
			if errors.Is(err, unix.EAGAIN) {
				return n
			}
			if err != nil {
				t.Fatal(err)
			}
			for at := 0; at+unix.SizeofInotifyEvent <= got; {
				if binary.NativeEndian.Uint32(buf[at+4:])&unix.IN_OPEN != 0 {
					n++
				}
				at += unix.SizeofInotifyEvent + int(binary.NativeEndian.Uint32(buf[at+12:]))
			}
		}
	}
}

// A policy may have a megabyte, and a home may be on a network. A command that is over
// in a moment reads both once, though it decides about the language before there is an
// agent.
func TestOneCommandReadsPoliciesAndSettingsOnce(t *testing.T) {
	store := vault.New(vault.Params{Service: "test", Backend: authtest.NewKeyStore()})
	idp, site := company(t)
	dir := t.TempDir()
	for _, args := range [][]string{{"login"}, {"status"}, {"accounts"}, {"providers"}} {
		c := newConsole(nil, false)
		c.connect, c.store, c.browse = connect, store, personInBrowser(idp.Issuer())
		c.environment["PORTICO_PORTAL"] = site.URL()
		reads := 0
		c.policies = func() *policy.Policies {
			reads++
			return policytest.Of(map[policy.Name]any{policy.AllowedDomains: []string{"contoso.example"}}, nil)
		}
		args = append(args, "--json", "--data-dir", dir)
		count := func() int { return 1 }
		if args[0] != "login" { // there are no settings yet
			count = opened(t, filepath.Join(dir, "data", "settings.json"))
		}
		if code := c.run(t.Context(), t, args...); code != localapi.ExitDone {
			t.Fatalf("%s: exit %d\n%s", args[0], code, &c.progress)
		}
		if n := count(); reads != 1 || n != 1 {
			t.Errorf("%s: %d readings of the policies, %d of the settings", args[0], reads, n)
		}
		if args[0] == "login" {
			settings := `{"settings":{"Theme":"dark"}}`
			if err := os.WriteFile(filepath.Join(dir, "data", "settings.json"), []byte(settings), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}
