package auth_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/vault"
)

func claimsOf(t testing.TB, jwt string) map[string]any {
	t.Helper()
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 {
		t.Errorf("not a JWT: %q", jwt)
		return nil
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	var claims map[string]any
	if err != nil || json.Unmarshal(payload, &claims) != nil {
		t.Errorf("not a JWT: %q", jwt)
	}
	return claims
}

// pace notes when the token endpoint is asked, by the clock of the test's bubble.
type pace struct {
	base  http.RoundTripper
	mu    sync.Mutex
	start time.Time
	at    []time.Duration
}

func (p *pace) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/token") {
		p.mu.Lock()
		p.at = append(p.at, time.Since(p.start).Round(time.Second))
		p.mu.Unlock()
	}
	return p.base.RoundTrip(r)
}

// inFakeTime signs in with a device in a bubble where time passes at once when
// everybody waits. The provider stays outside, on the real clock: so does what
// the engine checks times of tokens with.
func inFakeTime(t *testing.T, d *desk, check func(*auth.Tokens, error, []time.Duration)) {
	t.Helper()
	inFakeTimeWith(t, d, func(*auth.DeviceSignIn) {}, check)
}

// inFakeTimeWith is inFakeTime with something to do when there is another code.
func inFakeTimeWith(t *testing.T, d *desk, renewed func(*auth.DeviceSignIn), check func(*auth.Tokens, error, []time.Duration)) {
	t.Helper()
	now := time.Now()
	real := d.provider.Client().Transport.(*http.Transport).Clone()
	real.DisableKeepAlives = true // an open connection would hold the clock
	synctest.Test(t, func(t *testing.T) {
		p := &pace{base: real}
		c, err := auth.New(auth.Params{
			Provider: auth.Provider{ID: "work", Authority: d.provider.URL, ClientID: authtest.ClientID},
			Accounts: auth.NewAccounts(nothing{}, d.dir), HTTP: &http.Client{Transport: p}, Now: func() time.Time { return now },
		})
		if err != nil {
			t.Fatal(err)
		}
		var in *auth.DeviceSignIn
		in, err = c.BeginDevice(t.Context(), auth.BeginOptions{Timeout: 20 * time.Minute, MemoryOnly: true, OnNewCode: func() { renewed(in) }})
		if err != nil {
			t.Fatal(err)
		}
		p.start = time.Now()
		tokens, err := in.Wait()
		check(tokens, err, p.at)
	})
}

// nothing is a key store that is never asked.
type nothing struct{}

func (nothing) Get(context.Context, string) ([]byte, error) { return nil, vault.ErrNotFound }
func (nothing) Put(context.Context, string, []byte) error   { return errors.New("written") }
func (nothing) Delete(context.Context, string) error        { return errors.New("deleted") }

