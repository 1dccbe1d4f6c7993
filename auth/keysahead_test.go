package auth_test

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
)

// keysFirst lets no token request go out before the keys were asked for.
type keysFirst struct {
	http.RoundTripper
	once  sync.Once
	asked chan struct{}
}

func (k *keysFirst) RoundTrip(req *http.Request) (*http.Response, error) {
	switch {
	case strings.HasSuffix(req.URL.Path, "/"+string(authtest.Keys)):
		k.once.Do(func() { close(k.asked) })
	case req.Method == http.MethodPost:
		select {
		case <-k.asked:
		case <-time.After(20 * time.Second):
			return nil, errors.New("nobody asks for the keys")
		}
	}
	return k.RoundTripper.RoundTrip(req)
}

// A first sign-in would wait for the tokens and then for the keys that they are checked
// with.
func TestKeysAreAskedForBesideTheTokens(t *testing.T) {
	d := newDesk(t)
	d.transport = &keysFirst{RoundTripper: d.provider.Client().Transport, asked: make(chan struct{})}
	d.mustSignIn()
	if n := len(d.provider.Requests(authtest.Keys)); n != 1 {
		t.Errorf("the keys were asked for %d times", n)
	}
	d.mustSignIn()
	if n := len(d.provider.Requests(authtest.Keys)); n != 1 {
		t.Errorf("with a copy they were asked for again: %d times", n)
	}
}

// freshKey makes a provider sign with a key that it had not published when it was asked.
type freshKey struct {
	http.RoundTripper
	provider *authtest.Provider
	once     sync.Once
	given    chan struct{}
}

func (k *freshKey) RoundTrip(req *http.Request) (*http.Response, error) {
	switch {
	case strings.HasSuffix(req.URL.Path, "/"+string(authtest.Keys)):
		defer k.once.Do(func() {
			k.provider.Rotate()
			close(k.given)
		})
	case req.Method == http.MethodPost:
		<-k.given
	}
	return k.RoundTripper.RoundTrip(req)
}

// Whoever has asked for the keys too early asks again: the code is spent by then.
func TestAKeyThatIsNewerThanTheKeysAskedForIsFound(t *testing.T) {
	d := newDesk(t)
	d.transport = &freshKey{RoundTripper: d.provider.Client().Transport, provider: d.provider, given: make(chan struct{})}
	d.mustSignIn()
	if n := len(d.provider.Requests(authtest.Keys)); n != 2 {
		t.Errorf("the keys were asked for %d times", n)
	}
}

// Keys that nobody needs in the end change nothing of what is said.
func TestKeysThatWereAskedForInVainSayNothing(t *testing.T) {
	d := newDesk(t)
	defer d.provider.Fault(authtest.TokenError("access_denied", nil))()
	_, _, err := d.signIn(d.client(), auth.BeginOptions{})
	var refused *auth.ProviderError
	if !errors.As(err, &refused) || refused.Code != "access_denied" {
		t.Errorf("err = %v", err)
	}
}
