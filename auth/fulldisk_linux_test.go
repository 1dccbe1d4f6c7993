package auth_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/authtest/smalldisk"
	"github.com/portico-desktop/portico/auth/vault"
)

func TestFullDiskCostsNoSignInThatIsKeptInFiles(t *testing.T) {
	disk := smalldisk.New(t)
	fullDiskCostsNoSignIn(t, disk, func() *vault.Vault {
		return vault.New(vault.Params{Service: "test", Backend: vault.Files(filepath.Join(disk, "sign-ins")), PartSize: vault.FilesPartSize})
	})
}

// inSession tells the test binary that it runs inside a session of its own making.
const inSession = "PORTICO_TEST_IN_SESSION"

// The key store is a real gnome-keyring, in a home that is full.
func TestFullDiskCostsNoSignInThatGnomeKeyringKeeps(t *testing.T) {
	if os.Getenv(inSession) != "" {
		fullDiskCostsNoSignIn(t, os.Getenv("HOME"), func() *vault.Vault { return vault.New(vault.Params{Service: "io.example.portico.full disk"}) })
		return
	}
	run, err := exec.LookPath("dbus-run-session")
	if _, missing := exec.LookPath("gnome-keyring-daemon"); err != nil || missing != nil {
		if os.Getenv("PORTICO_TEST_WITHOUT_KEYSTORE") != "" {
			t.Skip("there is no gnome-keyring, and PORTICO_TEST_WITHOUT_KEYSTORE is set")
		}
		t.Fatal("dbus-run-session or gnome-keyring-daemon is not installed; PORTICO_TEST_WITHOUT_KEYSTORE=1 leaves this test out")
	}
	runtime, err := os.MkdirTemp("", "auth") // its path is short enough for sockets
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(runtime) })
	const unlocked = `printf test | gnome-keyring-daemon --unlock --components=secrets --daemonize >/dev/null; exec "$0" "$@"`
	cmd := exec.CommandContext(t.Context(), run, "--", "sh", "-c", unlocked, os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=2m")
	for _, v := range os.Environ() {
		switch name, _, _ := strings.Cut(v, "="); name {
		case "HOME", "XDG_RUNTIME_DIR", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "WAYLAND_DISPLAY":
		default:
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(cmd.Env, "HOME="+smalldisk.New(t), "XDG_RUNTIME_DIR="+runtime, inSession+"=1")
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("in a session of its own: %v\n%s", err, out)
	}
}

func fullDiskCostsNoSignIn(t *testing.T, disk string, open func() *vault.Vault) {
	t.Helper()
	provider := authtest.New(t)
	d := &desk{t: t, provider: provider, dir: filepath.Join(disk, "portico")}
	client := func() *auth.Client {
		c, err := auth.New(auth.Params{
			Provider: auth.Provider{ID: "work", Authority: provider.URL, ClientID: authtest.ClientID},
			Accounts: auth.NewAccounts(open(), d.dir), CacheDir: d.dir, HTTP: provider.Client(),
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		return c
	}
	tokens, _, err := d.signIn(client(), auth.BeginOptions{})
	if err != nil || !tokens.Remembered() {
		t.Fatalf("the sign-in: %v, %+v", err, tokens)
	}
	id, asked := tokens.Account.ID, d.renewals()

	// Full before the first renewal: nothing is spent, and the next look renews.
	makeRoom := smalldisk.Fill(t, disk)
	c := client()
	var unwritable *auth.UnwritableError
	if _, err := c.Refresh(t.Context(), id); !errors.As(err, &unwritable) || vault.KindOf(err) == 0 || d.renewals() != asked {
		t.Errorf("on a full disk: %v, %d token requests", err, d.renewals()-asked)
	}
	makeRoom()
	tokens, err = c.Refresh(t.Context(), id)
	if err != nil || !tokens.Remembered() || d.renewals() != asked+1 {
		t.Fatalf("with room again: %v, %d token requests", err, d.renewals()-asked)
	}

	// Full while the answer is on its way: what could not be saved is, without another
	// request, once there is room.
	provider.OnToken(func() { makeRoom = smalldisk.Fill(t, disk) })
	tokens, err = c.Refresh(t.Context(), id)
	provider.OnToken(nil)
	if err != nil || tokens.Remembered() {
		t.Fatalf("filled meanwhile: %v", err)
	}
	if err := c.SaveAgain(t.Context()); err == nil {
		t.Error("saved on a full disk")
	}
	makeRoom()
	asked = d.renewals()
	c.Close()
	if !tokens.Remembered() || d.renewals() != asked {
		t.Errorf("at the end: remembered %v, %d token requests", tokens.Remembered(), d.renewals()-asked)
	}
	if _, err := client().Refresh(t.Context(), id); err != nil {
		t.Errorf("the next start: %v", err)
	}
}
