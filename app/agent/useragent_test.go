package agent

import (
	"context"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/assets"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/network"
)

// Firewalls let through whom they know: everything that Portico asks for is asked
// for by one name, of the proxy too.
func TestPorticoGoesByOneName(t *testing.T) {
	want := "Portico/" + assets.Version + " (" + strings.NewReplacer("darwin", "macos").Replace(runtime.GOOS) + ")"
	p := newPractice(t, authtest.WithHost(providerName), authtest.WithPAR(false))
	p.byName()
	p.manifest["logo"] = map[string]any{"light": "/logo.png"}
	visitors := p.visitors()
	p.provider.Fault(authtest.IDToken(func(c map[string]any) { delete(c, "email"); delete(c, "preferred_username") }))
	p.params.OpenBrowser = func(ctx context.Context, address string) error {
		_, err := p.provider.Browse(ctx, address)
		return err
	}
	for name, test := range map[string]struct {
		do       func(*testing.T)
		portal   []string
		provider []authtest.Endpoint
	}{
		"signing in": {
			do:       func(*testing.T) { p.live() },
			portal:   []string{"/.well-known/portico.json", "/logo.png"},
			provider: []authtest.Endpoint{authtest.Discovery, authtest.Keys, authtest.PushedAuthorization, authtest.Token, authtest.UserInfo, authtest.DeviceAuthorization, authtest.Revocation},
		},
		"the doctor": {
			do: func(t *testing.T) {
				if r := p.examine(); r.Cause != "" {
					t.Errorf("the doctor found %s", r.Cause)
				}
			},
			portal:   []string{"/.well-known/portico.json"},
			provider: []authtest.Endpoint{authtest.Discovery},
		},
	} {
		t.Run(name, func(t *testing.T) {
			p.provider.Forget()
			visitors.forget()
			before := len(p.proxy.Agents())
			test.do(t)
			asked := visitors.seen()
			for _, r := range p.provider.Requests() {
				if !slices.Contains([]authtest.Endpoint{authtest.Authorize, authtest.EndSession}, r.Endpoint) { // the browser's
					asked[string(r.Endpoint)] = append(asked[string(r.Endpoint)], r.Header.Get("User-Agent"))
				}
			}
			for _, e := range test.provider {
				test.portal = append(test.portal, string(e))
			}
			for _, place := range test.portal {
				if asked[place] == nil {
					t.Errorf("%s was never asked for: this test shows nothing of it", place)
				}
			}
			asked["the proxy"] = p.proxy.Agents()[before:]
			for place, agents := range asked {
				if len(agents) == 0 || slices.ContainsFunc(agents, func(a string) bool { return a != want }) {
					t.Errorf("%s was asked by %q, want %q", place, agents, want)
				}
			}
		})
	}
}

// Whatever Params.Network brings along.
func TestPorticosNameIsNoSetting(t *testing.T) {
	p := newPractice(t)
	p.params.Network = network.Options{Proxy: network.Direct, UserAgent: "Somebody/1"}
	visitors := p.visitors()
	p.visited()
	for place, agents := range visitors.seen() {
		if agents[0] != userAgent() {
			t.Errorf("%s was asked by %q", place, agents)
		}
	}
}

// visitors are who has asked the portal, by path.
type visitors struct {
	mu sync.Mutex
	by map[string][]string
}

func (p *practice) visitors() *visitors {
	v := &visitors{by: map[string][]string{}}
	served := p.portal.Config.Handler
	p.portal.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v.mu.Lock()
		v.by[r.URL.Path] = append(v.by[r.URL.Path], r.UserAgent())
		v.mu.Unlock()
		served.ServeHTTP(w, r)
	})
	return v
}

func (v *visitors) forget() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.by = map[string][]string{}
}

func (v *visitors) seen() map[string][]string {
	v.mu.Lock()
	defer v.mu.Unlock()
	seen := map[string][]string{}
	for path, agents := range v.by {
		seen[path] = slices.Clone(agents)
	}
	return seen
}

// live signs in, out, and asks for a code for another device, in an agent that ends.
func (p *practice) live() {
	p.t.Helper()
	running := p.agent()
	a := running.Parts()
	ctx, cancel := context.WithCancel(p.t.Context())
	var run sync.WaitGroup
	run.Go(func() {
		if err := running.Run(ctx); err != nil {
			p.t.Error(err)
		}
	})
	defer run.Wait()
	defer cancel()
	await := func(want func(localapi.State) bool) {
		p.t.Helper()
		var last localapi.State
		for e, err := range a.Watch(ctx) {
			if err != nil {
				p.t.Fatalf("%v; the session was %+v", err, last.Session)
			}
			if e.State != nil {
				if last = *e.State; want(last) {
					return
				}
			}
		}
	}
	await(func(s localapi.State) bool { return s.Portal != nil && s.Session.Phase == localapi.SignedOut })
	if _, err := a.SignIn(ctx, localapi.SignInRequest{Open: true}); err != nil {
		p.t.Fatal(err)
	}
	await(hasPhase(localapi.SignedIn))
	if _, err := a.SignOut(ctx, localapi.SignOutRequest{}); err != nil {
		p.t.Fatal(err)
	}
	if _, err := a.SignIn(ctx, localapi.SignInRequest{Device: true}); err != nil {
		p.t.Fatal(err)
	}
	if err := a.CancelSignIn(ctx); err != nil {
		p.t.Fatal(err)
	}
}
