package vault

import (
	"bufio"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/godbus/dbus/v5"
)

// withoutKeyStore is set where the programs of a key store cannot be had. Without it their absence
// fails the tests, so that they are not left out unnoticed.
const withoutKeyStore = "PORTICO_TEST_WITHOUT_KEYSTORE"

// needs finds a program that a test cannot do without.
func needs(t *testing.T, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	switch {
	case err == nil:
		return path
	case os.Getenv(withoutKeyStore) != "":
		t.Skipf("%s is not installed, and %s is set", program, withoutKeyStore)
	default:
		t.Fatalf("%s is not installed; install it, or set %s=1 to leave this test out", program, withoutKeyStore)
	}
	return ""
}

// socketDir is a folder with a path short enough for sockets.
func socketDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "vault")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// A bus is a session bus with nobody on it and nobody to be started on it.
type bus struct {
	t       *testing.T
	config  string
	address string
	mu      sync.Mutex
	running *exec.Cmd
}

const busConfig = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>%s</listen>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>`

// startBus starts a bus and makes it the session's for this test.
func startBus(t *testing.T) *bus {
	t.Helper()
	dir := socketDir(t)
	b := &bus{t: t, config: filepath.Join(dir, "config"), address: "unix:path=" + filepath.Join(dir, "bus")}
	if err := os.WriteFile(b.config, fmt.Appendf(nil, busConfig, b.address), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", b.address)
	b.start()
	t.Cleanup(b.stop)
	return b
}

func (b *bus) start() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.running = exec.Command(needs(b.t, "dbus-daemon"), "--config-file="+b.config, "--nofork", "--nopidfile", "--print-address=1")
	out, err := b.running.StdoutPipe()
	if err != nil {
		b.t.Fatal(err)
	}
	if err := b.running.Start(); err != nil {
		b.t.Fatal(err)
	}
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		b.t.Fatalf("the bus did not start: %v", err)
	}
}

func (b *bus) stop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	_ = b.running.Process.Kill()
	_ = b.running.Wait()
}

const (
	fakeCollection = dbus.ObjectPath("/org/freedesktop/secrets/collection/fake")
	fakeItem       = dbus.ObjectPath("/org/freedesktop/secrets/collection/login/1")
	fakePrompt     = dbus.ObjectPath("/org/freedesktop/secrets/prompt/1")
)

// fakeParams scripts a fakeService.
type fakeParams struct {
	collection dbus.ObjectPath // "" for none
	locked     bool
	item       bool               // there is an item, which is locked by itself
	mute       bool               // no property is ever told
	prompt     func(*fakeService) // what happens when the prompt opens; nil: there is no prompt
}

// A fakeService is as much of a Secret Service as it takes to look for something in it, with a prompt
// that does what a test wants. It keeps nothing.
type fakeService struct {
	fakeParams
	bus  *bus
	conn *dbus.Conn
	done chan struct{}

	taken chan struct{} // is told of prompts that are taken away

	mu      sync.Mutex
	callers map[dbus.Sender]bool
	allowed bool // the item was unlocked
	found   int
	created int
	asked   int    // to make a collection
	label   string // of the collection to be made
}

func startFake(t *testing.T, b *bus, p fakeParams) *fakeService {
	t.Helper()
	conn, err := dbus.Connect(b.address)
	if err != nil {
		t.Fatal(err)
	}
	s := &fakeService{fakeParams: p, bus: b, conn: conn, done: make(chan struct{}), callers: map[dbus.Sender]bool{}, taken: make(chan struct{}, 8)}
	t.Cleanup(func() {
		close(s.done)
		_ = conn.Close()
	})
	for _, e := range []struct {
		methods map[string]any
		path    dbus.ObjectPath
		iface   string
	}{
		{map[string]any{"Get": s.property}, secretsPath, "org.freedesktop.DBus.Properties"},
		{map[string]any{"Unlock": s.unlockObjects, "ReadAlias": s.readAlias, "OpenSession": s.openSession, "CreateCollection": s.createCollection}, secretsPath, serviceIface},
		{map[string]any{"Prompt": s.openPrompt, "Dismiss": s.dismiss}, fakePrompt, promptIface},
		{map[string]any{"SearchItems": s.search, "CreateItem": s.create}, secretsPath, collectionIface},
		{map[string]any{"GetSecret": s.secret}, fakeItem, itemIface},
	} {
		if err := conn.ExportSubtreeMethodTable(e.methods, e.path, e.iface); err != nil {
			t.Fatal(err)
		}
	}
	if reply, err := conn.RequestName(secretsName, dbus.NameFlagDoNotQueue); err != nil || reply != dbus.RequestNameReplyPrimaryOwner {
		t.Fatalf("the name was not given: %v, %v", reply, err)
	}
	return s
}

func (s *fakeService) property(m dbus.Message, _, name string) (dbus.Variant, *dbus.Error) {
	if s.mute {
		<-s.done
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if name == "Collections" {
		all := []dbus.ObjectPath{}
		if s.collection != "" {
			all = append(all, s.collection)
		}
		return dbus.MakeVariant(all), nil
	}
	if at := m.Headers[dbus.FieldPath].Value(); at != s.collection {
		return dbus.Variant{}, &dbus.Error{Name: "org.freedesktop.Secret.Error.NoSuchObject"}
	}
	return dbus.MakeVariant(s.locked), nil
}

func (s *fakeService) readAlias(string) (dbus.ObjectPath, *dbus.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.collection == "" {
		return "/", nil
	}
	return s.collection, nil
}

func (s *fakeService) unlockObjects(objects []dbus.ObjectPath) ([]dbus.ObjectPath, dbus.ObjectPath, *dbus.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case !s.locked && objects[0] != fakeItem:
		return objects, "/", nil
	case s.prompt == nil:
		return []dbus.ObjectPath{}, "/", nil
	default:
		return []dbus.ObjectPath{}, fakePrompt, nil
	}
}

func (s *fakeService) openPrompt(string) *dbus.Error {
	go s.prompt(s)
	return nil
}

func (s *fakeService) openSession(string, dbus.Variant) (dbus.Variant, dbus.ObjectPath, *dbus.Error) {
	return dbus.MakeVariant(""), "/org/freedesktop/secrets/session/1", nil
}

// search finds nothing in a collection that is locked, as KeePassXC.
func (s *fakeService) search(from dbus.Sender, _ map[string]string) ([]dbus.ObjectPath, *dbus.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.found++
	s.callers[from] = true
	if s.item && !s.locked {
		return []dbus.ObjectPath{fakeItem}, nil
	}
	return []dbus.ObjectPath{}, nil
}

func (s *fakeService) secret(session dbus.ObjectPath) (secret, *dbus.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.allowed {
		return secret{}, &dbus.Error{Name: "org.freedesktop.Secret.Error.IsLocked"}
	}
	return secret{Session: session, Parameters: []byte{}, Value: []byte(newHead(1, nil).encode())}, nil
}

func (s *fakeService) create(map[string]dbus.Variant, dbus.Variant, bool) (dbus.ObjectPath, dbus.ObjectPath, *dbus.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.created++
	return fakeItem, "/", nil
}

func (s *fakeService) createCollection(properties map[string]dbus.Variant, alias string) (dbus.ObjectPath, dbus.ObjectPath, *dbus.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	s.label, _ = properties[collectionIface+".Label"].Value().(string)
	if alias != "default" {
		return "/", "/", dbus.MakeFailedError(errors.New("not the default one"))
	}
	if s.prompt == nil {
		s.collection = fakeCollection
		return fakeCollection, "/", nil
	}
	return "/", fakePrompt, nil
}

func (s *fakeService) dismiss() *dbus.Error {
	s.taken <- struct{}{}
	return nil
}

// What a prompt can do.

func (s *fakeService) makeCollection() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.collection = fakeCollection
}

func (s *fakeService) unlock() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.locked = false
}

func (s *fakeService) allow() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.allowed = true
}

// lock is what a person does, or a store by itself.
func (s *fakeService) lock() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.locked = true
}

func (s *fakeService) complete(dismissed bool) {
	s.emit(fakePrompt, dismissed, dbus.MakeVariant([]dbus.ObjectPath{}))
}

func (s *fakeService) emit(path dbus.ObjectPath, body ...any) {
	_ = s.conn.Emit(path, promptIface+".Completed", body...)
}

// noise is what could be taken for an answer.
func (s *fakeService) noise() {
	s.emit("/org/freedesktop/secrets/prompt/2", true, dbus.MakeVariant(""))
	_ = s.conn.Emit(fakePrompt, promptIface+".Odd", true)
	_, _ = s.conn.RequestName("org.example.Noise", dbus.NameFlagDoNotQueue)
}

func (s *fakeService) leave() { _, _ = s.conn.ReleaseName(secretsName) }

func (s *fakeService) searches() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.found
}

// connections are the names of all who have searched.
func (s *fakeService) connections() []dbus.Sender {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Keys(s.callers))
}

func (s *fakeService) creations() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.created
}

// request says how often a collection was asked for, and by what label.
func (s *fakeService) request() (times int, label string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked, s.label
}
