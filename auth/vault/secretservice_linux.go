package vault

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/godbus/dbus/v5"
)

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
	itemIface       = "org.freedesktop.Secret.Item"
	promptIface     = "org.freedesktop.Secret.Prompt"
	loginCollection = dbus.ObjectPath("/org/freedesktop/secrets/collection/login")
	propertiesGet   = "org.freedesktop.DBus.Properties.Get"
	nameChanged     = "org.freedesktop.DBus.NameOwnerChanged"

	// nothing stands for no object where a path is called for.
	nothing = dbus.ObjectPath("/")
)

// A secretService is a connection to the key store with a collection in it that is unlocked.
type secretService struct {
	conn       *dbus.Conn
	owner      *osKeyring
	session    dbus.ObjectPath // for the transfer of secrets
	collection dbus.ObjectPath
	fresh      bool // the collection was unlocked a moment ago
	// allowed: a person has let this connection have an entry. KeePassXC asks them again for
	// every other one.
	allowed bool
	// items are those that were found, by their attributes. Where one has gone meanwhile, the
	// store says so, and the call is made again on another connection.
	items map[[2]string]dbus.ObjectPath
	// absent are those that were looked for last and not there.
	absent map[[2]string]bool
}

// open connects to the store and makes sure that the collection exists and is unlocked.
func open(ctx context.Context, owner *osKeyring) (*secretService, error) {
	conn, err := connect(ctx)
	if err != nil {
		return nil, err
	}
	s := &secretService{conn: conn, owner: owner, items: map[[2]string]dbus.ObjectPath{}, absent: map[[2]string]bool{}}
	if err := s.begin(ctx); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *secretService) begin(ctx context.Context) (err error) {
	// Most often there is a login collection. Where there is none, asking it costs least.
	s.collection = loginCollection
	if err = s.unlocked(ctx); isAbsent(err) {
		if s.collection, err = collectionOf(ctx, s.conn); err == nil {
			err = s.unlocked(ctx)
		}
	}
	if err != nil {
		return err
	}
	var output dbus.Variant
	return s.call(ctx, secretsPath, serviceIface+".OpenSession", "plain", dbus.MakeVariant("")).Store(&output, &s.session)
}

func (s *secretService) close() { _ = s.conn.Close() }

func (s *secretService) call(ctx context.Context, path dbus.ObjectPath, method string, args ...any) *dbus.Call {
	return s.conn.Object(secretsName, path).CallWithContext(ctx, method, 0, args...)
}

// unlocked makes sure that the collection is unlocked. A locked one may say that it holds nothing.
func (s *secretService) unlocked(ctx context.Context) error {
	s.fresh = true
	var locked bool
	if err := property(ctx, s.conn, s.collection, collectionIface, "Locked", &locked); err != nil || !locked {
		return err
	}
	return s.owner.ask(ctx, func(ctx context.Context) error {
		if err := s.unlock(ctx, s.collection); err != nil {
			return err
		}
		if err := property(ctx, s.conn, s.collection, collectionIface, "Locked", &locked); err != nil {
			return err
		}
		if locked {
			return &Error{Kind: Locked, Err: errors.New("the collection is locked all the same")}
		}
		return nil
	})
}

// find finds the item of an entry, and fails with [ErrNotFound] where there is none.
func (s *secretService) find(ctx context.Context, service, name string) (dbus.ObjectPath, error) {
	key := [2]string{service, name}
	if item, ok := s.items[key]; ok {
		return item, nil
	}
	for {
		// The person may have unlocked the collection too late for whoever asked.
		if ctx.Err() != nil {
			return "", context.Cause(ctx)
		}
		var found []dbus.ObjectPath
		call := s.call(ctx, s.collection, collectionIface+".SearchItems", attributes(service, name))
		if err := call.Store(&found); err != nil {
			return "", err
		}
		switch {
		case len(found) > 0:
			s.items[key] = found[0]
			delete(s.absent, key)
			return found[0], nil
		case s.fresh:
			s.absent[key] = true
			return "", ErrNotFound
		}
		if err := s.unlocked(ctx); err != nil {
			return "", err
		}
	}
}

// read returns the secret of an item.
func (s *secretService) read(ctx context.Context, item dbus.ObjectPath) ([]byte, error) {
	var got secret
	err := s.unlocking(ctx, item, func() error {
		return s.call(ctx, item, itemIface+".GetSecret", s.session).Store(&got)
	})
	return got.Value, err
}

