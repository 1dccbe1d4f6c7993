package vault

import (
	"context"

	"github.com/godbus/dbus/v5"
)

// collectionLabel is libsecret's name for a default collection made by it. People see it.
const collectionLabel = "Default keyring"

// setUp has the secret service make a default collection, if there is none.
func (k *osKeyring) setUp(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, promptLimit)
	defer cancel()
	conn, err := connect(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := hasCollection(ctx, conn); KindOf(err) != NotSetUp {
		return err
	}
	var made, prompt dbus.ObjectPath
	properties := map[string]dbus.Variant{collectionIface + ".Label": dbus.MakeVariant(collectionLabel)}
	call := conn.Object(secretsName, secretsPath).CallWithContext(ctx, serviceIface+".CreateCollection", 0, properties, "default")
	if err := call.Store(&made, &prompt); err != nil {
		return classify(err)
	}
	if prompt != nothing {
		if err := await(ctx, conn, prompt, NotSetUp); err != nil {
			return err
		}
	}
	return hasCollection(context.WithoutCancel(ctx), conn)
}

func hasCollection(ctx context.Context, conn *dbus.Conn) error {
	if _, err := collectionOf(ctx, conn); err != nil {
		return classify(err)
	}
	return nil
}
