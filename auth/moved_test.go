package auth_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/fetch"
)

// The copy of the metadata names a token endpoint on another host than the metadata's.
func TestTokenEndpointOnAHostThatIsGone(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		endpoint func(t *testing.T) string
		moves    bool
	}{
		"nobody listens": {func(*testing.T) string { return "https://127.0.0.1:1/token" }, true},
		"it got the question and fell silent": {func(t *testing.T) string {
			other := &desk{t: t, provider: authtest.New(t)}
			other.provider.Fault(authtest.Drop(authtest.Token))
			return other.provider.Endpoint(authtest.Token)
		}, false},
		"it has a fault": {func(t *testing.T) string {
			other := &desk{t: t, provider: authtest.New(t)}
			other.provider.Fault(authtest.TokenStatus(503))
			return other.provider.Endpoint(authtest.Token)
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			account := d.mustSignIn().Account
			endpoint := test.endpoint(t)
			lift := d.provider.Fault(authtest.Metadata(func(m map[string]any) { m["token_endpoint"] = endpoint }))
			if _, err := d.client().RenewMetadata(t.Context()); err != nil {
				t.Fatal(err)
			}
			lift()
			d.provider.Forget()
			c := d.client()
			_, err := c.Refresh(t.Context(), account.ID)
			var passing *auth.UnavailableError
			if test.moves && err != nil || !test.moves && !errors.As(err, &passing) {
				t.Errorf("err = %v", err)
			}
			want := 0
			if test.moves {
				want = 1
			}
			if n := len(d.provider.Requests(authtest.Token)); n != want {
				t.Errorf("the endpoint of the new metadata was asked %d times, want %d", n, want)
			}
			if known := d.remembered(); len(known) != 1 || !known[0].Remembered {
				t.Errorf("remembered: %+v", known)
			}
		})
	}
}

// What refused may be what has changed: metadata past their time are asked for again
// whatever came of the refresh, so that the next one goes by them.
func TestMetadataPastTheirTimeAreConfirmedAfterARefreshThatFailed(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]authtest.Fault{
		"out of order": authtest.TokenStatus(503), "refused": authtest.TokenError("invalid_request", nil), "dead": authtest.TokenError("invalid_grant", nil),
	} {
		for state, fresh := range map[string]bool{"past their time": false, "fresh": true} {
			t.Run(name+", "+state, func(t *testing.T) {
				t.Parallel()
				d := newDesk(t)
				account := d.mustSignIn().Account
				copies := &fetch.Getter{Dir: filepath.Join(d.dir, "provider")}
				copied, ok := copies.Cached(d.provider.Endpoint(authtest.Discovery))
				if !ok {
					t.Fatal("there is no copy")
				}
				if !fresh {
					copied.Expires = time.Now().Add(-time.Minute)
					if err := copies.Keep(copied); err != nil {
						t.Fatal(err)
					}
				}
				d.provider.Fault(fault)
				d.provider.Forget()
				c := d.client()
				if _, err := c.Refresh(t.Context(), account.ID); err == nil {
					t.Error("refreshed; this test shows nothing")
				}
				c.Close() // waits for what is left to do
				want := 1
				if fresh {
					want = 0
				}
				if n := len(d.provider.Requests(authtest.Discovery)); n != want {
					t.Errorf("the metadata were asked for %d times, want %d", n, want)
				}
			})
		}
	}
}
