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
// bounds the one goroutine a vault may leave behind. Someone coming back from the coffee machine
// should still find the prompt.
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

	// nothing is the path for no object.
	nothing = dbus.ObjectPath("/")
)

// A secretService is a connection to the key store with an unlocked collection in it.
type secretService struct {
	conn       *dbus.Conn
	owner      *osKeyring
	session    dbus.ObjectPath // for the transfer of secrets
	collection dbus.ObjectPath
	fresh      bool // the collection was unlocked a moment ago
	// allowed: a person has let this connection have an entry. KeePassXC asks them again for
	// every other one.
	allowed bool
	// items are those found, by their attributes. If one has gone meanwhile, the store says
	// so, and the call is made again on another connection.
	items map[entryKey]dbus.ObjectPath
	// search was sent behind another call, nil for none.
	search *search
}

// entryKey finds an entry.
type entryKey struct{ service, name string }

// search is a call looking for an entry.
type search struct {
	entryKey
	call *dbus.Call
	// last: an entry not found by it is not there. Nothing but a look at the lock came before
	// it.
	last bool
}

// open connects to the store and ensures an existing and unlocked collection. It looks for an
// entry, nil for none, without waiting for the other answers: a store answers one call after the
// other.
func open(ctx context.Context, owner *osKeyring, sought *entryKey) (*secretService, error) {
	conn, err := connect(ctx)
	if err != nil {
		return nil, err
	}
	s := &secretService{conn: conn, owner: owner, items: map[entryKey]dbus.ObjectPath{}}
	if err := s.begin(ctx, sought); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *secretService) begin(ctx context.Context, sought *entryKey) (err error) {
	// Most often there is a login collection. If there is none, asking it costs least.
	s.collection = loginCollection
	locked := s.send(ctx, s.collection, propertiesGet, collectionIface, "Locked")
	session := s.send(ctx, secretsPath, serviceIface+".OpenSession", "plain", dbus.MakeVariant(""))
	if sought != nil {
		s.searchAhead(ctx, *sought)
	}
	if err = s.unlockedBy(ctx, locked); isAbsent(err) {
		s.search = nil
		if s.collection, err = collectionOf(ctx, s.conn); err == nil {
			err = s.unlocked(ctx)
		}
	}
	if err != nil {
		return err
	}
	var output dbus.Variant
	return (<-session.Done).Store(&output, &s.session)
}

func (s *secretService) close() { _ = s.conn.Close() }

func (s *secretService) call(ctx context.Context, path dbus.ObjectPath, method string, args ...any) *dbus.Call {
	return s.conn.Object(secretsName, path).CallWithContext(ctx, method, 0, args...)
}

// send is call without waiting for the answer: it comes by the call's Done.
func (s *secretService) send(ctx context.Context, path dbus.ObjectPath, method string, args ...any) *dbus.Call {
	return s.conn.Object(secretsName, path).GoWithContext(ctx, method, 0, make(chan *dbus.Call, 1), args...)
}

// searchAhead looks for an entry soon to be needed.
func (s *secretService) searchAhead(ctx context.Context, sought entryKey) {
	s.search = &search{entryKey: sought, call: s.send(ctx, s.collection, collectionIface+".SearchItems", attributes(sought.service, sought.name))}
}

// unlocked ensures an unlocked collection. A locked one may say it holds nothing.
func (s *secretService) unlocked(ctx context.Context) error {
	return s.unlockedBy(ctx, s.send(ctx, s.collection, propertiesGet, collectionIface, "Locked"))
}

