//go:build linux

package e2e

import (
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/cmd/internal/stage"
)

// slow is a provider that takes this long for a refresh.
func (f *front) slow(d time.Duration) {
	f.breaks("/token", func(w http.ResponseWriter, r *http.Request) {
		answered := time.NewTimer(d)
		defer answered.Stop()
		select {
		case <-answered.C:
			f.pass.ServeHTTP(w, r)
		case <-r.Context().Done():
		}
	})
}

// Sixty-four consoles of one person ask at once who is signed in, and the provider ends a
// sign-in whose token is shown twice. Nobody has to wait for more than two answers.
func TestCrowdIsSignedInByOneRenewal(t *testing.T) {
	const many = 64
	for name, takes := range map[string]time.Duration{"300 ms": 300 * time.Millisecond, "2.5 s": 2500 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			ctx := within(t, 4*time.Minute)
			s := newScene(t, ctx, stage.Params{})
			s.isIn("the first sign-in", s.signIn())
			s.front.slow(takes)
			asked, began := s.front.requested("/token"), time.Now()
			var all [many]*running
			for i := range all {
				all[i] = s.start("status", "--json")
			}
			for _, r := range all {
				e := r.end()
				s.isIn("one of many", e)
				if e.Account.Name != "Ada Lovelace" || e.Account.Email != "ada@contoso.example" || !e.Account.EmailVerified {
					t.Errorf("one of many shows %+v", e.Account)
				}
			}
			n := s.front.requested("/token") - asked
			t.Logf("%d requests, %v", n, time.Since(began).Round(time.Millisecond))
			if n > 2 {
				t.Errorf("%d token requests for %d consoles", n, many)
			}
			s.front.mend()
			alive, err := s.provider.Alive(ctx)
			must(t, err)
			if alive.Grants != 1 {
				t.Errorf("%d sign-ins live at the provider", alive.Grants)
			}
			s.isIn("the next start", s.json("status"))
			if after := s.front.requested("/token"); after != asked+n+1 {
				t.Errorf("the next start made %d requests of its own", after-asked-n)
			}
			s.onlyRefreshToken()
			s.noSecretOnDisk()
		})
	}
}

// One console holds the provider's attention for as long as it takes the other to queue:
// then the only request is its own.
func TestWhoWaitsTakesTheRenewalThatCameMeanwhile(t *testing.T) {
	t.Parallel()
	ctx := within(t, time.Minute)
	s := newScene(t, ctx, stage.Params{})
	s.isIn("the first sign-in", s.signIn())
	arrived, go1 := make(chan struct{}, 8), make(chan struct{})
	s.front.breaks("/token", func(w http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		select {
		case <-go1:
			s.front.pass.ServeHTTP(w, r)
		case <-r.Context().Done():
		}
	})
	asked := s.front.requested("/token")
	first := s.start("status", "--json")
	wait(t, ctx, arrived)
	others := []*running{s.start("status", "--json"), s.start("status", "--refresh", "--json"), s.start("wait", "--json")}
	for _, r := range others {
		for !queues(t, r.PID()) {
			if ctx.Err() != nil {
				t.Fatal("nobody waits")
			}
		}
	}
	close(go1)
	for _, r := range append(others, first) {
		s.isIn(strings.Join(r.args, " "), r.end())
	}
	if n := s.front.requested("/token") - asked; n != 1 {
		t.Errorf("%d token requests, want one", n)
	}
	// A sign-out needs the tokens, and waits for its own.
	s.json("logout").wants(t, "logout", "")
	if e := s.json("status"); e.exit != localapi.ExitSignInNeeded {
		t.Errorf("after the sign-out: exit %d", e.exit)
	}
}

// queues says whether a process waits for a lock of its files.
func queues(t *testing.T, pid int) bool {
	t.Helper()
	locks, err := os.ReadFile("/proc/locks")
	must(t, err)
	for line := range strings.Lines(string(locks)) {
		// 12: -> FLOCK ADVISORY READ 4711 08:01:123 0 EOF
		f := strings.Fields(line)
		if len(f) > 5 && f[1] == "->" && f[2] == "FLOCK" && f[5] == strconv.Itoa(pid) {
			return true
		}
	}
	return false
}
