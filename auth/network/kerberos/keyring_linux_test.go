package kerberos

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/portico-desktop/portico/auth/authtest/squid"
	"github.com/portico-desktop/portico/auth/network/proxyauth"
)

// Caches in the kernel's keyrings, filled by MIT's kinit. A process gets its session's keyring
// when it begins, so the test begins again in a session that is like one of a desktop: the
// person's keyring is linked into it.
func TestKeyrings(t *testing.T) {
	const inside = "PORTICO_TEST_IN_A_SESSION"
	if os.Getenv(inside) == "" {
		keyctl, err := exec.LookPath("keyctl")
		if err != nil {
			t.Skip("keyctl is not installed (Debian's package keyutils)")
		}
		if _, err := unix.KeyctlGetKeyringID(unix.KEY_SPEC_USER_KEYRING, true); err != nil {
			t.Skipf("this kernel, or what this runs in, has no keyrings: %v", err)
		}
		cmd := exec.Command(keyctl, "session", "-", "sh", "-c", `keyctl link @u @s && exec "$0" -test.run='^TestKeyrings$' -test.v`, os.Args[0])
		cmd.Env = append(os.Environ(), inside+"=yes")
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "--- PASS: TestKeyrings/") {
			t.Errorf("in a session: %v\n%s", err, out)
		}
		return
	}
	realm := squid.StartRealm(t)
	_, ask := behind(t, realm, "negotiate")
	name := fmt.Sprintf("portico-test-%d", os.Getpid())
	for _, cache := range []string{"KEYRING:user:" + name, "KEYRING:user:" + name + ":second", "KEYRING:session:" + name, "KEYRING:" + name} {
		t.Run(cache, func(t *testing.T) {
			if err := ask(at(realm, cache)); lackIn(err) != proxyauth.NoTicket {
				t.Errorf("before the log-on: %v", err)
			}
			realm.LogOn(t, cache, squid.Name, squid.Password)
			t.Cleanup(func() { realm.LogOff(t, cache) })
			if err := ask(at(realm, cache)); err != nil {
				t.Error(err)
			}
		})
	}
	t.Run("persistent", func(t *testing.T) {
		if _, err := unix.KeyctlInt(unix.KEYCTL_GET_PERSISTENT, os.Getuid(), unix.KEY_SPEC_PROCESS_KEYRING, 0, 0); err != nil {
			t.Skipf("this kernel has no persistent keyrings: %v", err)
		}
		cache := fmt.Sprintf("KEYRING:persistent:%d:krb_ccache_%s", os.Getuid(), name)
		realm.LogOn(t, cache, squid.Name, squid.Password)
		t.Cleanup(func() { realm.LogOff(t, cache) })
		if err := ask(at(realm, cache)); err != nil {
			t.Error(err)
		}
	})
	if err := ask(at(realm, "KEYRING:unheard:x")); lackIn(err) != proxyauth.NotHere {
		t.Errorf("a keyring of another kind: %v", err)
	}
}
