package vault

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/godbus/dbus/v5"
)

// osPartSize: a Secret Service has no limit of its own, but becomes slow with large values.
const osPartSize = 64 << 10

// burst is how long a connection is kept for the next call. A sign-in makes several at once, each of
// which would otherwise greet the bus and look for the collection anew. An agent at rest has none,
// unless a person was asked to allow it.
const burst = 2 * time.Second

// osKeyring is the Secret Service of the session bus. It files entries as go-keyring does, so that
// either finds what the other has stored. go-keyring itself needs a connection and 13 messages for one
// value. It also waits for a prompt without end, takes any signal for the person's answer, and starts
// a bus of its own where there is none.
type osKeyring struct {
	prompting atomic.Bool // the store has been asked to let a person unlock it

	mu   sync.Mutex
	kept *secretService // for the next call, nil while there is none
	rest *time.Timer    // ends it; nil before the first
}

func newKeyring() *osKeyring { return &osKeyring{} }

// waiting tells the vault that the store is not silent but waits for a person.
func (k *osKeyring) waiting() bool { return k.prompting.Load() }

func (k *osKeyring) Get(ctx context.Context, service, name string) (string, error) {
	var value []byte
	err := k.do(ctx, func(s *secretService) error {
		item, err := s.find(ctx, service, name)
		if err == nil {
			value, err = s.read(ctx, item)
		}
		return err
	})
	return string(value), err
}

func (k *osKeyring) Set(ctx context.Context, service, name, value string) error {
	return k.do(ctx, func(s *secretService) error { return s.file(ctx, service, name, value) })
}

func (k *osKeyring) Delete(ctx context.Context, service, name string) error {
	return k.do(ctx, func(s *secretService) error {
		item, err := s.find(ctx, service, name)
		if err == nil {
			err = s.remove(ctx, item)
		}
		return err
	})
}

// do calls f, which can be repeated without harm, with a connection to the store.
func (k *osKeyring) do(ctx context.Context, f func(*secretService) error) error {
	s := k.take()
	if s != nil {
		err := f(s)
		if !worn(err) {
			k.keep(ctx, s, err)
			return classify(err)
		}
		s.close() // the bus or the store has gone, or is another one
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	s, err := open(ctx, k)
	if err == nil {
		err = f(s)
		k.keep(ctx, s, err)
	}
	return classify(err)
}

// take returns the connection that was kept, if there is one.
func (k *osKeyring) take() *secretService {
	k.mu.Lock()
	defer k.mu.Unlock()
	s := k.kept
	k.kept = nil
	if s != nil {
		s.fresh = false
		if k.rest != nil {
			k.rest.Stop()
		}
	}
	return s
}

// keep keeps a connection for the next call, unless the call before has failed on it.
func (k *osKeyring) keep(ctx context.Context, s *secretService, err error) {
	if err != nil && !isAnswer(err) || ctx.Err() != nil {
		s.close()
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.kept = s
	if s.allowed {
		return
	}
	k.rest = time.AfterFunc(burst, func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		// It may be in use again, or another one be kept by now.
		if k.kept == s {
			k.kept = nil
			s.close()
		}
	})
}

// ask runs f, in which a person is at work: the caller may give up waiting, and they go on. It ends
// with promptLimit.
func (k *osKeyring) ask(ctx context.Context, f func(context.Context) error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), promptLimit)
	defer cancel()
	k.prompting.Store(true)
	defer k.prompting.Store(false)
	return f(ctx)
}

// attributes are how an entry is found again.
func attributes(service, name string) map[string]string {
	return map[string]string{"service": service, "username": name}
}

// secret is a secret as the Secret Service API passes it, here without encryption: whoever can listen
// on a session bus can ask the store as well.
type secret struct {
	Session     dbus.ObjectPath
	Parameters  []byte
	Value       []byte
	ContentType string
}
