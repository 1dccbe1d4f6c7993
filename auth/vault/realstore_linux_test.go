package vault

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
	"github.com/zalando/go-keyring"
)

// inSession tells the test binary that it runs inside a session of its own making.
const inSession = "PORTICO_TEST_IN_SESSION"

const realService = "io.example.portico.real test"

// inFreshSession runs the test that calls it once more, in a session bus, a home and a runtime folder
// of its own, after the shell commands in setup. It tells whether this is that run.
func inFreshSession(t *testing.T, setup string) bool {
	t.Helper()
	return os.Getenv(inSession) != "" || inSessionAt(t, t.TempDir(), setup)
}

// inSessionAt is inFreshSession in a home that the test has made, for the run that makes it.
func inSessionAt(t *testing.T, home, setup string) bool {
	t.Helper()
	run := needs(t, "dbus-run-session")
	needs(t, "gnome-keyring-daemon")
	runtime := socketDir(t)
	cmd := exec.CommandContext(t.Context(), run, "--", "sh", "-c", setup+`; exec "$0" "$@"`,
		os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=2m")
	for _, v := range os.Environ() {
		switch name, _, _ := strings.Cut(v, "="); name {
		// A display would let the prompt be shown, to nobody.
		case "HOME", "XDG_RUNTIME_DIR", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "WAYLAND_DISPLAY":
		default:
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(cmd.Env, "HOME="+home, "XDG_RUNTIME_DIR="+runtime, inSession+"=1")
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("in a session of its own: %v\n%s", err, out)
	}
	return false
}

// unlockedKeyring starts a gnome-keyring whose login collection is open with this password.
const (
	password        = "test" // without a newline, which would be part of it
	unlockedKeyring = `printf '` + password + `' | gnome-keyring-daemon --unlock --components=secrets --daemonize >/dev/null`
)

// realItems counts what the key store itself has of realService.
func realItems(t *testing.T, bus *dbus.Conn) int {
	t.Helper()
	var open, locked []dbus.ObjectPath
	call := bus.Object(secretsName, secretsPath).Call(serviceIface+".SearchItems", 0, map[string]string{"service": realService})
	if err := call.Store(&open, &locked); err != nil {
		t.Fatal(err)
	}
	return len(open) + len(locked)
}

func sessionBus(t *testing.T) *dbus.Conn {
	t.Helper()
	bus, err := dbus.ConnectSessionBus()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = bus.Close() })
	return bus
}

func TestRealKeyring(t *testing.T) {
	if !inFreshSession(t, unlockedKeyring) {
		return
	}
	bus := sessionBus(t)
	for name, partSize := range map[string]int{"in one piece": 0, "in parts": 2048} {
		v := New(Params{Service: realService, PartSize: partSize})
		for _, size := range []int{30, 20_000, 1400} {
			want := bytes.Repeat([]byte("0123456789\x00\xff"), size/12+1)[:size]
			if err := v.Put(t.Context(), "work/ä", want); err != nil {
				t.Fatalf("%d bytes %s: %v", size, name, err)
			}
			// Another vault has nothing of this one's memory.
			got, err := New(Params{Service: realService}).Get(t.Context(), "work/ä")
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%d bytes %s: got %d, %v", size, name, len(got), err)
			}
			items := 1
			if partSize > 0 && size == 20_000 {
				items = 1 + 14 // 26,668 characters
			}
			if n := realItems(t, bus); n != items {
				t.Errorf("%d bytes %s: %d items in the key store, not %d", size, name, n, items)
			}
		}
		if err := v.Delete(t.Context(), "work/ä"); err != nil {
			t.Error(err)
		}
		if n := realItems(t, bus); n != 0 {
			t.Errorf("%d items left in the key store", n)
		}
		if _, err := v.Get(t.Context(), "work/ä"); !errors.Is(err, ErrNotFound) {
			t.Errorf("after Delete: %v", err)
		}
	}
}

// An entry that is there gets the new secret and nothing else: for an item in the place of another,
// gnome-keyring writes its file twice. What a person has called it stays, and an entry that somebody
// has made twice is found as it was put.
func TestRealKeyringChangesTheSecretAlone(t *testing.T) {
	if !inFreshSession(t, unlockedKeyring) {
		return
	}
	bus := sessionBus(t)
	v := New(Params{Service: realService})
	find := func() []dbus.ObjectPath {
		t.Helper()
		var items []dbus.ObjectPath
		call := bus.Object(secretsName, loginCollection).Call(collectionIface+".SearchItems", 0, attributes(realService, "work"))
		if err := call.Store(&items); err != nil {
			t.Fatal(err)
		}
		return items
	}
	put := func(value string) {
		t.Helper()
		if err := v.Put(t.Context(), "work", []byte(value)); err != nil {
			t.Fatal(err)
		}
		got, err := New(Params{Service: realService}).Get(t.Context(), "work")
		if err != nil || string(got) != value {
			t.Errorf("got %q, %v; want %q", got, err, value)
		}
	}
	put("first")
	was := find()
	const label = "a person's own words"
	if err := bus.Object(secretsName, was[0]).SetProperty(itemIface+".Label", dbus.MakeVariant(label)); err != nil {
		t.Fatal(err)
	}
	put("second")
	var now string
	if err := property(t.Context(), bus, was[0], itemIface, "Label", &now); err != nil || now != label {
		t.Errorf("it is called %q, %v", now, err)
	}
	if items := find(); !slices.Equal(items, was) {
		t.Errorf("the items are %v, and were %v", items, was)
	}

	// One more, made by somebody who replaces nothing.
	s, err := open(t.Context(), newKeyring())
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	var item, prompt dbus.ObjectPath
	err = s.call(t.Context(), s.collection, collectionIface+".CreateItem",
		map[string]dbus.Variant{itemIface + ".Attributes": dbus.MakeVariant(attributes(realService, "work"))},
		secret{Session: s.session, Parameters: []byte{}, Value: []byte(newHead(7, nil).encode()), ContentType: "text/plain"}, false).Store(&item, &prompt)
	if err != nil || len(find()) != 2 {
		t.Fatalf("%v, %v", err, find())
	}
	put("third")
	put("fourth")
}

