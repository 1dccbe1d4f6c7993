//go:build linux

package linuxtest

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/portico-desktop/portico/cmd/internal/demoportal"
	"github.com/portico-desktop/portico/cmd/internal/stage"
)

// A computer with nothing but the package and a policy file signs its first
// person in, and after a restart does so silently. Real are the package, its
// dependencies, the key store, the provider and the browser, which is the only
// one that runs outside: the room shares the network.
func TestFirstPersonOnAnEmptyComputer(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	r := enter(t, prepare(t))
	r.bring(t, file(t, prepare(t).packages, "*.deb"), "/root/portico.deb")
	r.must(t, "apt-get -q update && apt-get -q -y install --no-install-recommends /root/portico.deb dbus gnome-keyring")

	provider, err := stage.OIDCProvider(ctx, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	defer provider.Close()
	portal, err := demoportal.Params{Providers: []demoportal.Provider{{
		ID: "work", Title: "Contoso Login", Authority: provider.Issuer(), ClientID: "portico",
	}}}.Start(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer portal.Close()
	desk, err := stage.New(ctx, stage.Params{})
	if err != nil {
		t.Fatal(err)
	}
	defer desk.Close()

	r.must(t, "mkdir -p /etc/portico")
	r.write(t, policy, fmt.Sprintf("{ \"settings\": { \"PortalURL\": %q, \"ManagedByName\": \"Contoso IT\" } }\n", portal.URL()))
	r.must(t, "useradd -m ada && mkdir -p /run/user && install -d -o ada -m 0700 /run/user/$(id -u ada)")
	// What a desktop does at log-on, and a second time after a restart.
	const logOn = `
agent() {
  portico-agent --autostart & pid=$!
  while ! [ -S $XDG_RUNTIME_DIR/portico/agent.sock ]; do kill -0 $pid || exit 70; sleep 0.1; done
}
printf 'test\n' | gnome-keyring-daemon --unlock --components=secrets --daemonize >/dev/null
agent
porticoctl login --no-browser --timeout 2m 2>&1
echo "login ended with $?"
kill $pid; wait $pid
agent
echo "status $(porticoctl status --json | tr -d '\n')"
kill $pid; wait $pid
`
	r.write(t, "/tmp/logon", logOn)
	session := r.command(ctx, "exec runuser -u ada -- env HOME=/home/ada USER=ada LC_ALL=C.UTF-8 XDG_RUNTIME_DIR=/run/user/$(id -u ada) dbus-run-session -- sh /tmp/logon")
	said, err := session.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	session.Stderr = session.Stdout
	if err := session.Start(); err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	defer func() {
		cancel()
		_ = session.Wait()
		if t.Failed() {
			t.Logf("the session said:\n%s", all.String())
		}
	}()

	var opened bool
	var status struct {
		Phase   string
		Account struct {
			Email      string
			Remembered bool
		}
	}
	for lines := bufio.NewScanner(said); lines.Scan(); {
		line := lines.Text()
		fmt.Fprintln(&all, line)
		switch {
		case strings.HasPrefix(line, provider.Issuer()) && !opened:
			opened = true
			signIn(ctx, t, desk, provider, line)
		case strings.HasPrefix(line, "login ended with ") && line != "login ended with 0":
			t.Errorf("the console says: %s", line)
		case strings.HasPrefix(line, "status "):
			if err := json.Unmarshal([]byte(strings.TrimPrefix(line, "status ")), &status); err != nil {
				t.Errorf("%v: %s", err, line)
			}
		}
	}
	if !opened {
		t.Fatal("no address to open was printed")
	}
	if status.Phase != "signed-in" || status.Account.Email != "ada@contoso.example" || !status.Account.Remembered {
		t.Errorf("after the restart: %+v", status)
	}
	if n := desk.Browser.Openings(); n != 1 {
		t.Errorf("the browser was opened %d times; the second start is silent", n)
	}
}

// signIn is what the person does in the browser.
func signIn(ctx context.Context, t *testing.T, desk *stage.Stage, provider stage.Provider, address string) {
	t.Helper()
	if _, err := desk.Start(stage.Command{Name: desk.Browser.Script, Args: []string{address}}); err != nil {
		t.Fatal(err)
	}
	page, err := desk.Browser.Opened(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := provider.SignIn(ctx, page, "ada"); err != nil {
		t.Fatal(err)
	}
	if err := page.WaitBack(ctx, provider.Issuer()); err != nil {
		t.Fatal(err)
	}
}
