//go:build linux

package stage

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/godbus/dbus/v5"
	"golang.org/x/sys/unix"
)

// KeyStore is what the session bus offers for secrets.
type KeyStore int

const (
	// KeyStoreUnlocked: a fresh gnome-keyring, unlocked as after a log-on.
	KeyStoreUnlocked KeyStore = iota
	// KeyStoreLocked: the same, locked, with nobody to ask for its password.
	KeyStoreLocked
	// KeyStoreAbsent: a session bus without a key store.
	KeyStoreAbsent
	// NoSessionBus: not even a session bus, as in a bare ssh session.
	NoSessionBus
)

const (
	secretsName    = "org.freedesktop.secrets"
	secretsPath    = dbus.ObjectPath("/org/freedesktop/secrets")
	serviceFace    = "org.freedesktop.Secret.Service"
	collectionFace = "org.freedesktop.Secret.Collection"
	itemFace       = "org.freedesktop.Secret.Item"
)

// The bus starts nothing by itself: only the stage offers anything.
const busConfig = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=%s</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
`

type bus struct {
	conn   *dbus.Conn
	daemon *Process // of the key store, nil without one
}

func (s *Stage) startBus(ctx context.Context, kind KeyStore) error {
	socket := filepath.Join(s.Dir, "run", "bus")
	address := "unix:path=" + socket
	// With an address nothing tries to start a bus of its own.
	s.env = append(s.env, "DBUS_SESSION_BUS_ADDRESS="+address)
	if kind == NoSessionBus {
		return nil
	}
	config := filepath.Join(s.Dir, "bus.conf")
	if err := os.WriteFile(config, fmt.Appendf(nil, busConfig, socket), 0o600); err != nil {
		return err
	}
	daemon, err := s.Start(Command{Name: "dbus-daemon", Args: []string{"--config-file=" + config, "--nofork", "--nopidfile", "--print-address=1"}})
	if err != nil {
		return err
	}
	if _, err := daemon.WaitLine(ctx, func(line string) bool { return strings.HasPrefix(line, "unix:") }); err != nil {
		return err
	}
	conn, err := dbus.Connect(address)
	if err != nil {
		return fmt.Errorf("connect to the session bus: %w", err)
	}
	s.bus = &bus{conn: conn}
	if kind == KeyStoreAbsent {
		return nil
	}
	if err := s.StartKeyStore(ctx); err != nil {
		return err
	}
	if kind == KeyStoreLocked {
		return s.LockKeyStore(ctx)
	}
	return nil
}

// StartKeyStore starts the key store, for a stage without one or with a stopped one.
func (s *Stage) StartKeyStore(ctx context.Context) error {
	if err := s.bus.conn.AddMatchSignalContext(ctx, dbus.WithMatchSender("org.freedesktop.DBus"),
		dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, secretsName)); err != nil {
		return err
	}
	signals := make(chan *dbus.Signal, 16)
	s.bus.conn.Signal(signals)
	defer s.bus.conn.RemoveSignal(signals)
	if err := Require("gnome-keyring-daemon"); err != nil {
		return err
	}
	processor, err := oneProcessor()
	if err != nil {
		return err
	}
	daemon, err := s.Start(Command{
		Name:  "taskset",
		Args:  []string{"--cpu-list", processor, "gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets", "--control-directory=" + filepath.Join(s.Dir, "run", "keyring")},
		Stdin: strings.NewReader("stage"),
	})
	if err != nil {
		return err
	}
	for {
		select {
		case signal := <-signals:
			if len(signal.Body) == 3 && signal.Body[0] == secretsName && signal.Body[2] != "" {
				s.bus.daemon = daemon
				return s.defaultCollection(ctx)
			}
		case <-daemon.Done():
			return fmt.Errorf("gnome-keyring-daemon ended before it was ready: %s", daemon.outcome())
		case <-ctx.Done():
			return fmt.Errorf("wait for gnome-keyring-daemon: %w; it said: %s", ctx.Err(), daemon.Tail())
		}
	}
}

// oneProcessor names a processor for the key store. Two threads of gnome-keyring-daemon change
// its table of clients without a lock: on several processors it aborts about once in some
// thousand connections (GLib: "invoke_get_property_in_idle_cb: assertion failed"), locked
// when it comes back. On one processor it did not in 36,000.
func oneProcessor() (string, error) {
	var allowed unix.CPUSet
	if err := unix.SchedGetaffinity(0, &allowed); err != nil {
		return "", fmt.Errorf("find a processor for the key store: %w", err)
	}
	for i := range len(allowed) * 64 {
		if allowed.IsSet(i) {
			return strconv.Itoa(i), nil
		}
	}
	return "", errors.New("find a processor for the key store: there is none")
}

// defaultCollection waits for the collection to put secrets into: the daemon
// takes its name on the bus before it has opened one, and has no signal for the
// alias.
func (s *Stage) defaultCollection(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		var path dbus.ObjectPath
		if err := s.service().CallWithContext(ctx, serviceFace+".ReadAlias", 0, "default").Store(&path); err != nil {
			return fmt.Errorf("read the key store's default collection: %w", err)
		}
		if path != "/" {
			return nil
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return errors.New("the key store has no default collection")
		}
	}
}

func (s *Stage) service() dbus.BusObject { return s.bus.conn.Object(secretsName, secretsPath) }

// StopKeyStore ends the key store; its secrets stay on disk.
func (s *Stage) StopKeyStore() {
	s.bus.daemon.Stop()
	s.bus.daemon = nil
}

// FreezeKeyStore makes it hang: it is there, takes calls and answers none, until
// ThawKeyStore.
func (s *Stage) FreezeKeyStore() error { return s.signalKeyStore(syscall.SIGSTOP) }

// ThawKeyStore lets a frozen key store go on. It then answers what it was asked
// meanwhile.
func (s *Stage) ThawKeyStore() error { return s.signalKeyStore(syscall.SIGCONT) }

func (s *Stage) signalKeyStore(signal syscall.Signal) error {
	if s.bus == nil || s.bus.daemon == nil {
		return errors.New("there is no key store")
	}
	return syscall.Kill(s.bus.daemon.PID(), signal)
}

// LockKeyStore locks it, as a desk left alone does.
func (s *Stage) LockKeyStore(ctx context.Context) error {
	collections, err := s.collections()
	if err != nil {
		return err
	}
	var locked []dbus.ObjectPath
	var prompt dbus.ObjectPath
	if err := s.service().CallWithContext(ctx, serviceFace+".Lock", 0, collections).Store(&locked, &prompt); err != nil {
		return fmt.Errorf("lock the key store: %w", err)
	}
	if prompt != "/" {
		return errors.New("lock the key store: it asks back")
	}
	return nil
}

func (s *Stage) collections() ([]dbus.ObjectPath, error) {
	v, err := s.service().GetProperty(serviceFace + ".Collections")
	if err != nil {
		return nil, fmt.Errorf("list the key store's collections: %w", err)
	}
	paths, ok := v.Value().([]dbus.ObjectPath)
	if !ok {
		return nil, fmt.Errorf("list the key store's collections: %s", v.Signature())
	}
	return paths, nil
}

// Secret is an entry of the key store.
type Secret struct {
	Label      string
	Attributes map[string]string
	Value      []byte
}

// sealed is the Secret structure of the Secret Service API; over a private bus
// it travels as it is ("plain").
type sealed struct {
	Session     dbus.ObjectPath
	Parameters  []byte
	Value       []byte
	ContentType string
}

// Secrets lists what the key store holds.
func (s *Stage) Secrets(ctx context.Context) ([]Secret, error) {
	var output dbus.Variant
	var session dbus.ObjectPath
	if err := s.service().CallWithContext(ctx, serviceFace+".OpenSession", 0, "plain", dbus.MakeVariant("")).Store(&output, &session); err != nil {
		return nil, fmt.Errorf("open the key store: %w", err)
	}
	collections, err := s.collections()
	if err != nil {
		return nil, err
	}
	var secrets []Secret
	for _, collection := range collections {
		v, err := s.bus.conn.Object(secretsName, collection).GetProperty(collectionFace + ".Items")
		if err != nil {
			return nil, fmt.Errorf("list the key store: %w", err)
		}
		items, ok := v.Value().([]dbus.ObjectPath)
		if !ok {
			return nil, fmt.Errorf("list the key store: %s", v.Signature())
		}
		for _, item := range items {
			secret, err := s.secret(ctx, item, session)
			if err != nil {
				return nil, err
			}
			secrets = append(secrets, secret)
		}
	}
	return secrets, nil
}

func (s *Stage) secret(ctx context.Context, item, session dbus.ObjectPath) (Secret, error) {
	o := s.bus.conn.Object(secretsName, item)
	var secret Secret
	var value sealed
	err := errors.Join(
		o.StoreProperty(itemFace+".Label", &secret.Label),
		o.StoreProperty(itemFace+".Attributes", &secret.Attributes),
		o.CallWithContext(ctx, itemFace+".GetSecret", 0, session).Store(&value),
	)
	if err != nil {
		return Secret{}, fmt.Errorf("read an entry of the key store: %w", err)
	}
	secret.Value = value.Value
	return secret, nil
}
