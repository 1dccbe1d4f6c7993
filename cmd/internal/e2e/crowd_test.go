//go:build linux

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth/vault"
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
			s.noOtherToken()
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
	arrived, answer := make(chan struct{}, 8), make(chan struct{})
	s.front.breaks("/token", func(w http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		select {
		case <-answer:
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
	close(answer)
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

// However many accounts are remembered, a start says as much to the key store as with
// one, and makes one request; whoever asks for them gets them all.
func TestManyAccountsCostAStartNothing(t *testing.T) {
	const others = 40
	d := newDesk(t, within(t, 2*time.Minute), stage.Params{}, func(_ *testing.T, ctx context.Context) (stage.Provider, error) { return stage.DemoProvider(ctx) })
	d.login()
	start := func() (messages int) {
		calls, err := d.BusCalls(d.ctx, func() { d.signedIn("a start", d.ctl("status")) })
		must(t, err)
		for _, names := range calls {
			messages += len(names)
		}
		return messages
	}
	alone := start()
	d.remembersToo(others)
	asked := d.asked(func() {
		if among := start(); among != alone {
			t.Errorf("%d messages with %d other accounts, %d without", among, others, alone)
		}
	})
	if len(asked) != 1 || asked[d.provider.TokenPath()] != 1 {
		t.Errorf("requests: %v", asked)
	}
	if a := d.ctl("accounts"); a.exit != localapi.ExitDone || len(a.Accounts) != others+1 || a.Accounts[0].Email != "ada@contoso.example" {
		t.Errorf("accounts: exit %d, %d of %d", a.exit, len(a.Accounts), others+1)
	}
	r, err := d.Run(d.ctx, d.command("forget", "--yes"))
	must(t, err)
	if r.Code != localapi.ExitDone {
		t.Errorf("forget: exit %d\n%s", r.Code, r.Tail)
	}
	d.keyStoreIsEmpty()
}

// remembersToo puts that many other people beside Ada, who were used before her.
func (d *desk) remembersToo(n int) {
	d.t.Helper()
	d.t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+filepath.Join(d.Dir, "run", "bus"))
	secrets, err := d.Secrets(d.ctx)
	must(d.t, err)
	store := vault.New(vault.Params{Service: secrets[0].Attributes["service"]})
	var ids []string
	raw, err := store.Get(d.ctx, "accounts")
	must(d.t, err)
	must(d.t, json.Unmarshal(raw, &ids))
	ada, err := store.Get(d.ctx, "account."+ids[0])
	must(d.t, err)
	var record map[string]any
	must(d.t, json.Unmarshal(ada, &record))
	account := record["account"].(map[string]any)
	for i := range n {
		id := fmt.Sprintf("other%02d", i)
		account["id"], account["subject"], account["email"] = id, id, id+"@contoso.example"
		record["refresh_token"] = "nobody-gave-" + id
		raw, err := json.Marshal(record)
		must(d.t, err)
		must(d.t, store.Put(d.ctx, "account."+id, raw))
		ids = append(ids, id)
	}
	raw, err = json.Marshal(ids)
	must(d.t, err)
	must(d.t, store.Put(d.ctx, "accounts", raw))
}

// noOtherToken checks that of all that the provider gave out the key store holds the
// refresh token alone.
func (s *scene) noOtherToken() {
	s.t.Helper()
	secrets, err := s.Secrets(s.ctx)
	must(s.t, err)
	credentials := s.front.credentials()
	for _, secret := range secrets {
		var head struct{ Data []byte }
		if json.Unmarshal(secret.Value, &head) != nil || len(head.Data) == 0 {
			s.t.Fatalf("%v cannot be read; then nothing is tested", secret.Attributes)
		}
		for value, name := range credentials {
			if name != "refresh_token" && bytes.Contains(append(head.Data, secret.Value...), []byte(value)) {
				s.t.Errorf("the key store holds the %s", name)
			}
		}
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
