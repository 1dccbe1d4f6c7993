package main

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/words"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/vault"
	"github.com/portico-desktop/portico/cmd/internal/demoportal"
)

// signOuts is a computer with a portal, and a provider that wants to be shown a
// posted ID token. No agent runs there.
type signOuts struct {
	t        *testing.T
	provider *authtest.Provider
	portal   string
	store    *vault.Vault
	dir      string
}

func newSignOuts(t *testing.T) *signOuts {
	t.Helper()
	p := authtest.New(t, authtest.WithProvenEndOfSession())
	site, err := demoportal.Params{Providers: []demoportal.Provider{
		{ID: "work", Title: "Work", Authority: p.URL, ClientID: authtest.ClientID},
	}}.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = site.Close() })
	return &signOuts{t, p, site.URL(), vault.New(vault.Params{Service: "test", Backend: authtest.NewKeyStore()}), t.TempDir()}
}

func (d *signOuts) run(language string, browse func(context.Context, string) error, args ...string) *console {
	d.t.Helper()
	c := newConsole(nil, false)
	c.connect, c.store, c.http, c.browse, c.words = connect, d.store, d.provider.Client(), browse, words.New(language)
	c.environment["PORTICO_PORTAL"] = d.portal
	if code := c.run(d.t.Context(), d.t, append(args, "--data-dir", d.dir)...); code != 0 {
		d.t.Fatalf("%s: exit %d\n%s%s", args, code, &c.out, &c.progress)
	}
	return c
}

func TestLogoutEndsTheBrowsersSession(t *testing.T) {
	d := newSignOuts(t)
	d.run("en", visit(d.provider), "login")
	opened, arrived := "", make(chan error, 1)
	c := d.run("en", func(ctx context.Context, address string) error {
		opened = address
		// The browser takes its time to start, longer than the command has to say.
		go func() {
			_, err := text(d.provider.Browse(context.WithoutCancel(ctx), address))
			arrived <- err
		}()
		return nil
	}, "logout", "--browser", "--json")
	if err := <-arrived; err != nil {
		t.Fatal(err)
	}
	asked := d.provider.Requests(authtest.EndSession)
	if d.provider.BrowserSession() || len(asked) != 1 || len(asked[0].Query) != 0 || !strings.HasPrefix(opened, "http://127.0.0.1:") {
		t.Fatalf("the browser was sent to %s, and the provider was asked %+v\n%s", opened, asked, &c.out)
	}
	hint := asked[0].Get("id_token_hint")
	for name, told := range map[string]string{"address": opened, "results": c.out.String(), "progress": c.progress.String()} {
		if strings.Contains(told, hint[strings.LastIndexByte(hint, '.')+1:]) {
			t.Errorf("the ID token is in the %s", name)
		}
	}
}

func TestLogoutSaysThatTheBrowserStaysSignedIn(t *testing.T) {
	for language, want := range map[string]string{"en": "ID token", "de": "ID-Token", "json": `"browser": "no-id-token"`} {
		t.Run(language, func(t *testing.T) {
			d := newSignOuts(t)
			d.run("en", visit(d.provider), "login")
			defer d.provider.Fault(authtest.NoIDToken())()
			args, opened := []string{"logout", "--browser"}, 0
			if language == "json" {
				args = append(args, "--json")
			}
			c := d.run(strings.Replace(language, "json", "en", 1), func(context.Context, string) error { opened++; return nil }, args...)
			if !strings.Contains(c.out.String(), want) || opened != 0 {
				t.Errorf("opened %d pages, and no %q in\n%s", opened, want, &c.out)
			}
		})
	}
}

func TestLogoutDoesNotWaitForABrowserThatIsNotThere(t *testing.T) {
	d := newSignOuts(t)
	d.run("en", visit(d.provider), "login")
	begun := time.Now()
	c := d.run("en", func(context.Context, string) error { return errors.New("no browser") }, "logout", "--browser")
	if took := time.Since(begun); took > 8*time.Second || !strings.Contains(c.out.String(), "failed") {
		t.Errorf("after %v:\n%s%s", took, &c.out, &c.progress)
	}
}

// Somebody who gives up does not wait for the browser either.
func TestLogoutEndsAtCtrlC(t *testing.T) {
	d := newSignOuts(t)
	d.run("en", visit(d.provider), "login")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c := newConsole(nil, false)
	c.connect, c.store, c.http, c.browse = connect, d.store, d.provider.Client(), func(context.Context, string) error { return nil }
	c.environment["PORTICO_PORTAL"] = d.portal
	c.program.out = io.MultiWriter(&c.out, writerFunc(func(b []byte) (int, error) { cancel(); return len(b), nil }))
	begun := time.Now()
	_ = c.run(ctx, t, "logout", "--browser", "--data-dir", d.dir)
	if took := time.Since(begun); took > 8*time.Second {
		t.Errorf("it ended after %v", took)
	}
}
