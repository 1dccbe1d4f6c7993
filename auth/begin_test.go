package auth_test

import (
	"context"
	"errors"
	"net"
	"net/url"
	"testing"
	"time"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
)

// Whoever does not want to wait for a provider that does not answer need not, and the
// redirect port is free for the next sign-in.
func TestBeginEndsWithItsContext(t *testing.T) {
	left := errors.New("the person has left")
	for _, at := range []authtest.Endpoint{authtest.Discovery, authtest.PushedAuthorization, authtest.DeviceAuthorization} {
		t.Run(string(at), func(t *testing.T) {
			d := newDesk(t, authtest.WithPAR(true))
			defer d.provider.Fault(authtest.Hang(at))()
			begin := func(ctx context.Context, c *auth.Client) error {
				_, err := c.Begin(ctx, auth.BeginOptions{})
				return err
			}
			if at == authtest.DeviceAuthorization {
				begin = func(ctx context.Context, c *auth.Client) error {
					_, err := c.BeginDevice(ctx, auth.BeginOptions{})
					return err
				}
			}
			ctx, leave := context.WithCancelCause(t.Context())
			ended := make(chan error, 1)
			c := d.client()
			go func() { ended <- begin(ctx, c) }()
			if err := d.provider.Await(t.Context(), 1, at); err != nil {
				t.Fatal(err)
			}
			leave(left)
			limit := time.NewTimer(5 * time.Second) // half of what the client's own limit is
			defer limit.Stop()
			select {
			case err := <-ended:
				if !errors.Is(err, left) {
					t.Errorf("err = %v, want why the context ended", err)
				}
			case <-limit.C:
				t.Fatal("it waits for the provider")
			}
			if at == authtest.PushedAuthorization {
				portIsFree(t, d.provider.Requests(at)[0].Get("redirect_uri"))
			}
		})
	}
}

// What is known needs no request, and no provider to end it.
func TestBeginWithAContextThatHasEnded(t *testing.T) {
	d := newDesk(t)
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d.redirect = auth.Redirect{Port: free.Addr().(*net.TCPAddr).Port}
	free.Close()
	c := d.client()
	if _, err := c.Metadata(t.Context()); err != nil {
		t.Fatal(err)
	}
	left := errors.New("the person has left")
	ctx, leave := context.WithCancelCause(t.Context())
	leave(left)
	if in, err := c.Begin(ctx, auth.BeginOptions{}); in != nil || !errors.Is(err, left) {
		t.Errorf("%v, %v: want why the context ended", in, err)
	}
	portIsFree(t, c.RedirectURI())
}

func portIsFree(t *testing.T, redirect string) {
	t.Helper()
	u, err := url.Parse(redirect)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", u.Host)
	if err != nil {
		t.Fatalf("the redirect port: %v", err)
	}
	l.Close()
}
