package auth_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
)

// polls are the device codes that the provider was asked about, in order.
func (d *desk) polls() (codes []string) {
	for _, r := range d.provider.Requests(authtest.Token) {
		codes = append(codes, r.Get("device_code"))
	}
	return codes
}

// The provider has said yes, and what it said was lost: whoever asks again with the
// same code gets nothing, and may end what was granted.
func TestDeviceSignInGoesOnWithANewCodeOnceAnAnswerWasLost(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault authtest.Fault
		polls int // of each code
	}{
		"an answer cut off":               {authtest.Truncated(authtest.Token), 1},
		"an empty answer":                 {authtest.Body(authtest.Token, "application/json", ""), 1},
		"a web page":                      {authtest.HTML(authtest.Token), 1},
		"no answer, and then it is spent": {authtest.LoseAnswer(authtest.Token), 2},
	} {
		for often, once := range map[string]bool{"once": true, "twice": false} {
			t.Run(name+", "+often, func(t *testing.T) {
				t.Parallel()
				d := newDesk(t, authtest.WithDevice(time.Second, 0))
				d.provider.Fault(test.fault.Times(1))
				if !once {
					d.provider.Fault(test.fault.After(test.polls).Times(1))
				}
				shown := []string{}
				renewed := func(in *auth.DeviceSignIn) {
					shown = append(shown, in.UserCode())
					if !strings.HasSuffix(in.URL(), "?user_code="+in.UserCode()) {
						t.Errorf("the code %s at %s", in.UserCode(), in.URL())
					}
				}
				inFakeTimeWith(t, d, renewed, func(tokens *auth.Tokens, err error, _ []time.Duration) {
					switch {
					case once && (err != nil || tokens.Account.Subject != authtest.Ada().Subject):
						t.Errorf("%v, %v", tokens, err)
					case !once && auth.ReasonOf(err) != auth.ReasonInterrupted:
						t.Errorf("err = %v, want that a new one has to begin", err)
					}
				})
				if diff := cmp.Diff([]string{"WDJB-0002"}, shown); diff != "" {
					t.Errorf("further codes that were shown (-want +got):\n%s", diff)
				}
				spent, other := 0, 0
				polls := d.polls()
				for i, code := range polls {
					switch {
					case code != polls[0]:
						other++
					case other > 0:
						t.Errorf("poll %d is of the first code again", i+1)
					default:
						spent++
					}
				}
				want := test.polls
				if once {
					want = 1
				}
				if spent != test.polls || other != want {
					t.Errorf("%d polls of the first code and %d of another, want %d and %d", spent, other, test.polls, want)
				}
			})
		}
	}
}

// What has lost an answer may let nothing else through for a while.
func TestNewDeviceCodeIsAskedForUntilTheNetworkIsBack(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault authtest.Fault
		is    error
		code  string
		asked int // for codes, the first one counted
	}{
		"back":            {fault: authtest.Drop(authtest.DeviceAuthorization).Times(2), asked: 4},
		"busy":            {fault: authtest.RetryAfter(authtest.DeviceAuthorization, 503, time.Minute).Times(1), asked: 3},
		"never back":      {fault: authtest.Status(authtest.DeviceAuthorization, 503), is: auth.ErrTimedOut, asked: 10},
		"refused by then": {fault: authtest.Refusal(authtest.DeviceAuthorization, "unauthorized_client"), code: "unauthorized_client", asked: 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, authtest.WithDevice(5*time.Second, 0))
			d.provider.Fault(test.fault.After(1), authtest.Truncated(authtest.Token).Times(1))
			inFakeTime(t, d, func(tokens *auth.Tokens, err error, _ []time.Duration) {
				var refused *auth.ProviderError
				switch {
				case test.is != nil && !errors.Is(err, test.is),
					test.code != "" && (!errors.As(err, &refused) || refused.Code != test.code),
					test.is == nil && test.code == "" && err != nil:
					t.Errorf("%v, %v", tokens, err)
				}
			})
			if n := len(d.provider.Requests(authtest.DeviceAuthorization)); n != test.asked {
				t.Errorf("asked for a code %d times, want %d", n, test.asked)
			}
		})
	}
}

// Nothing was granted where nobody has said yes: what the network does to a poll
// makes no new code, and neither does a code that is refused for itself.
func TestDeviceCodeStaysTheSameWhileNothingWasGranted(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		polls []string
		fault authtest.Fault
		code  string // "" for a sign-in
	}{
		"no answer to a poll":                {[]string{"authorization_pending"}, authtest.Drop(authtest.Token).Times(2), ""},
		"a fault":                            {[]string{"authorization_pending"}, authtest.TokenStatus(502).Times(2), ""},
		"lost, pending, and then refused":    {[]string{"authorization_pending", "authorization_pending", "invalid_grant"}, authtest.LoseAnswer(authtest.Token).Times(1), "invalid_grant"},
		"a fault, and then refused":          {[]string{"invalid_grant"}, authtest.TokenStatus(503).Times(1), "invalid_grant"},
		"lost, and then declined":            {[]string{"authorization_pending", "access_denied"}, authtest.LoseAnswer(authtest.Token).Times(1), "access_denied"},
		"lost, and then not for this client": {[]string{"authorization_pending", "unauthorized_client"}, authtest.LoseAnswer(authtest.Token).Times(1), "unauthorized_client"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, authtest.WithPolls(test.polls...))
			d.provider.Fault(test.fault)
			inFakeTimeWith(t, d, func(*auth.DeviceSignIn) { t.Error("there is a new code") }, func(_ *auth.Tokens, err error, _ []time.Duration) {
				var refused *auth.ProviderError
				if test.code == "" && err != nil || test.code != "" && (!errors.As(err, &refused) || refused.Code != test.code) {
					t.Errorf("err = %v", err)
				}
			})
			if n := len(d.provider.Requests(authtest.DeviceAuthorization)); n != 1 {
				t.Errorf("asked for a code %d times", n)
			}
		})
	}
}
