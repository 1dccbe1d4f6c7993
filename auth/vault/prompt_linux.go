package vault

import (
	"context"
	"errors"

	"github.com/godbus/dbus/v5"
)

// await shows a prompt of the secret service and waits for the person. If they do not agree, it
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
