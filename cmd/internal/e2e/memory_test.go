//go:build linux

package e2e

import (
	"context"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/portal/manifest"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/cmd/internal/stage"
)

// What an agent holds that has nothing to do, in KiB. Measured were 11,400 to 12,600 of
// all, and 4,200 to 5,300 of its own.
const (
	mostResident = 13 << 10
	mostOwn      = 6 << 10
	// mostGrowth is how much more hundreds of renewals may leave than ten.
	mostGrowth = 1 << 10
)

// The agent is there all day. It signs in silently over TLS, with the authorities of
// the system in its memory, and gives back what that took; and so after renewals.
func TestIdleAgentIsSmall(t *testing.T) {
	ctx := within(t, 4*time.Minute)
	provider := authtest.New(t)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != manifest.Path {
			http.NotFound(w, r)
			return
		}
		fmt.Fprintf(w, `{"version":1,"name":"Contoso IT","providers":[{"id":"work","authority":%q,"client_id":%q}]}`, provider.URL, authtest.ClientID)
	}))
	t.Cleanup(site.Close)
	s := newStage(t, ctx, stage.Params{})
	authorities := filepath.Join(s.Dir, "authorities.pem")
	must(t, os.WriteFile(authorities, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: provider.Certificate().Raw}), 0o600))
	program := stage.Command{
		Name: programs.Path("portico-agent"),
		Env:  []string{"PORTICO_PORTAL=" + site.URL, "PORTICO_EXTRA_CA_FILE=" + authorities},
	}

	first, err := s.Start(program)
	must(t, err)
	_, err = s.WaitState(ctx, "there is a portal", func(s localapi.State) bool { return s.Portal != nil })
	must(t, err)
	client, _, err := s.Agent(ctx)
	must(t, err)
	in, err := client.SignIn(ctx, localapi.SignInRequest{})
	must(t, err)
	_, err = provider.Browse(ctx, in.URL)
	must(t, err)
	_, err = s.WaitPhase(ctx, localapi.SignedIn)
	must(t, err)
	must(t, client.Close())
	first.Stop()

	agent, err := s.Start(program)
	must(t, err)
	_, err = s.WaitPhase(ctx, localapi.SignedIn)
	must(t, err)
	awaitRest(t, ctx, "after the silent sign-in", agent, mostOwn)

	client, _, err = s.Agent(ctx)
	must(t, err)
	renewals := 0
	renew := func(times int) {
		t.Helper()
		for range times {
			renewals++
			if state, err := client.Refresh(ctx); err != nil || state.Session.Phase != localapi.SignedIn {
				t.Fatalf("renewal %d: %v, %+v", renewals, err, state.Session)
			}
		}
	}
	renew(10)
	few := awaitRest(t, ctx, "after ten renewals", agent, mostOwn)
	renew(490)
	awaitRest(t, ctx, "after five hundred", agent, min(mostOwn, few.own+mostGrowth))
}

// held is the memory of a process, in KiB.
type held struct{ resident, own int }

// awaitRest waits until the agent holds no more than it is to hold.
func awaitRest(t *testing.T, ctx context.Context, when string, agent *stage.Process, own int) held {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		h := heldBy(t, agent)
		if h.resident <= mostResident && h.own <= own {
			t.Logf("%s: %d KiB, %d of them its own", when, h.resident, h.own)
			return h
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%s: the agent holds %d KiB, %d of them its own; at most %d and %d", when, h.resident, h.own, mostResident, own)
		}
	}
}

func heldBy(t *testing.T, p *stage.Process) (h held) {
	t.Helper()
	rollup, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(p.PID()), "smaps_rollup"))
	must(t, err)
	for line := range strings.Lines(string(rollup)) {
		f := strings.Fields(line)
		for name, into := range map[string]*int{"Rss:": &h.resident, "Anonymous:": &h.own} {
			if f[0] == name {
				*into, err = strconv.Atoi(f[1])
				must(t, err)
			}
		}
	}
	return h
}
