package vault

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/godbus/dbus/v5"
)

// osPartSize: a Secret Service has no limit of its own, but becomes slow with large values.
const osPartSize = 64 << 10

// promptLimit is how long an unlock prompt may stay on the screen after the caller has given up. It
// bounds the one goroutine that a vault may leave behind. Someone who comes back from the coffee
// machine should still find the prompt.
const promptLimit = 5 * time.Minute

// Names of the Secret Service API, https://specifications.freedesktop.org/secret-service/.
const (
	secretsName     = "org.freedesktop.secrets"
	secretsPath     = dbus.ObjectPath("/org/freedesktop/secrets")
	serviceIface    = "org.freedesktop.Secret.Service"
	collectionIface = "org.freedesktop.Secret.Collection"
	promptIface     = "org.freedesktop.Secret.Prompt"
	loginCollection = dbus.ObjectPath("/org/freedesktop/secrets/collection/login")
	propertiesGet   = "org.freedesktop.DBus.Properties.Get"
	nameChanged     = "org.freedesktop.DBus.NameOwnerChanged"
)

// prepare makes sure that the collection go-keyring is going to use exists and is unlocked.
//
// go-keyring would unlock it as well, but it waits for the prompt without end, dereferences nil when
// the bus goes away meanwhile, takes any other signal on the process's shared connection for the
// person's answer, and cannot tell a dismissed prompt from a fault. It would also start a bus of its
// own where there is none (dbus-launch), which nobody would ever find again.
func (k *osKeyring) prepare(ctx context.Context) error {
	conn, stop, err := connect(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	defer stop()

	collection, err := collectionOf(ctx, conn)
	if err != nil {
		return classify(err)
	}
	var locked bool
	if err := property(ctx, conn, collection, collectionIface, "Locked", &locked); err != nil {
		return classify(err)
	}
	if !locked {
		return nil
	}
	// From here on a person is at work, and closing the connection would take the prompt away.
	if !stop() {
		return context.Cause(ctx)
	}
	k.prompting.Store(true)
	defer k.prompting.Store(false)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), promptLimit)
	defer cancel()
	if err := unlock(ctx, conn, collection); err != nil {
		return err
	}
	if err := property(ctx, conn, collection, collectionIface, "Locked", &locked); err != nil {
		return classify(err)
	}
	if locked {
		return &Error{Kind: Locked, Err: errors.New("the collection is locked all the same")}
	}
	return nil
}

// connect returns a private connection to the session bus: the answers to a prompt come as signals.
// It ends with ctx until stop is called, which says whether it has not ended.
func connect(ctx context.Context) (conn *dbus.Conn, stop func() bool, err error) {
	if conn, err = dbus.SessionBusPrivateNoAutoStartup(); err != nil {
		return nil, nil, &Error{Kind: Missing, Err: fmt.Errorf("no session bus: %w", err)}
	}
	// Greeting the bus takes no context.
	stop = context.AfterFunc(ctx, func() { _ = conn.Close() })
	if err = conn.Auth(nil); err == nil {
		err = conn.Hello()
	}
	switch {
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	case err != nil:
		err = &Error{Kind: Missing, Err: fmt.Errorf("no session bus: %w", err)}
	default:
		return conn, stop, nil
	}
	stop()
	_ = conn.Close()
	return nil, nil, err
}

// collectionOf finds the collection in the way go-keyring does: "login", else the default one.
func collectionOf(ctx context.Context, conn *dbus.Conn) (dbus.ObjectPath, error) {
	var all []dbus.ObjectPath
	if err := property(ctx, conn, secretsPath, serviceIface, "Collections", &all); err != nil {
		return "", err
	}
	if slices.Contains(all, loginCollection) {
		return loginCollection, nil
	}
	var found dbus.ObjectPath
	call := conn.Object(secretsName, secretsPath).CallWithContext(ctx, serviceIface+".ReadAlias", 0, "default")
	if err := call.Store(&found); err != nil {
		return "", err
	}
	if found == "/" {
		return "", &Error{Kind: NotSetUp, Err: errors.New("the secret service has no default collection")}
	}
	return found, nil
}

// property reads one property of an object of the secret service into v.
func property(ctx context.Context, conn *dbus.Conn, path dbus.ObjectPath, iface, name string, v any) error {
	var got dbus.Variant
	call := conn.Object(secretsName, path).CallWithContext(ctx, propertiesGet, 0, iface, name)
	if err := call.Store(&got); err != nil {
		return err
	}
	return got.Store(v)
}

