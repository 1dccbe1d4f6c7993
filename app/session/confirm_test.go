package session

import (
	"net/http"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth/authtest"
)

// asked counts what the provider was asked since the list was emptied.
func (d *desk) asked() (metadata, token, all int) {
	return len(d.provider.Requests(authtest.Discovery)), len(d.provider.Requests(authtest.Token)), len(d.provider.Requests())
}

// offline is a session that was signed in, and whose provider has not answered since.
func offline(t *testing.T) (*desk, *running) {
	d := newDesk(t)
	r := d.start()
	r.signIn()
	lift := d.provider.Fault(authtest.Drop(authtest.Token))
	_ = r.Refresh(t.Context())
	r.await(phase(localapi.Offline))
	lift()
	d.provider.Forget()
	return d, r
}

// What each renewal costs: only one that a network change or waking up has brought
// about is preceded by a question.
func TestWhatARenewalCosts(t *testing.T) {
	due := func(r *running) {
		r.state.mu.Lock()
		r.state.when.At(time.Now().Add(-time.Second).Round(0))
		r.state.mu.Unlock()
		r.state.when.poke()
	}
	renewed := func(d *desk) func(localapi.Session) bool {
		return func(s localapi.Session) bool {
			_, token, _ := d.asked()
			return token > 0 && s.Phase == localapi.SignedIn
		}
	}
	for name, tc := range map[string]struct {
		begin           func(t *testing.T) (*desk, *running)
		metadata, token int
	}{
		"a start": {func(t *testing.T) (*desk, *running) {
			d := newDesk(t)
			first := d.start()
			first.signIn()
			first.stop()
			d.provider.Forget()
			return d, d.start()
		}, 0, 1},
		"a start during which the network changes": {func(t *testing.T) (*desk, *running) {
			d := newDesk(t)
			first := d.start()
			first.signIn()
			first.stop()
			d.provider.Forget()
			d.provider.OnToken(func() { d.latest.Load().NetworkChanged() })
			return d, d.start()
		}, 0, 1},
		"a click": {func(t *testing.T) (*desk, *running) {
			d, r := offline(t)
			if err := r.Refresh(t.Context()); err != nil {
				t.Error(err)
			}
			return d, r
		}, 0, 1},
		"the clock": {func(t *testing.T) (*desk, *running) {
			d, r := offline(t)
			due(r)
			return d, r
		}, 0, 1},
		"the clock, after the network has changed and answered": {func(t *testing.T) (*desk, *running) {
			d, r := offline(t)
			r.NetworkChanged()
			r.await(phase(localapi.SignedIn))
			d.provider.Forget()
			due(r)
			return d, r
		}, 0, 1},
		"a network change": {func(t *testing.T) (*desk, *running) {
			d, r := offline(t)
			r.NetworkChanged()
			return d, r
		}, 1, 1},
		"a network change, the provider answers oddly": {func(t *testing.T) (*desk, *running) {
			d, r := offline(t)
			d.provider.Fault(authtest.HTML(authtest.Discovery))
			r.NetworkChanged()
			return d, r
		}, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			d, r := tc.begin(t)
			r.await(renewed(d))
			r.stop()
			if metadata, token, all := d.asked(); metadata != tc.metadata || token != tc.token || all != tc.metadata+tc.token {
				t.Errorf("%d requests for metadata, %d for tokens, %d in all", metadata, token, all)
			}
		})
	}
}

// A refresh token is not spent into a network that carries no answers.
func TestARenewalWaitsForANetworkThatCarriesAnswers(t *testing.T) {
	for name, tc := range map[string]struct {
		fault  authtest.Fault
		code   localapi.Code
		unsure bool // also the next try asks first
	}{
		"nothing comes back":     {authtest.Hang(authtest.Discovery), localapi.ProviderUnreachable, true},
		"the answer is lost":     {authtest.LoseAnswer(authtest.Discovery), localapi.ProviderUnreachable, true},
		"no connection":          {authtest.Drop(authtest.Discovery), localapi.ProviderUnreachable, true},
		"a gateway has no way":   {authtest.Status(authtest.Discovery, http.StatusBadGateway), localapi.ProviderFailing, false},
		"a network wants a name": {authtest.Status(authtest.Discovery, http.StatusNetworkAuthenticationRequired), localapi.NetworkSignIn, false},
	} {
		t.Run(name, func(t *testing.T) {
			d, r := offline(t)
			r.renewals.confirmLimit = 200 * time.Millisecond
			lift := d.provider.Fault(tc.fault)
			r.NetworkChanged()
			if err := d.provider.Await(t.Context(), 1, authtest.Discovery); err != nil {
				t.Fatal(err)
			}
			now := r.await(func(s localapi.Session) bool { return s.Phase == localapi.Offline && s.NextTry.After(time.Now()) })
			if _, token, _ := d.asked(); token != 0 || now.Problem.Code != tc.code || now.Account == nil {
				t.Errorf("%d requests for tokens, problem %+v", token, now.Problem)
			}
			r.state.mu.Lock()
			unsure := r.state.when.unsure
			r.state.mu.Unlock()
			if unsure != tc.unsure {
				t.Errorf("unsure = %v", unsure)
			}
			lift()
			r.NetworkChanged()
			if now := r.await(phase(localapi.SignedIn)); !now.Account.Remembered {
				t.Error("the sign-in is not kept")
			}
		})
	}
}

// A network that keeps the metadata alone away does not keep anybody out for ever.
func TestNobodyWaitsForMetadataForEver(t *testing.T) {
	d, r := offline(t)
	d.provider.Fault(authtest.Drop(authtest.Discovery))
	r.NetworkChanged()
	for range confirmTries + 2 {
		now := r.await(func(s localapi.Session) bool { return s.Phase == localapi.SignedIn || s.NextTry.After(time.Now()) })
		if now.Phase == localapi.SignedIn {
			return
		}
		r.state.mu.Lock()
		r.state.when.At(time.Now().Round(0)) // the backoff has passed
		r.state.mu.Unlock()
		r.state.when.poke()
	}
	r.await(phase(localapi.SignedIn))
}

// A renewal that a sleeping computer has missed counts as one after waking up, also
// where nobody tells that it woke up.
func TestATimerThatIsLateMeansThatTheComputerSlept(t *testing.T) {
	begun := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		wait, took time.Duration
		want       bool
	}{
		"on time":                      {8 * time.Hour, 8*time.Hour + time.Second, false},
		"a busy computer":              {4 * time.Second, 20 * time.Second, false},
		"a night":                      {8 * time.Hour, 17 * time.Hour, true},
		"due before, and after a nap":  {0, 10 * time.Minute, true},
		"due before":                   {0, time.Millisecond, false},
		"the clock has been put right": {8 * time.Hour, -time.Hour, false},
	} {
		if got := overslept(begun, begun.Add(tc.took), tc.wait); got != tc.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	d, r := offline(t)
	r.stop()
	r.http.CloseIdleConnections() // net/http asks again where one of these breaks
	d.provider.Fault(authtest.Drop(authtest.Discovery))
	r.renewDue(t.Context(), true)
	if metadata, token, _ := d.asked(); metadata != 1 || token != 0 {
		t.Errorf("%d requests for metadata, %d for tokens", metadata, token)
	}
}