func TestRealKeyringLocked(t *testing.T) {
	if !inFreshSession(t, unlockedKeyring) {
		return
	}
	bus := sessionBus(t)
	const limit = 3 * time.Second
	v := New(Params{Service: realService, Timeout: limit})
	if err := v.Put(t.Context(), "work", []byte("kept")); err != nil {
		t.Fatal(err)
	}
	service := bus.Object(secretsName, secretsPath)
	if err := service.Call(serviceIface+".Lock", 0, []dbus.ObjectPath{loginCollection}).Err; err != nil {
		t.Fatal(err)
	}
	for op, use := range map[string]func() error{
		"get":    func() error { _, err := v.Get(t.Context(), "work"); return err },
		"put":    func() error { return v.Put(t.Context(), "work", []byte("other")) },
		"delete": func() error { return v.Delete(t.Context(), "work") },
	} {
		start := time.Now()
		err := use()
		t.Logf("%s while locked: %v after %s", op, err, time.Since(start).Round(time.Millisecond))
		if KindOf(err) != Locked || time.Since(start) > limit+time.Second {
			t.Errorf("%s while locked: %v after %s", op, err, time.Since(start))
		}
	}

	var ignored dbus.Variant
	var session dbus.ObjectPath
	if err := service.Call(serviceIface+".OpenSession", 0, "plain", dbus.MakeVariant("")).Store(&ignored, &session); err != nil {
		t.Fatal(err)
	}
	secret := struct {
		Session           dbus.ObjectPath
		Parameters, Value []byte
		ContentType       string
	}{session, nil, []byte(password), "text/plain"}
	// What gnome-keyring's own prompt does with a password that was typed.
	const unlock = "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface.UnlockWithMasterPassword"
	if err := service.Call(unlock, 0, loginCollection, secret).Err; err != nil {
		t.Fatal(err)
	}
	if got, err := v.Get(t.Context(), "work"); string(got) != "kept" {
		t.Errorf("unlocked again: %q, %v", got, err)
	}
}

// A log-on without a display manager leaves gnome-keyring to be started by the first call, with no
// collection in it.
func TestRealKeyringWithoutACollection(t *testing.T) {
	if !inFreshSession(t, "true") {
		return
	}
	v := New(Params{Service: realService})
	if err := v.Put(t.Context(), "work", []byte("nowhere")); KindOf(err) != NotSetUp {
		t.Errorf("got %v", err)
	}
	// Without a screen its prompt can only be refused.
	if err := v.SetUp(t.Context()); KindOf(err) != NotSetUp {
		t.Errorf("set up: %v", err)
	}
}

// A stopped process is as silent as a key store can be: the bus delivers, and nothing comes back.
func TestRealKeyringThatHangs(t *testing.T) {
	if !inFreshSession(t, unlockedKeyring) {
		return
	}
	bus := sessionBus(t)
	const limit = time.Second
	v := New(Params{Service: realService, Timeout: limit})
	if err := v.Put(t.Context(), "work", []byte("kept")); err != nil {
		t.Fatal(err)
	}
	var pid uint32
	if err := bus.BusObject().Call("org.freedesktop.DBus.GetConnectionUnixProcessID", 0, secretsName).Store(&pid); err != nil {
		t.Fatal(err)
	}
	daemon, err := os.FindProcess(int(pid))
	if err != nil {
		t.Fatal(err)
	}
	if err := daemon.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = daemon.Signal(syscall.SIGCONT) })
	for range 3 {
		start := time.Now()
		if _, err := v.Get(t.Context(), "work"); KindOf(err) != Silent || time.Since(start) > 2*limit {
			t.Errorf("%v after %s", err, time.Since(start))
		}
	}
	if err := daemon.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if got, err := v.Get(t.Context(), "work"); string(got) != "kept" {
		t.Errorf("once it answers again: %q, %v", got, err)
	}
}

// What go-keyring has stored is found, and the other way round.
func TestRealKeyringIsSharedWithGoKeyring(t *testing.T) {
	if !inFreshSession(t, unlockedKeyring) {
		return
	}
	ours := newKeyring()
	if err := keyring.Set(realService, "theirs", "1"); err != nil {
		t.Fatal(err)
	}
	if got, err := ours.Get(t.Context(), realService, "theirs"); got != "1" || err != nil {
		t.Errorf("of go-keyring: %q, %v", got, err)
	}
	for _, name := range []string{"theirs", "ours"} {
		if err := ours.Set(t.Context(), realService, name, "2"); err != nil {
			t.Fatal(err)
		}
		if got, err := keyring.Get(realService, name); got != "2" || err != nil {
			t.Errorf("%s, for go-keyring: %q, %v", name, got, err)
		}
	}
	if n := realItems(t, sessionBus(t)); n != 2 {
		t.Errorf("%d items of two names", n)
	}
	if err := keyring.Delete(realService, "ours"); err != nil {
		t.Error(err)
	}
	if err := ours.Delete(t.Context(), realService, "theirs"); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"theirs", "ours"} {
		if _, err := ours.Get(t.Context(), realService, name); !errors.Is(err, ErrNotFound) {
			t.Errorf("%s is left: %v", name, err)
		}
	}
}
