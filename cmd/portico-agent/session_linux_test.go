package main

import (
	"bufio"
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/portal/manifest"
	"github.com/portico-desktop/portico/auth/authtest"
)

const busConfig = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <listen>unix:path=SOCKET</listen>
  <policy context="default">
    <allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/>
  </policy>
</busconfig>`

// desk is a log-on session of a test's own, with a real agent.
type desk struct {
	t    *testing.T
	home string
	env  []string
	// endBus ends the session's bus.
	endBus func()
	agent  *exec.Cmd
	ended  chan struct{} // closed when the agent has
}

var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "portico-agent")
	if err != nil {
		return "", err
	}
	build := exec.Command("go", "build", "-o", dir, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", errors.Join(err, errors.New(string(out)))
	}
	return filepath.Join(dir, "portico-agent"), nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := program(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	home, err := os.MkdirTemp("/tmp", "p") // a socket's path has to be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(home) })
	d := &desk{t: t, home: home}
	if err := os.Mkdir(d.runtime(), 0o700); err != nil {
		t.Fatal(err)
	}
	d.env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "XDG_RUNTIME_DIR=" + d.runtime(), "LC_ALL=C.UTF-8",
		"DBUS_SESSION_BUS_ADDRESS=unix:path=" + filepath.Join(home, "bus"),
	}
	return d
}

// runtime is the folder of the session, in which Portico has its own.
func (d *desk) runtime() string { return filepath.Join(d.home, "run") }

func (d *desk) startBus() {
	d.t.Helper()
	config := filepath.Join(d.home, "bus.conf")
	if err := os.WriteFile(config, []byte(strings.ReplaceAll(busConfig, "SOCKET", filepath.Join(d.home, "bus"))), 0o600); err != nil {
		d.t.Fatal(err)
	}
	daemon := exec.CommandContext(d.t.Context(), "dbus-daemon", "--config-file="+config, "--nofork", "--nopidfile", "--print-address=1")
	out, err := daemon.StdoutPipe()
	if err != nil {
		d.t.Fatal(err)
	}
	if err := daemon.Start(); err != nil {
		d.t.Fatalf("install the system package dbus: %v", err)
	}
	d.endBus = sync.OnceFunc(func() {
		_ = daemon.Process.Kill()
		_ = daemon.Wait() // killed
	})
	d.t.Cleanup(d.endBus)
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		d.t.Fatal(err)
	}
}

// start starts an agent and waits until it answers.
func (d *desk) start(change func(*exec.Cmd)) *localapi.Client {
	d.t.Helper()
	path, err := program()
	if err != nil {
		d.t.Fatalf("build the agent: %v", err)
	}
	d.agent, d.ended = exec.Command(path), make(chan struct{})
	d.agent.Env = d.env
	if change != nil {
		change(d.agent)
	}
	if err := d.agent.Start(); err != nil {
		d.t.Fatal(err)
	}
	agent, ended := d.agent, d.ended
	go func() {
		_ = agent.Wait()
		close(ended)
	}()
	d.t.Cleanup(func() {
		_ = agent.Process.Kill()
		<-ended
	})
	return d.answering()
}

// answering waits until an agent answers on the desk.
func (d *desk) answering() *localapi.Client {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), time.Minute)
	defer cancel()
	for tick := time.NewTicker(10 * time.Millisecond); ; {
		client, err := localapi.Dial(ctx, filepath.Join(d.runtime(), "portico"))
		if err == nil {
			if _, err = client.Handshake(ctx); err == nil {
				return client
			}
		}
		if !errors.Is(err, localapi.ErrNoAgent) {
			d.t.Fatal(err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			d.t.Fatal("no agent comes up")
		}
	}
}

// log is the agent's.
func (d *desk) log() string {
	files, _ := filepath.Glob(filepath.Join(d.home, ".local", "state", "portico", "logs", "*.log"))
	var all strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			d.t.Error(err)
		}
		all.Write(text)
	}
	return all.String()
}

// ends waits for the end of the agent, which is an orderly one.
func (d *desk) ends(why string) {
	d.t.Helper()
	select {
	case <-d.ended:
	case <-time.After(time.Minute):
		d.t.Fatalf("the agent outlives it; its log:\n%s", d.log())
	}
	if code := d.agent.ProcessState.ExitCode(); code != 0 || !strings.Contains(d.log(), why) {
		d.t.Errorf("exit %d; its log, without %q:\n%s", code, why, d.log())
	}
}

// watched is what a window sees of an agent, until it ends.
func watched(t *testing.T, client *localapi.Client) (begun <-chan struct{}, quit <-chan bool) {
	begins, quits := make(chan struct{}), make(chan bool, 1)
	go func() {
		first := true
		for event, err := range client.Watch(t.Context()) {
			if first {
				first = false
				close(begins)
			}
			if err != nil || event.Type == localapi.EventQuit {
				quits <- err == nil
				return
			}
		}
	}()
	return begins, quits
}

func TestAgentEndsWithTheBusOfItsSession(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.startBus()
	begun, quit := watched(t, d.start(nil))
	<-begun
	d.onBus()
	d.endBus()
	d.ends("the log-on session is over")
	if <-quit {
		t.Error("a window is told to close, and starts no other agent")
	}
	if _, err := localapi.Dial(t.Context(), filepath.Join(d.runtime(), "portico")); !errors.Is(err, localapi.ErrNoAgent) {
		t.Errorf("something is left behind: %v", err)
	}
}

func TestRestartOfTheBusLosesNothing(t *testing.T) {
	t.Parallel()
	provider := authtest.New(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != manifest.Path {
			http.NotFound(w, r)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]any{
			"version": 1, "name": "Contoso IT", "support": map[string]any{"email": "help@contoso.example"},
			"providers": []any{map[string]any{"id": "work", "title": "Work", "authority": provider.URL, "client_id": authtest.ClientID}},
			"menus":     []any{map[string]any{"id": "mail", "title": "Mail", "url": "https://mail.example/"}},
		})
	}))
	t.Cleanup(server.Close)
	d := newDesk(t)
	authorities := filepath.Join(d.home, "authorities.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: provider.Certificate().Raw})
	if err := os.WriteFile(authorities, block, 0o600); err != nil {
		t.Fatal(err)
	}
	d.env = append(d.env, "PORTICO_PORTAL="+server.URL, "PORTICO_EXTRA_CA_FILE="+authorities)
	d.startBus()
	client := d.start(nil)
	state := d.await(client, func(s localapi.State) bool { return s.Portal != nil && s.Session.Phase != localapi.Starting })
	in, err := client.SignIn(t.Context(), localapi.SignInRequest{Provider: "work", MemoryOnly: true})
	if err != nil {
		t.Fatalf("%v in state %+v", err, state)
	}
	if _, err := provider.Browse(t.Context(), in.URL); err != nil {
		t.Fatal(err)
	}
	before := d.await(client, func(s localapi.State) bool { return s.Session.Phase == localapi.SignedIn })
	if before.Session.Account.Remembered {
		t.Fatal("it is not only in memory, the test shows nothing")
	}
	d.onBus()
	for range 2 {
		begun, quit := watched(t, client)
		<-begun
		d.endBus()
		d.startBus()
		d.onBus()
		select {
		case <-quit:
			t.Fatalf("the agent has ended:\n%s", d.log())
		default:
		}
	}
	after := d.await(client, func(s localapi.State) bool { return s.Session.Phase != localapi.Starting })
	if after.Session.Phase != localapi.SignedIn || after.Session.Account == nil || after.Session.Account.ID != before.Session.Account.ID {
		t.Errorf("the session is %+v", after.Session)
	}
	if state, err := client.Refresh(t.Context()); err != nil || state.Session.Phase != localapi.SignedIn {
		t.Errorf("it cannot be renewed: %+v, %v", state.Session, err)
	}
}

// onBus waits until the agent is on the bus, with its tray and to follow the session.
func (d *desk) onBus() {
	d.t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		list := exec.CommandContext(d.t.Context(), "dbus-send", "--bus=unix:path="+filepath.Join(d.home, "bus"), "--print-reply", "--dest=org.freedesktop.DBus",
			"/org/freedesktop/DBus", "org.freedesktop.DBus.ListNames")
		out, err := list.Output()
		if err != nil {
			d.t.Fatal(err)
		}
		if strings.Count(string(out), `":1.`) > 2 { // and who asks
			return
		}
	}
	d.t.Fatal("the agent does not come to the bus")
}