// unlockedBy is unlocked with the question about the lock sent already.
func (s *secretService) unlockedBy(ctx context.Context, call *dbus.Call) error {
	s.fresh = true
	var locked bool
	if err := storeProperty(<-call.Done, &locked); err != nil || !locked {
		return err
	}
	s.search = nil // it may have found nothing
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

// find finds the item of an entry, and fails with [ErrNotFound] if there is none.
func (s *secretService) find(ctx context.Context, service, name string) (dbus.ObjectPath, error) {
	key := entryKey{service, name}
	if item, ok := s.items[key]; ok {
		return item, nil
	}
	for {
		// The person may have unlocked the collection too late for whoever asked.
		if ctx.Err() != nil {
			return "", context.Cause(ctx)
		}
		found, err := s.sought(ctx, key)
		if err != nil {
			return "", err
		}
		switch {
		case len(found) > 0:
			s.items[key] = found[0]
			return found[0], nil
		case s.fresh:
			return "", ErrNotFound
		}
		locked := s.send(ctx, s.collection, propertiesGet, collectionIface, "Locked")
		s.searchAhead(ctx, key)
		s.search.last = true
		if err := s.unlockedBy(ctx, locked); err != nil {
			return "", err
		}
	}
}

// sought are the items of an entry. Of a search sent ahead only the items found count, but for the
// last search.
func (s *secretService) sought(ctx context.Context, key entryKey) (found []dbus.ObjectPath, err error) {
	ahead := s.search
	s.search = nil
	if ahead != nil && ahead.entryKey == key {
		select {
		case answer := <-ahead.call.Done:
			if err := answer.Store(&found); err != nil || len(found) > 0 || ahead.last {
				return found, err
			}
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	return found, s.call(ctx, s.collection, collectionIface+".SearchItems", attributes(key.service, key.name)).Store(&found)
}

// read returns the secret of an item.
func (s *secretService) read(ctx context.Context, item dbus.ObjectPath) ([]byte, error) {
	var got secret
	err := s.unlocking(ctx, item, func() error {
		return s.call(ctx, item, itemIface+".GetSecret", s.session).Store(&got)
	})
	return got.Value, err
}

// file stores an entry, in the place of an existing one. It is searched for anew afterwards: if
// somebody has made two of it, the store may have replaced another one than it finds.
func (s *secretService) file(ctx context.Context, service, name, value string) error {
	key := entryKey{service, name}
	delete(s.items, key)
	properties := map[string]dbus.Variant{
		itemIface + ".Label":      dbus.MakeVariant(fmt.Sprintf("Password for '%s' on '%s'", name, service)),
		itemIface + ".Attributes": dbus.MakeVariant(attributes(service, name)),
	}
	of := secret{Session: s.session, Parameters: []byte{}, Value: []byte(value), ContentType: "text/plain; charset=utf8"}
	return s.change(ctx, s.collection, func(ctx context.Context) (prompt dbus.ObjectPath, err error) {
		var item dbus.ObjectPath
		call := s.send(ctx, s.collection, collectionIface+".CreateItem", properties, of, true)
		s.searchAhead(ctx, key) // whoever files an entry reads it back
		if err = (<-call.Done).Store(&item, &prompt); err != nil || prompt != nothing {
			s.search = nil // it came too early
		}
		return prompt, err
	})
}

// remove deletes an item.
func (s *secretService) remove(ctx context.Context, item dbus.ObjectPath) error {
	clear(s.items)
	s.search = nil
	return s.change(ctx, item, func(ctx context.Context) (prompt dbus.ObjectPath, err error) {
		return prompt, s.call(ctx, item, itemIface+".Delete").Store(&prompt)
	})
}

// change makes a change to an object. The change returns the prompt for a person's consent, if the
// service wants it. A change must not begin once the caller has given up. One that has begun is
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

// unlocking does something with an object. If the service wants it unlocked first, as KeePassXC
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
// signals, and the process's shared one would start a bus if there is none.
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
	return storeProperty(conn.Object(secretsName, path).CallWithContext(ctx, propertiesGet, 0, iface, name), v)
}

// storeProperty stores the answer of a call for a property.
func storeProperty(call *dbus.Call, v any) error {
	var got dbus.Variant
	if err := call.Store(&got); err != nil {
		return err
	}
	return got.Store(v)
}
