package main

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/portico-desktop/portico/app/agent"
	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy/policytest"
	"github.com/portico-desktop/portico/app/settings"
	"github.com/portico-desktop/portico/app/words"
	"github.com/portico-desktop/portico/auth/authtest"
)

// runAgent starts an agent that consoles with this data directory find.
func (o *odd) runAgent() (stop func()) {
	o.t.Helper()
	paths, err := desktop.PathsFor(o.dir)
	if err != nil {
		o.t.Fatal(err)
	}
	p := agent.Params{Start: settings.Start{Paths: paths, Words: words.New("en"), Policies: policytest.None, Portal: o.site.URL}, Store: o.store, HTTP: o.idp.Client()}
	ctx, cancel := context.WithCancel(o.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- agent.Serve(ctx, agent.New(p), p) }()
	for {
		client, err := localapi.Dial(ctx, paths.Runtime)
		if err == nil {
			_ = client.Close()
			break
		}
		select {
		case err := <-ended:
			o.t.Fatal(err)
		default:
			runtime.Gosched() // nothing tells when it listens
		}
	}
	return func() { cancel(); <-ended }
}

// A portal that gives its provider's name to a stranger gets nobody's token: by the
// console alone, and through an agent that runs.
func TestLogoutTellsNoStrangerAndLeavesNothing(t *testing.T) {
	for name, changed := range map[string]func(o *odd, stranger string) map[string]any{
		"a stranger's metadata": func(_ *odd, stranger string) map[string]any {
			return map[string]any{"authority": stranger + "/.well-known/openid-configuration"}
		},
		"a stranger":           func(_ *odd, stranger string) map[string]any { return map[string]any{"authority": stranger} },
		"another name":         func(*odd, string) map[string]any { return map[string]any{"id": "new"} },
		"another registration": func(*odd, string) map[string]any { return map[string]any{"client_id": "second"} },
	} {
		for how, logout := range map[string]string{"whoever it is": "logout", "by its id": "logout --account ", "all": "logout --all"} {
			for where, running := range map[string]bool{"alone": false, "through an agent": true} {
				t.Run(strings.Join([]string{name, how, where}, ", "), func(t *testing.T) {
					t.Parallel()
					o := story{options: []authtest.Option{authtest.WithSecondClient("second")}}.scene(t)
					stranger := authtest.New(t)
					o.idp.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs.AddCert(stranger.Certificate())
					right := map[string]any{"id": "work", "title": "Work", "authority": o.idp.URL, "client_id": authtest.ClientID}
					o.site.cacheControl = "no-cache"
					stop := func() {}
					if running {
						stop = o.runAgent()
					}
					o.takes(step{args: "login"})
					id, token := o.keeps()
					described := maps.Clone(right)
					maps.Copy(described, changed(o, stranger.URL))
					o.site.publish(described)
					o.run("status", "--refresh") // the agent reads the portal anew; what it says of it is not at issue
					command := logout
					if strings.HasSuffix(command, " ") {
						command += id
					}
					o.takes(step{args: "accounts", says: []string{authtest.Ada().Subject}})
					o.takes(step{args: command, never: []string{token}})
					o.takes(step{args: "accounts", never: []string{authtest.Ada().Subject}})
					if o.idp.Alive(token) {
						t.Error("the sign-in still lives at its provider")
					}
					if slices.ContainsFunc(stranger.Requests(), func(r authtest.Request) bool {
						raw, _ := json.Marshal(r)
						return strings.Contains(string(raw), token)
					}) {
						t.Error("the stranger was sent the token")
					}
					stop()
					o.site.publish(right)
					o.takes(step{args: "status --refresh", exit: localapi.ExitSignInNeeded, code: localapi.SignInNeeded})
				})
			}
		}
	}
}

// Whoever has signed in anew since the portal changed leaves the sign-in from before too.
func TestLogoutEndsTheSignInFromBeforeToo(t *testing.T) {
	for where, running := range map[string]bool{"alone": false, "through an agent": true} {
		t.Run(where, func(t *testing.T) {
			t.Parallel()
			o := story{options: []authtest.Option{authtest.WithSecondClient("second")}}.scene(t)
			right := map[string]any{"id": "work", "title": "Work", "authority": o.idp.URL, "client_id": authtest.ClientID}
			o.site.cacheControl = "no-cache"
			stop := func() {}
			if running {
				stop = o.runAgent()
			}
			o.takes(step{args: "login"})
			_, token := o.keeps()
			changed := maps.Clone(right)
			changed["client_id"] = "second"
			o.site.publish(changed)
			o.run("status", "--refresh")
			o.takes(step{args: "login"})
			o.takes(step{args: "logout", never: []string{token}})
			o.takes(step{args: "accounts", never: []string{authtest.Ada().Subject}})
			if o.idp.Alive(token) {
				t.Error("the sign-in from before still lives at its provider")
			}
			stop()
			o.site.publish(right)
			o.takes(step{args: "status --refresh", exit: localapi.ExitSignInNeeded, code: localapi.SignInNeeded})
		})
	}
}

// keeps is whom the key store holds, and the refresh token.
func (o *odd) keeps() (id, token string) {
	o.t.Helper()
	var ids []string
	raw, err := o.store.Get(o.t.Context(), "accounts")
	if err != nil || json.Unmarshal(raw, &ids) != nil || len(ids) != 1 {
		o.t.Fatalf("accounts %s, %v", raw, err)
	}
	var record struct {
		RefreshToken string `json:"refresh_token"`
	}
	if raw, err = o.store.Get(o.t.Context(), "account."+ids[0]); err != nil || json.Unmarshal(raw, &record) != nil || record.RefreshToken == "" {
		o.t.Fatalf("no refresh token is kept (%v)", err)
	}
	return ids[0], record.RefreshToken
}

// run runs a command whatever comes of it.
func (o *odd) run(args ...string) int {
	ctx, giveUp := context.WithCancel(o.t.Context())
	defer giveUp()
	return o.console(giveUp).run(ctx, o.t, append(args, "--data-dir", o.dir)...)
}