func (d *desk) await(client *localapi.Client, want func(localapi.State) bool) localapi.State {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), time.Minute)
	defer cancel()
	var last localapi.State
	for event, err := range client.Watch(ctx) {
		if err != nil {
			d.t.Fatalf("%v in state %+v; the log:\n%s", err, last.Session, d.log())
		}
		if event.State != nil {
			if last = *event.State; want(last) {
				return last
			}
		}
	}
	return last
}

func TestAgentEndsWhenItsRuntimeFolderIsMadeAnew(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	begun, quit := watched(t, d.start(nil))
	<-begun
	old := *d
	if err := os.RemoveAll(d.runtime()); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(d.runtime(), 0o700); err != nil {
		t.Fatal(err)
	}
	next := d.start(nil)
	old.ends("nobody finds it any longer")
	if <-quit {
		t.Error("a window is told to close, and starts no other agent")
	}
	if info, err := next.Handshake(t.Context()); err != nil || info.PID != d.agent.Process.Pid {
		t.Errorf("%+v, %v", info, err)
	}
}

// Whoever has started it may have ended, and with that whoever reads its messages.
func TestAgentOutlivesWhoeverReadsItsMessages(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.env = append(d.env, "PORTICO_EXTRA_CA_FILE=/nonexistent/authorities.pem")
	messages, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := messages.Close(); err != nil {
		t.Fatal(err)
	}
	client := d.start(func(agent *exec.Cmd) {
		agent.Stdout, agent.Stderr, agent.Args = writer, writer, append(agent.Args, "--verbose")
	})
	_ = writer.Close()
	if _, err := client.State(t.Context()); err != nil {
		t.Errorf("%v; its log:\n%s", err, d.log())
	}
	if !strings.Contains(d.log(), "the file of extra authorities is not used") {
		t.Errorf("the warning is not in its log:\n%s", d.log())
	}
}
