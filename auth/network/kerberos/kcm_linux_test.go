package kerberos

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/portico-desktop/portico/auth/authtest/squid"
	"github.com/portico-desktop/portico/auth/network/proxyauth"
)

// sssdKCM starts sssd's service with folders of its own, and says where it listens.
func sssdKCM(t *testing.T) (socket string) {
	t.Helper()
	const service = "/usr/libexec/sssd/sssd_kcm"
	if _, err := os.Stat(service); err != nil {
		t.Skip("sssd_kcm is not installed (Debian's package sssd-kcm)")
	}
	if os.Getuid() != 0 {
		t.Skip("sssd_kcm gets folders of its own by root only")
	}
	dir := t.TempDir()
	socket = filepath.Join(dir, "socket")
	for _, d := range []string{"db", "etc", "secrets"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	conf := "[sssd]\ndomains =\n[kcm]\nsocket_path = " + socket + "\n"
	if err := os.WriteFile(filepath.Join(dir, "etc/sssd.conf"), []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("unshare", "-m", "sh", "-ec", `
mount --bind "$0/db" /var/lib/sss/db
mount --bind "$0/etc" /etc/sssd
mount --bind "$0/secrets" /var/lib/sss/secrets
sssd --genconf-section=kcm
exec `+service+` --uid 0 --gid 0 --logger=stderr`, dir)
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
	})
	for begun := time.Now(); ; {
		if conn, err := net.Dial("unix", socket); err == nil {
			_ = conn.Close()
			return socket
		}
		select {
		case <-ended:
			if strings.Contains(said.String(), "mount:") {
				t.Skipf("this computer lets nobody mount: %s", said.String())
			}
			t.Fatalf("sssd_kcm ended: %s", said.String())
		default:
		}
		if time.Since(begun) > 20*time.Second {
			t.Fatal("sssd_kcm does not listen")
		}
	}
}

// Caches of a real sssd-kcm, filled by MIT's kinit.
func TestKCM(t *testing.T) {
	realm := squid.StartRealm(t)
	socket := sssdKCM(t)
	raw, err := os.ReadFile(realm.Config)
	if err != nil {
		t.Fatal(err)
	}
	own := *realm
	own.Config = filepath.Join(t.TempDir(), "krb5.conf")
	if err := os.WriteFile(own.Config, []byte(strings.Replace(string(raw), "[libdefaults]", "[libdefaults]\n kcm_socket = "+socket, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	_, ask := behind(t, realm, "negotiate")
	for _, cache := range []string{"KCM:", "KCM:0", "KCM:0:second"} {
		if err := ask(at(&own, cache)); cache != "KCM:0" && lackIn(err) != proxyauth.NoTicket {
			t.Errorf("%s, before the log-on: %v", cache, err)
		}
		own.LogOn(t, cache, squid.Name, squid.Password)
		if err := ask(at(&own, cache)); err != nil {
			t.Errorf("%s: %v", cache, err)
		}
	}
}

// A service that is not there, or that says anything at all, is a cache that cannot be read.
func TestHostileKCM(t *testing.T) {
	if _, err := readKCM(context.Background(), filepath.Join(t.TempDir(), "none"), ""); err == nil {
		t.Error("a service that is not there has a cache")
	}
	for name, says := range map[string]string{
		"nothing": "", "4 GB": "\xff\xff\xff\xff\x00\x00\x00\x00", "half": "\x00\x00\x00\x09\x00\x00\x00\x00abc", "an error": "\x00\x00\x00\x00\x00\x00\x00\x01",
	} {
		socket := filepath.Join(t.TempDir(), "s")
		l, err := net.Listen("unix", socket)
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = c.Read(make([]byte, 100))
			_, _ = c.Write([]byte(says))
			_ = c.Close()
		}()
		if got, err := readKCM(context.Background(), socket, "x"); err == nil {
			t.Errorf("%s: %q", name, got)
		}
		_ = l.Close()
		<-done
	}
}