// file stores an entry, in the place of one that is there. That one only gets the new secret:
// gnome-keyring writes all its entries to a file for it, and twice where an item is made in the place
// of another. It is searched for anew, because a store may use a path again.
func (s *secretService) file(ctx context.Context, service, name, value string) error {
	key := [2]string{service, name}
	delete(s.items, key)
	of := secret{Session: s.session, Parameters: []byte{}, Value: []byte(value), ContentType: "text/plain; charset=utf8"}
	if s.absent[key] {
		return s.create(ctx, service, name, of)
	}
	item, err := s.find(ctx, service, name)
	if err == nil {
		err = s.change(ctx, item, func(ctx context.Context) (dbus.ObjectPath, error) {
			return nothing, s.call(ctx, item, itemIface+".SetSecret", of).Err
		})
		if !isAbsent(err) {
			return err
		}
		// It has gone meanwhile, or the store changes no item.
	} else if !errors.Is(err, ErrNotFound) {
		return err
	}
	return s.create(ctx, service, name, of)
}

// create makes the item of an entry, in the place of one that is there. It is searched for anew
// afterwards: where somebody has made two of it, the store may have replaced another one than it
// finds.
func (s *secretService) create(ctx context.Context, service, name string, of secret) error {
	key := [2]string{service, name}
	delete(s.items, key)
	delete(s.absent, key)
	properties := map[string]dbus.Variant{
		itemIface + ".Label":      dbus.MakeVariant(fmt.Sprintf("Password for '%s' on '%s'", name, service)),
		itemIface + ".Attributes": dbus.MakeVariant(attributes(service, name)),
	}
	return s.change(ctx, s.collection, func(ctx context.Context) (prompt dbus.ObjectPath, err error) {
		var item dbus.ObjectPath
		err = s.call(ctx, s.collection, collectionIface+".CreateItem", properties, of, true).Store(&item, &prompt)
		return prompt, err
	})
}

// remove deletes an item.
func (s *secretService) remove(ctx context.Context, item dbus.ObjectPath) error {
	clear(s.items)
	return s.change(ctx, item, func(ctx context.Context) (prompt dbus.ObjectPath, err error) {
		return prompt, s.call(ctx, item, itemIface+".Delete").Store(&prompt)
	})
}

// change makes a change to an object, which returns the prompt that asks for a person's consent, if
// the service wants it. A change must not begin once the caller has given up. One that has begun is
// waited for: the next call must not come before it is done.
func (s *secretService) change(ctx context.Context, object dbus.ObjectPath, f func(context.Context) (dbus.ObjectPath, error)) error {
	return s.unlocking(ctx, object, func() error {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		prompt, err := f(context.WithoutCancel(ctx))
		if err != nil || prompt == nothing {
			return err
		}
		return s.owner.ask(context.WithoutCancel(ctx), func(ctx context.Context) error { return await(ctx, s.conn, prompt, Locked) })
	})
}

// unlocking does something with an object. Where the service wants it unlocked first, as KeePassXC
// does with a single entry, the person is asked, and f called again unless they agreed too late.
func (s *secretService) unlocking(ctx context.Context, object dbus.ObjectPath, f func() error) error {
	err := f()
	if !isLocked(err) {
		return err
	}
	if err = s.owner.ask(ctx, func(ctx context.Context) error { return s.unlock(ctx, object) }); err != nil {
		return err
	}
	s.allowed = true
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return f()
}

// unlock asks the service to unlock an object and waits for the person, if it wants to ask one.
func (s *secretService) unlock(ctx context.Context, object dbus.ObjectPath) error {
	var unlocked []dbus.ObjectPath
	var prompt dbus.ObjectPath
	if err := s.call(ctx, secretsPath, serviceIface+".Unlock", []dbus.ObjectPath{object}).Store(&unlocked, &prompt); err != nil {
		return err
	}
	if prompt == nothing {
		if len(unlocked) == 0 {
			return &Error{Kind: Locked, Err: errors.New("the secret service neither unlocks nor asks")}
		}
		return nil
	}
	return await(ctx, s.conn, prompt, Locked)
}

// connect returns a connection to the session bus of our own: the answers to a prompt come as
// signals, and the process's shared one would start a bus where there is none.
func connect(ctx context.Context) (*dbus.Conn, error) {
	conn, err := dbus.SessionBusPrivateNoAutoStartup()
	if err != nil {
		return nil, &Error{Kind: Missing, Err: fmt.Errorf("no session bus: %w", err)}
	}
	// Greeting the bus takes no context.
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	if err = conn.Auth(nil); err == nil {
		err = conn.Hello()
	}
	switch {
	case !stop() || ctx.Err() != nil:
		err = context.Cause(ctx)
	case err != nil:
		err = &Error{Kind: Missing, Err: fmt.Errorf("no session bus: %w", err)}
	default:
		return conn, nil
	}
	_ = conn.Close()
	return nil, err
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
	if found == nothing {
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
