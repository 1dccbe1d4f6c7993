package vault

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

func TestKindsOfDBusErrors(t *testing.T) {
	answer := func(name string) error {
		return fmt.Errorf("wrapped: %w", dbus.Error{Name: name, Body: []any{"in the service's own words"}})
	}
	for name, test := range map[string]struct {
		err  error
		want Kind
	}{
		"no service":            {answer("org.freedesktop.DBus.Error.ServiceUnknown"), Missing},
		"service cannot start":  {answer("org.freedesktop.DBus.Error.Spawn.ExecFailed"), Missing},
		"no such collection":    {answer("org.freedesktop.Secret.Error.NoSuchObject"), Missing},
		"locked":                {answer("org.freedesktop.Secret.Error.IsLocked"), Locked},
		"denied":                {answer("org.freedesktop.DBus.Error.AccessDenied"), Locked},
		"over a limit":          {answer("org.freedesktop.DBus.Error.LimitsExceeded"), Full},
		"no reply":              {answer("org.freedesktop.DBus.Error.NoReply"), Silent},
		"unknown name":          {answer("org.example.Error.Odd"), Failing},
		"no socket":             {&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ENOENT)}, Missing},
		"nobody at the socket":  {&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}, Missing},
		"connection closed":     {dbus.ErrClosed, Missing},
		"connection ended":      {io.EOF, Missing},
		"broken pipe":           {&net.OpError{Op: "write", Err: os.NewSyscallError("write", syscall.EPIPE)}, Missing},
		"deadline":              {context.DeadlineExceeded, Silent},
		"anything else":         {errors.New("odd"), Failing},
		"known before":          {&Error{Kind: Full}, Full},
		"a type it cannot read": {dbus.InvalidMessageError("odd"), Failing},
	} {
		t.Run(name, func(t *testing.T) {
			if got := KindOf(classify(test.err)); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

// ask reads a name that is not there through the whole stack.
func ask(t *testing.T, limit time.Duration) error {
	t.Helper()
	_, err := systemVault(limit).Get(t.Context(), "work")
	return err
}

func systemVault(limit time.Duration) *Vault {
	return New(Params{Service: "io.example.portico.test", Timeout: limit})
}

const (
	soon  = 300 * time.Millisecond // the limit where a test waits for it
	ample = 20 * time.Second       // the limit where it must not be reached
)

func TestUnlockedCollection(t *testing.T) {
	for name, at := range map[string]dbus.ObjectPath{"login": loginCollection, "another default": fakeCollection} {
		t.Run(name, func(t *testing.T) {
			s := startFake(t, startBus(t), fakeParams{collection: at})
			if err := ask(t, ample); !errors.Is(err, ErrNotFound) {
				t.Errorf("got %v", err)
			}
			if s.searches() == 0 {
				t.Error("nothing was looked for")
			}
		})
	}
}

func TestPromptAnswers(t *testing.T) {
	for name, test := range map[string]struct {
		prompt func(*fakeService)
		want   Kind
	}{
		"accepted":                 {func(s *fakeService) { s.unlock(); s.complete(false) }, 0},
		"dismissed":                {func(s *fakeService) { s.complete(true) }, Locked},
		"garbled":                  {func(s *fakeService) { s.emit(fakePrompt) }, Locked},
		"accepted, amidst noise":   {func(s *fakeService) { s.noise(); s.unlock(); s.complete(false) }, 0},
		"never, and the bus goes":  {func(s *fakeService) { s.bus.stop() }, Missing},
		"never, service goes":      {func(s *fakeService) { s.leave() }, Missing},
		"accepted, but not heeded": {func(s *fakeService) { s.complete(false) }, Locked},
	} {
		t.Run(name, func(t *testing.T) {
			startFake(t, startBus(t), fakeParams{collection: loginCollection, locked: true, prompt: test.prompt})
			err := ask(t, ample)
			if KindOf(err) != test.want || test.want == 0 && !errors.Is(err, ErrNotFound) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestPromptNobodyAnswersIsLockedAtTheLimitAndWorksLater(t *testing.T) {
	prompted := make(chan *fakeService, 1)
	s := startFake(t, startBus(t), fakeParams{collection: loginCollection, locked: true, prompt: func(s *fakeService) { prompted <- s }})
	v := systemVault(soon)
	get := func() error {
		_, err := v.Get(t.Context(), "work")
		return err
	}
	start := time.Now()
	err := v.Put(t.Context(), "work", []byte("late"))
	if KindOf(err) != Locked || !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > ample {
		t.Fatalf("%v after %s", err, time.Since(start))
	}
	<-prompted
	s.unlock()
	s.complete(false)
	for err = get(); KindOf(err) != 0; err = get() { // each waits its limit at most
		if time.Since(start) > ample {
			t.Fatalf("after the prompt was accepted: %v", err)
		}
	}
	if !errors.Is(err, ErrNotFound) || s.creations() != 0 {
		t.Errorf("got %v; the Put that had failed was carried out %d times", err, s.creations())
	}
}

func TestLockedServiceThatDoesNotAsk(t *testing.T) {
	startFake(t, startBus(t), fakeParams{collection: loginCollection, locked: true})
	if err := ask(t, ample); KindOf(err) != Locked {
		t.Errorf("got %v", err)
	}
}

func TestServiceWithoutACollectionIsNotSetUp(t *testing.T) {
	startFake(t, startBus(t), fakeParams{})
	if err := ask(t, ample); KindOf(err) != NotSetUp {
		t.Errorf("got %v", err)
	}
}

// KeePassXC asks a person about single entries.
func TestPromptForASingleEntry(t *testing.T) {
	for name, test := range map[string]struct {
		prompt func(*fakeService)
		want   Kind
	}{
		"agreed":                  {func(s *fakeService) { s.allow(); s.complete(false) }, 0},
		"agreed, but not heeded":  {func(s *fakeService) { s.complete(false) }, Locked},
		"dismissed":               {func(s *fakeService) { s.complete(true) }, Locked},
		"never, and the bus goes": {func(s *fakeService) { s.bus.stop() }, Missing},
	} {
		t.Run(name, func(t *testing.T) {
			startFake(t, startBus(t), fakeParams{collection: loginCollection, item: true, prompt: test.prompt})
			if err := ask(t, ample); KindOf(err) != test.want {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestStoreThatChangesNoItemGetsANewOne(t *testing.T) {
	s := startFake(t, startBus(t), fakeParams{collection: loginCollection, item: true})
	if err := newKeyring().Set(t.Context(), "test", "work", "value"); err != nil || s.creations() != 1 {
		t.Errorf("%d items made, %v", s.creations(), err)
	}
}

// A sign-in looks for its entry before it makes it, and once is enough.
func TestEntryKnownToBeAbsentIsMadeAtOnce(t *testing.T) {
	s := startFake(t, startBus(t), fakeParams{collection: loginCollection})
	k := newKeyring()
	if _, err := k.Get(t.Context(), "test", "work"); !errors.Is(err, ErrNotFound) {
		t.Fatal(err)
	}
	if err := k.Set(t.Context(), "test", "work", "value"); err != nil || s.creations() != 1 || s.searches() != 1 {
		t.Errorf("%d searches, %d items made, %v", s.searches(), s.creations(), err)
	}
	// From now on somebody may have it.
	if err := k.Set(t.Context(), "test", "work", "another"); err != nil || s.searches() < 2 {
		t.Errorf("%d searches, %v", s.searches(), err)
	}
}

func TestServiceThatNeverAnswersIsSilent(t *testing.T) {
	startFake(t, startBus(t), fakeParams{collection: loginCollection, mute: true})
	v := systemVault(soon)
	for range 2 {
		start := time.Now()
		if _, err := v.Get(t.Context(), "work"); KindOf(err) != Silent || time.Since(start) > ample {
			t.Errorf("%v after %s", err, time.Since(start))
		}
	}
}

func TestBusThatNeverGreetsIsSilent(t *testing.T) {
	path := filepath.Join(socketDir(t), "bus")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+path)
	if err := ask(t, soon); KindOf(err) != Silent {
		t.Errorf("got %v", err)
	}
}

func TestNoBusIsMissing(t *testing.T) {
	dir := socketDir(t)
	ran := filepath.Join(dir, "ran")
	for name, address := range map[string]string{
		"no socket":    "unix:path=" + filepath.Join(dir, "none"),
		"no address":   "",
		"no such kind": "carrier-pigeon:",
		"nonsense":     "nonsense",
		"autolaunch":   "autolaunch:",
	} {
		t.Run(name, func(t *testing.T) {
			if own := fmt.Sprintf("/run/user/%d/bus", os.Getuid()); address == "" || address == "autolaunch:" {
				if _, err := os.Stat(own); err == nil {
					t.Skipf("this person has a bus of their own at %s, which would be found", own)
				}
			}
			// A bus started on the spot would be one that nobody else is on.
			script := fmt.Sprintf("#!/bin/sh\ntouch '%s'\n", ran)
			if err := os.WriteFile(filepath.Join(dir, "dbus-launch"), []byte(script), 0o700); err != nil {
				t.Fatal(err)
			}
			t.Setenv("PATH", dir)
			t.Setenv("DBUS_SESSION_BUS_ADDRESS", address)
			if err := ask(t, ample); KindOf(err) != Missing {
				t.Errorf("got %v", err)
			}
			if _, err := os.Stat(ran); err == nil {
				t.Error("a bus was started")
			}
		})
	}
}

func TestNoServiceOnTheBusIsMissing(t *testing.T) {
	startBus(t)
	if err := ask(t, ample); KindOf(err) != Missing {
		t.Errorf("got %v", err)
	}
}

func TestBusThatComesBackIsUsedAgain(t *testing.T) {
	bus := startBus(t)
	v := systemVault(ample)
	get := func() error {
		_, err := v.Get(t.Context(), "work")
		return err
	}
	for round := range 3 {
		s := startFake(t, bus, fakeParams{collection: loginCollection})
		if err := get(); !errors.Is(err, ErrNotFound) || s.searches() == 0 {
			t.Errorf("round %d: %v", round, err)
		}
		bus.stop()
		if err := get(); KindOf(err) != Missing {
			t.Errorf("round %d, without a bus: %v", round, err)
		}
		bus.start()
	}
}

// A sign-in makes several calls at once. An agent at rest has no connection.
func TestConnectionIsKeptForABurstOfCalls(t *testing.T) {
	b := startBus(t)
	s := startFake(t, b, fakeParams{collection: loginCollection})
	ended := namesThatEnd(t, b)
	v := systemVault(ample)
	for range 3 {
		if _, err := v.Get(t.Context(), "work"); !errors.Is(err, ErrNotFound) {
			t.Fatal(err)
		}
	}
	used := s.connections()
	if len(used) != 1 {
		t.Fatalf("%d connections", len(used))
	}
	limit := time.NewTimer(ample)
	defer limit.Stop()
	for {
		select {
		case name := <-ended:
			if name == string(used[0]) {
				return
			}
		case <-limit.C:
			t.Fatal("the connection does not end")
		}
	}
}

// KeePassXC lets a connection have an entry, and would ask again for another one.
func TestConnectionThatAPersonHasAllowedIsKept(t *testing.T) {
	var prompts atomic.Int32
	startFake(t, startBus(t), fakeParams{collection: loginCollection, item: true, prompt: func(s *fakeService) {
		prompts.Add(1)
		s.allow()
		s.complete(false)
	}})
	v := systemVault(ample)
	if _, err := v.Get(t.Context(), "work"); err != nil || prompts.Load() != 1 {
		t.Fatalf("%v after %d prompts", err, prompts.Load())
	}
	k := v.store.(*osKeyring)
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.kept == nil || k.rest != nil {
		t.Error("it is to end")
	}
}

// namesThatEnd tells of connections that end.
func namesThatEnd(t *testing.T, b *bus) <-chan string {
	t.Helper()
	conn, err := dbus.Connect(b.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.AddMatchSignal(dbus.WithMatchInterface("org.freedesktop.DBus"), dbus.WithMatchMember("NameOwnerChanged")); err != nil {
		t.Fatal(err)
	}
	signals, ended := make(chan *dbus.Signal, 100), make(chan string, 100)
	conn.Signal(signals)
	go func() {
		for s := range signals {
			var name, before, now string
			if s.Name == nameChanged && dbus.Store(s.Body, &name, &before, &now) == nil && now == "" {
				ended <- name
			}
		}
	}()
	return ended
}

// A collection that is locked in the middle of a burst says that it holds nothing.
func TestCollectionThatIsLockedMeanwhileIsNotTakenForEmpty(t *testing.T) {
	s := startFake(t, startBus(t), fakeParams{collection: loginCollection, item: true, prompt: func(s *fakeService) { s.unlock(); s.complete(false) }})
	s.allow()
	v := systemVault(ample)
	for range 3 {
		if _, err := v.Get(t.Context(), "work"); err != nil {
			t.Error(err)
		}
		s.lock()
	}
	if n := len(s.connections()); n != 1 {
		t.Errorf("%d connections", n)
	}
}
