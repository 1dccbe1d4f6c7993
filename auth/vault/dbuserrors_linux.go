package vault

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/godbus/dbus/v5"
)

// connectionLost reports if an error comes from a lost connection.
func connectionLost(err error) bool {
	return errors.Is(err, dbus.ErrClosed) || errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET)
}

// isLocked reports if the store wants something unlocked first.
func isLocked(err error) bool {
	var answer dbus.Error
	return errors.As(err, &answer) && kindOfName(answer.Name) == Locked
}

// isAbsent reports if there is no such object, or its service cannot say so in those words.
func isAbsent(err error) bool {
	var answer dbus.Error
	return errors.As(err, &answer) && !isLocked(err) && !strings.HasPrefix(answer.Name, "org.freedesktop.DBus.Error.Spawn.") &&
		answer.Name != "org.freedesktop.DBus.Error.ServiceUnknown"
}

// isAnswer reports if an error is an answer: the connection goes on as before.
func isAnswer(err error) bool {
	return errors.Is(err, ErrNotFound) || KindOf(err) == Locked
}

// worn reports if another connection may do better than one held from before: its bus, or the
// store behind it, may have come anew.
func worn(err error) bool {
	var answer dbus.Error
	if !errors.As(err, &answer) {
		return connectionLost(err)
	}
	kind := kindOfName(answer.Name)
	return kind == Missing || kind == Failing
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

// classify gives an error of godbus its kind.
func classify(err error) error {
	var known *Error
	var answer dbus.Error
	switch {
	case err == nil, errors.Is(err, ErrNotFound), errors.As(err, &known):
		return err
	case errors.As(err, &answer):
		return &Error{Kind: kindOfName(answer.Name), Err: fmt.Errorf("%s: %w", answer.Name, err)}
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return &Error{Kind: Silent, Err: err}
	case connectionLost(err):
		return &Error{Kind: Missing, Err: fmt.Errorf("the session bus went away: %w", err)}
	case errors.Is(err, syscall.ENOENT), errors.Is(err, syscall.ECONNREFUSED):
		return &Error{Kind: Missing, Err: fmt.Errorf("no session bus: %w", err)}
	default:
		return &Error{Kind: Failing, Err: err}
	}
}