// unlock asks the service to unlock a collection and waits for the person, if it wants to ask one.
func unlock(ctx context.Context, conn *dbus.Conn, collection dbus.ObjectPath) error {
	var unlocked []dbus.ObjectPath
	var prompt dbus.ObjectPath
	service := conn.Object(secretsName, secretsPath)
	err := service.CallWithContext(ctx, serviceIface+".Unlock", 0, []dbus.ObjectPath{collection}).Store(&unlocked, &prompt)
	if err != nil {
		return classify(err)
	}
	if prompt == "/" {
		if len(unlocked) == 0 {
			return &Error{Kind: Locked, Err: errors.New("the secret service neither unlocks nor asks")}
		}
		return nil
	}
	return await(ctx, conn, prompt, Locked)
}

// await shows a prompt of the secret service and waits for the person. Where they do not agree, it
// fails with an error of the given kind.
func await(ctx context.Context, conn *dbus.Conn, prompt dbus.ObjectPath, refused Kind) error {
	signals := make(chan *dbus.Signal, 8)
	conn.Signal(signals)
	defer conn.RemoveSignal(signals)
	for _, match := range [][]dbus.MatchOption{
		{dbus.WithMatchObjectPath(prompt), dbus.WithMatchInterface(promptIface)},
		{dbus.WithMatchInterface("org.freedesktop.DBus"), dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, secretsName)},
	} {
		if err := conn.AddMatchSignalContext(ctx, match...); err != nil {
			return classify(err)
		}
	}
	if err := conn.Object(secretsName, prompt).CallWithContext(ctx, promptIface+".Prompt", 0, "").Err; err != nil {
		return classify(err)
	}
	for {
		select {
		case s := <-signals:
			switch {
			case s == nil:
				return &Error{Kind: Missing, Err: errors.New("the session bus went away")}
			case s.Name == nameChanged:
				return &Error{Kind: Missing, Err: errors.New("the secret service went away")}
			case s.Name == promptIface+".Completed" && s.Path == prompt:
				var dismissed bool
				if len(s.Body) == 0 || dbus.Store(s.Body[:1], &dismissed) != nil || dismissed {
					return &Error{Kind: refused, Err: errors.New("the prompt was dismissed")}
				}
				return nil
			}
		case <-ctx.Done():
			conn.Object(secretsName, prompt).Call(promptIface+".Dismiss", dbus.FlagNoReplyExpected)
			return &Error{Kind: refused, Err: errors.New("nobody answered the prompt")}
		}
	}
}

// connectionLost tells that an error comes from a connection that no longer exists. godbus makes a
// new one on the next call.
func connectionLost(err error) bool {
	return errors.Is(err, dbus.ErrClosed) || errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET)
}

// kinds by the names of D-Bus errors.
func kindOfName(name string) Kind {
	switch name {
	case "org.freedesktop.DBus.Error.ServiceUnknown", "org.freedesktop.DBus.Error.NameHasNoOwner",
		"org.freedesktop.DBus.Error.NoServer", "org.freedesktop.DBus.Error.Disconnected",
		"org.freedesktop.DBus.Error.UnknownObject", "org.freedesktop.DBus.Error.UnknownInterface",
		"org.freedesktop.DBus.Error.UnknownMethod", "org.freedesktop.Secret.Error.NoSuchObject":
		return Missing
	case "org.freedesktop.Secret.Error.IsLocked", "org.gnome.keyring.Error.Denied",
		"org.freedesktop.DBus.Error.AccessDenied", "org.freedesktop.DBus.Error.AuthFailed",
		"org.freedesktop.DBus.Error.InteractiveAuthorizationRequired":
		return Locked
	case "org.freedesktop.DBus.Error.LimitsExceeded", "org.freedesktop.DBus.Error.NoMemory":
		return Full
	case "org.freedesktop.DBus.Error.NoReply", "org.freedesktop.DBus.Error.Timeout",
		"org.freedesktop.DBus.Error.TimedOut":
		return Silent
	}
	if strings.HasPrefix(name, "org.freedesktop.DBus.Error.Spawn.") {
		return Missing
	}
	return Failing
}

// classify gives an error of go-keyring or godbus its kind.
func classify(err error) error {
	var known *Error
	var answer dbus.Error
	switch {
	case errors.As(err, &known):
		return err
	case errors.As(err, &answer):
		return &Error{Kind: kindOfName(answer.Name), Err: fmt.Errorf("%s: %w", answer.Name, err)}
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return &Error{Kind: Silent, Err: err}
	case connectionLost(err):
		return &Error{Kind: Missing, Err: fmt.Errorf("the session bus went away: %w", err)}
	case errors.Is(err, syscall.ENOENT), errors.Is(err, syscall.ECONNREFUSED):
		return &Error{Kind: Missing, Err: fmt.Errorf("no session bus: %w", err)}
	case strings.HasPrefix(err.Error(), "failed to unlock"):
		// go-keyring's only error without a D-Bus name or a value to compare with: a person did
		// not let it have a single entry, as KeePassXC asks them to.
		return &Error{Kind: Locked, Err: err}
	default:
		return &Error{Kind: Failing, Err: err}
	}
}
