package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/vault"
)

func TestAHealthyDeskHasNothingBad(t *testing.T) {
	for name, prepare := range map[string]func(*practice){
		"direct":          (*practice).direct,
		"through a proxy": (*practice).byName,
	} {
		t.Run(name, func(t *testing.T) {
			p := newPractice(t, authtest.WithHost(providerName))
			if name == "direct" {
				p = newPractice(t)
			}
			prepare(p)
			r := p.examine()
			for _, c := range r.Checks {
				if c.Status == localapi.CheckBad || c.Status == localapi.CheckWarning && c.ID != "redirect" || c.Because != "" {
					t.Errorf("%s (%s) is %s: %+v", c.ID, c.Subject, c.Status, c.Problem)
				}
			}
			for _, id := range []string{"proxy", "tls", "clock", "manifest", "provider", "key-store", "disk", "browser", "policy", "portal-address"} {
				if got := result(r, id); got == nil || got.Status != localapi.CheckGood {
					t.Errorf("%s is %+v", id, got)
				}
			}
			if len(p.keyStore.Entries("check")) != 0 {
				t.Errorf("the key store holds %v", p.keyStore.Entries("check"))
			}
			for _, req := range p.provider.Requests() {
				if req.Endpoint != authtest.Discovery && req.Endpoint != authtest.Keys || req.Header.Get("Authorization") != "" {
					t.Errorf("the provider was asked for %s", req.Endpoint)
				}
			}
			if left, _ := filepath.Glob(filepath.Join(filepath.Dir(p.params.Start.Paths.Data), "*", "*")); len(left) > 0 {
				t.Errorf("files were left: %v", left)
			}
			if name != "direct" && len(p.proxy.Asked()) == 0 {
				t.Error("the proxy was not used")
			}
			text, _ := json.Marshal(result(r, "tls").Facts)
			if !strings.Contains(string(text), "issued by Contoso Root CA") {
				t.Errorf("who issued the certificate is not said: %s", text)
			}
		})
	}
}

func result(r localapi.CheckReport, id string) *localapi.CheckResult {
	for i := range r.Checks {
		if r.Checks[i].ID == id {
			return &r.Checks[i]
		}
	}
	return nil
}

// broken is a set-up, made for real, and what has to be found.
type broken struct {
	options []authtest.Option
	prepare func(*testing.T, *practice)
	want    finding
}