func TestDeviceIsPolledAtThePaceThatTheProviderWants(t *testing.T) {
	t.Parallel()
	const s = time.Second
	for name, test := range map[string]struct {
		options []authtest.Option
		faults  []authtest.Fault
		want    []time.Duration
	}{
		"its interval":      {options: []authtest.Option{authtest.WithDevice(7*s, 2)}, want: []time.Duration{7 * s, 14 * s, 21 * s}},
		"none named":        {options: []authtest.Option{authtest.WithDevice(0, 1)}, want: []time.Duration{5 * s, 10 * s}},
		"slow down adds up": {options: []authtest.Option{authtest.WithDevice(5*s, 0), authtest.WithPolls("slow_down", "authorization_pending", "slow_down")}, want: []time.Duration{5 * s, 15 * s, 25 * s, 40 * s}},
		"and outlasts faults": {options: []authtest.Option{authtest.WithDevice(5*s, 0), authtest.WithPolls("slow_down")},
			faults: []authtest.Fault{authtest.TokenStatus(503).Times(1)}, want: []time.Duration{5 * s, 15 * s, 30 * s}},
		"faults make it rarer": {options: []authtest.Option{authtest.WithDevice(5*s, 0)},
			faults: []authtest.Fault{authtest.TokenStatus(500).Times(1), authtest.Drop(authtest.Token).Times(3)}, want: []time.Duration{5 * s, 15 * s, 35 * s, 75 * s}},
		"Retry-After": {options: []authtest.Option{authtest.WithDevice(5*s, 1)},
			faults: []authtest.Fault{authtest.RetryAfter(authtest.Token, 429, time.Minute).Times(1)}, want: []time.Duration{5 * s, 65 * s, 75 * s}},
		"with proofs": {options: []authtest.Option{authtest.WithDevice(5*s, 1), authtest.WithDPoP(true)}, want: []time.Duration{5 * s, 5 * s, 10 * s}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, test.options...)
			d.provider.Fault(test.faults...)
			inFakeTime(t, d, func(tokens *auth.Tokens, err error, at []time.Duration) {
				if err != nil || tokens.Account.Subject != authtest.Ada().Subject {
					t.Fatalf("%v, %v", tokens, err)
				}
				if diff := cmp.Diff(test.want, at); diff != "" {
					t.Errorf("polls (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestDeviceSignInEndsAsTheProviderSays(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		polls []string
		fault []authtest.Fault
		is    error
		code  string
	}{
		"expired":             {polls: []string{"authorization_pending", "expired_token"}, is: auth.ErrTimedOut},
		"nobody comes":        {fault: []authtest.Fault{authtest.Refusal(authtest.Token, "authorization_pending")}, is: auth.ErrTimedOut},
		"no network for long": {fault: []authtest.Fault{authtest.Drop(authtest.Token)}, is: auth.ErrTimedOut},
		"declined":            {polls: []string{"access_denied"}, code: "access_denied"},
		"unknown client":      {polls: []string{"invalid_client"}, code: "invalid_client"},
		"not allowed":         {polls: []string{"unauthorized_client"}, code: "unauthorized_client"},
		"code used elsewhere": {polls: []string{"invalid_grant"}, code: "invalid_grant"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, authtest.WithPolls(test.polls...))
			d.provider.Fault(test.fault...)
			inFakeTime(t, d, func(_ *auth.Tokens, err error, at []time.Duration) {
				var refused *auth.ProviderError
				if test.is != nil && !errors.Is(err, test.is) || test.code != "" && (!errors.As(err, &refused) || refused.Code != test.code || refused.Step != "device") {
					t.Errorf("err = %v, want %v%s", err, test.is, test.code)
				}
				if len(at) > 150 {
					t.Errorf("asked %d times", len(at))
				}
			})
		})
	}
}

func TestDeviceRequestThatIsRefused(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"invalid_client", "unauthorized_client", "invalid_scope"} {
		d := newDesk(t)
		d.provider.Fault(authtest.Refusal(authtest.DeviceAuthorization, code))
		_, err := d.client().BeginDevice(t.Context(), auth.BeginOptions{})
		var refused *auth.ProviderError
		if !errors.As(err, &refused) || refused.Code != code || !refused.ClientRefused() {
			t.Errorf("%s: %v", code, err)
		}
	}
}

func TestDeviceAnswersThatNobodyCanUseAreRefused(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(map[string]any){
		"no user code":         func(f map[string]any) { delete(f, "user_code") },
		"no device code":       func(f map[string]any) { delete(f, "device_code") },
		"an endless user code": func(f map[string]any) { f["user_code"] = strings.Repeat("A", 65) },
		"an escape sequence":   func(f map[string]any) { f["user_code"] = "\x1b[2JAB" },
		"a page over http":     func(f map[string]any) { f["verification_uri"] = "http://login.example/device" },
		"no page":              func(f map[string]any) { delete(f, "verification_uri") },
		"expired already":      func(f map[string]any) { f["expires_in"] = -5 },
	} {
		d := newDesk(t)
		d.provider.Fault(authtest.DeviceAnswer(change))
		_, err := d.client().BeginDevice(t.Context(), auth.BeginOptions{})
		var passing *auth.UnavailableError
		if !errors.As(err, &passing) || passing.Step != "device" || passing.Status != http.StatusOK {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDeviceIntervalIsKeptWithinBounds(t *testing.T) {
	t.Parallel()
	for asked, want := range map[int64]time.Duration{-7: time.Second, 1 << 40: 5 * time.Minute} {
		d := newDesk(t)
		d.provider.Fault(authtest.DeviceAnswer(func(f map[string]any) { f["interval"] = asked }))
		inFakeTime(t, d, func(_ *auth.Tokens, err error, at []time.Duration) {
			if err != nil || len(at) != 1 || at[0] != want {
				t.Errorf("%d: polled at %v, %v", asked, at, err)
			}
		})
	}
}

// The oauth2 package makes this request without a context.
func TestDeviceRequestThatHangsCanBeGivenUp(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.client()
	if _, err := c.Metadata(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.provider.Fault(authtest.Hang(authtest.DeviceAuthorization))
	ctx, leave := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { _, err := c.BeginDevice(ctx, auth.BeginOptions{}); ended <- err }()
	if err := d.provider.Await(t.Context(), 1, authtest.DeviceAuthorization); err != nil {
		t.Fatal(err)
	}
	leave()
	select {
	case err := <-ended:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("err = %v", err)
		}
	case <-time.After(5 * time.Second): // the client's own limit is 10
		t.Error("it still waits")
	}
}

func TestDeviceSignInCanBeCancelledBetweenPolls(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	in, err := d.client().BeginDevice(t.Context(), auth.BeginOptions{})
	if err != nil {
		t.Fatal(err)
	}
	in.Cancel()
	if _, err := in.Wait(); !errors.Is(err, auth.ErrCancelled) {
		t.Errorf("err = %v, want ErrCancelled", err)
	}
}