func TestTheCauseIsNamedFirst(t *testing.T) {
	for name, b := range map[string]broken{
		// The portal.
		"no portal": {
			prepare: func(_ *testing.T, p *practice) { p.direct(); p.params.Start.Portal = "" },
			want:    finding{cause: "portal-address", code: localapi.NoPortal, skipped: []string{"manifest", "provider"}},
		},
		"an address that is none": {
			prepare: func(_ *testing.T, p *practice) { p.direct(); p.params.Start.Portal = "our portal" },
			want:    finding{cause: "portal-address", code: localapi.PortalAddress, skipped: []string{"manifest", "provider"}},
		},
		"a manifest that is no JSON": {
			prepare: func(_ *testing.T, p *practice) {
				p.direct()
				p.answer = func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"version": 1, "name": "Contoso",}`) }
			},
			want: finding{cause: "manifest", code: localapi.ManifestInvalid, skipped: []string{"provider"}},
		},
		"a manifest with a wrong field": {
			prepare: func(_ *testing.T, p *practice) { p.direct(); p.with("client_id", "") },
			want:    finding{cause: "manifest", code: localapi.ManifestInvalid, skipped: []string{"provider"}},
		},
		"a manifest with a misspelt member": {
			prepare: func(_ *testing.T, p *practice) { p.direct(); p.with("tenents", []string{"a"}) },
			want:    finding{cause: "manifest", code: localapi.ManifestUnknownKey, warned: true},
		},
		"no manifest at the address": {
			prepare: func(_ *testing.T, p *practice) { p.direct(); p.answer = http.NotFound },
			want:    finding{cause: "manifest", code: localapi.PortalNotFound, skipped: []string{"provider"}},
		},
		"a web page instead of a manifest": {
			prepare: func(_ *testing.T, p *practice) {
				p.direct()
				p.answer = func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<!doctype html><title>It works</title>") }
			},
			want: finding{cause: "manifest", code: localapi.NotAPortal, skipped: []string{"provider"}},
		},
		"a portal that fails, with a copy from before": {
			prepare: func(_ *testing.T, p *practice) {
				p.direct()
				p.visited()
				p.answer = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }
			},
			want: finding{cause: "manifest", code: localapi.PortalFailing},
		},

		// Signing in.
		"no metadata": {
			prepare: func(_ *testing.T, p *practice) {
				p.direct()
				p.provider.Fault(authtest.Status(authtest.Discovery, 404))
			},
			want: finding{cause: "provider", code: localapi.NotAProvider},
		},
		"metadata of another": {
			prepare: func(_ *testing.T, p *practice) { p.direct(); p.provider.Fault(authtest.OtherIssuer()) },
			want:    finding{cause: "provider", code: localapi.Untrusted},
		},
		"a provider that fails": {
			prepare: func(_ *testing.T, p *practice) {
				p.direct()
				p.provider.Fault(authtest.Status(authtest.Discovery, 502))
			},
			want: finding{cause: "provider", code: localapi.ProviderFailing},
		},
		"an endpoint that cannot be reached": {
			prepare: func(t *testing.T, p *practice) {
				p.direct()
				closed := closedPort(t)
				p.provider.Fault(authtest.Metadata(func(m map[string]any) { m["token_endpoint"] = "https://" + closed + "/token" }))
			},
			want: finding{cause: "tls", code: localapi.ProviderUnreachable, skipped: []string{"provider"}},
		},
		"no client secret": {
			options: []authtest.Option{authtest.WithClientAuth("client_secret_basic")},
			prepare: func(_ *testing.T, p *practice) {
				p.direct()
				p.with("client_auth", map[string]any{"method": "client_secret_basic"})
			},
			want: finding{cause: "provider", code: localapi.SecretMissing},
		},
		"the redirect's port is used": {
			prepare: func(t *testing.T, p *practice) {
				p.direct()
				p.with("redirect", map[string]any{"port": usedPort(t)})
			},
			want: finding{cause: "redirect", code: localapi.RedirectPortUsed},
		},

		// This computer.
		"the key store is locked": {
			prepare: func(_ *testing.T, p *practice) { p.direct(); p.keyStore.Fail(vault.Locked) },
			want:    finding{cause: "key-store", code: localapi.KeyStoreLocked},
		},
		"the key store is locked, and a secret is in it": {
			options: []authtest.Option{authtest.WithClientAuth("client_secret_basic")},
			prepare: func(_ *testing.T, p *practice) {
				p.direct()
				p.with("client_auth", map[string]any{"method": "client_secret_basic"})
				p.keyStore.Fail(vault.Locked)
			},
			want: finding{cause: "key-store", code: localapi.KeyStoreLocked, skipped: []string{"provider"}},
		},
		"there is no key store": {
			prepare: func(_ *testing.T, p *practice) { p.direct(); p.keyStore.Fail(vault.Missing) },
			want:    finding{cause: "key-store", code: localapi.KeyStoreMissing},
		},
		"the key store does not answer": {
			prepare: func(t *testing.T, p *practice) {
				p.direct()
				p.timeout = 200 * time.Millisecond
				t.Cleanup(p.keyStore.Hang())
			},
			want: finding{cause: "key-store", code: localapi.KeyStoreSilent},
		},
		"the key store is full": {
			prepare: func(_ *testing.T, p *practice) { p.direct(); p.keyStore.Fail(vault.Full) },
			want:    finding{cause: "key-store", code: localapi.KeyStoreFull},
		},
		"no browser": {
			prepare: func(t *testing.T, p *practice) {
				p.direct()
				t.Setenv("BROWSER", "/nowhere/browser %s")
			},
			want: finding{cause: "browser", code: localapi.BrowserMissing},
		},
		"the data folder is no folder": {
			prepare: func(t *testing.T, p *practice) {
				p.direct()
				file := filepath.Join(t.TempDir(), "file")
				if err := os.WriteFile(file, nil, 0o600); err != nil {
					t.Fatal(err)
				}
				p.params.Start.Paths.Data = filepath.Join(file, "data")
			},
			want: finding{cause: "disk", code: localapi.DataFolder},
		},
	} {
		b.run(t, name)
	}
}

func (b broken) run(t *testing.T, name string) {
	t.Run(name, func(t *testing.T) {
		p := newPractice(t, b.options...)
		b.prepare(t, p)
		b.want.holds(t, p.examine())
	})
}

// onTheWay is what cannot be looked at when nothing gets through.
func onTheWay() []string { return []string{"tls", "manifest", "provider"} }

// usedPort is a port on loopback that belongs to somebody else.
func usedPort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l.Addr().(*net.TCPAddr).Port
}

// A report is read out on the telephone and sent about.
func TestReportsHoldNoSecret(t *testing.T) {
	const secret = "s3cret-canary"
	p := newPractice(t, authtest.WithHost(providerName))
	p.byName()
	p.proxy.User = "ada:" + secret
	p.params.Network.Proxy = p.proxy.URL("ada:" + secret)
	t.Setenv("BROWSER", "/bin/sh --token="+secret)
	p.answer = func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://elsewhere.example.com/?code="+secret, http.StatusFound)
	}
	for what, user := range map[string]string{"the proxy lets us in": p.proxy.User, "the proxy wants another": "eve:other"} {
		p.proxy.User = user
		raw, err := json.Marshal(p.examine())
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(raw), secret) || strings.Contains(string(raw), "ada:") {
			t.Errorf("%s: the report holds a secret:\n%s", what, raw)
		}
		if !strings.Contains(string(raw), p.proxy.Address()) {
			t.Errorf("%s: the report does not name the proxy", what)
		}
	}
	if len(p.proxy.Asked()) == 0 {
		t.Error("the proxy was not used, the test shows nothing")
	}
}

// A person may lose patience, and an agent may end.
func TestAnExaminationEndsWithItsContext(t *testing.T) {
	p := newPractice(t)
	p.direct()
	arrived := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	p.answer = func(_ http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
	}
	go func() {
		<-arrived
		cancel()
	}()
	if _, err := p.agent().support.Check(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("the examination ended with %v", err)
	}
}

// Looking must leave the desk as it was.
func TestAnExaminationChangesNothing(t *testing.T) {
	p := newPractice(t)
	p.direct()
	p.visited()
	before := tree(t, filepath.Dir(p.params.Start.Paths.Data))
	changes := p.keyStore.Changes()
	if _, err := p.agent().support.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, tree(t, filepath.Dir(p.params.Start.Paths.Data))); diff != "" {
		t.Errorf("files have changed:\n%s", diff)
	}
	if p.keyStore.Changes() == changes || len(p.keyStore.Entries("check")) > 0 {
		t.Errorf("the key store was changed %d times and holds %v", p.keyStore.Changes()-changes, p.keyStore.Entries("check"))
	}
}

// tree is what files there are, with their contents.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		files[path] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
