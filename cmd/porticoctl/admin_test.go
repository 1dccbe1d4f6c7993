package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/vault"
	"github.com/portico-desktop/portico/cmd/internal/demoidp"
)

// desk is where an administrator tries a manifest: a key store, a folder for
// Portico's files, and the manifest.
type desk struct {
	store    *authtest.KeyStore
	dir      string
	manifest string
	browse   func(context.Context, string) error
	http     *http.Client
	said     strings.Builder // by all commands
	read     io.Writer       // reads along what is said, nil for nobody
}

func newDesk(t *testing.T, provider string) *desk {
	t.Helper()
	d := &desk{store: authtest.NewKeyStore(), dir: t.TempDir(), manifest: filepath.Join(t.TempDir(), "portico.json")}
	d.describe(t, provider)
	return d
}

// describe puts a provider into the manifest.
func (d *desk) describe(t *testing.T, provider string) {
	t.Helper()
	if err := os.WriteFile(d.manifest, []byte(`{"version": 1, "name": "Contoso IT", "providers": [`+provider+`]}`), 0o600); err != nil {
		t.Fatal(err)
	}
}

// run runs a command with an agent of its own and decodes its document.
func (d *desk) run(t *testing.T, exit int, in string, document any, args ...string) *console {
	t.Helper()
	c := newConsole(nil, false)
	c.connect, c.store, c.browse, c.http = connect, vault.New(vault.Params{Service: "test", Backend: d.store}), d.browse, d.http
	c.in = strings.NewReader(in)
	if d.read != nil {
		c.program.progress = io.MultiWriter(&c.progress, d.read)
	}
	code := c.run(t.Context(), t, append(args, "--manifest", d.manifest, "--json", "--data-dir", d.dir)...)
	d.said.WriteString(c.out.String() + c.progress.String())
	if code != exit {
		t.Fatalf("%s: exit %d, want %d\n%s%s", args, code, exit, &c.out, &c.progress)
	}
	if document != nil {
		if err := json.Unmarshal(c.out.Bytes(), document); err != nil {
			t.Fatalf("%s: %v", args, err)
		}
	}
	return c
}

// listed is what providers tells of the one provider there is.
type listed struct {
	Providers []struct {
		RedirectURI string                `json:"redirect_uri"`
		ClientAuth  string                `json:"client_auth"`
		ConsentURL  string                `json:"consent_url"`
		Secret      *localapi.SecretSetup `json:"secret"`
		Keys        []localapi.ClientKey  `json:"keys"`
		Problems    []struct {
			Problem localapi.Problem `json:"problem"`
		} `json:"problems"`
	}
}

func (l listed) problems() (codes []localapi.Code) {
	for _, p := range l.Providers[0].Problems {
		codes = append(codes, p.Problem.Code)
	}
	return codes
}

// TestASecretIsSetAndRehearsed is the story of an administrator whose provider
// hands out a secret: what is missing is said, the secret is set, the manifest is
// tried, and nothing of the sign-in stays.
func TestASecretIsSetAndRehearsed(t *testing.T) {
	const canary = "c4n4ry-s3cret"
	idp, err := demoidp.Params{ClientAuth: "client_secret_post", Secret: canary}.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = idp.Close() }()
	d := newDesk(t, fmt.Sprintf(
		`{"id": "work", "title": "Contoso", "authority": %q, "client_id": %q, "client_auth": {"method": "client_secret_post"}}`, idp.Issuer(), demoidp.ClientID))
	d.browse = personInBrowser(idp.Issuer())

	var look listed
	d.run(t, 0, "", &look, "providers")
	if p := look.Providers[0]; p.RedirectURI != "http://127.0.0.1/" || p.Secret == nil || p.Secret.Set {
		t.Errorf("listed as %+v", p)
	}
	if got := look.problems(); len(got) != 1 || got[0] != localapi.SecretMissing {
		t.Errorf("problems %v", got)
	}
	d.run(t, localapi.ExitConfig, "", nil, "login")

	var kept providerSecret
	d.run(t, 0, "wrong\n", nil, "providers", "secret", "work")
	d.run(t, localapi.ExitConfig, "", nil, "login")
	d.run(t, 0, canary+"\n", &kept, "providers", "secret", "work", "--expires", "2999-12-31")
	if !kept.Secret.Set || kept.Secret.DaysLeft == nil || *kept.Secret.DaysLeft < 1 {
		t.Errorf("the secret is kept as %+v", kept.Secret)
	}
	before := d.store.Entries("test")

	var who standing
	d.run(t, 0, "", &who, "login")
	if !who.Rehearsal || who.Account == nil || who.Account.Subject != demoidp.People()[0].Subject || who.Account.Remembered {
		t.Errorf("signed in as %+v", who)
	}
	after := d.store.Entries("test")
	if len(before) == 0 || len(after) != len(before) {
		t.Errorf("the rehearsal left %d entries in the key store, there were %d", len(after), len(before))
	}
	if found := filesWith(t, d.dir, demoidp.People()[0].Email); found != nil {
		t.Errorf("the rehearsal left %v", found)
	}

	d.run(t, 0, "", &kept, "providers", "secret", "work", "--remove")
	if kept.Secret.Set {
		t.Error("the secret is still there")
	}
	d.run(t, localapi.ExitConfig, "", nil, "login")
	if strings.Contains(d.said.String(), canary) {
		t.Errorf("the secret appears in\n%s", &d.said)
	}
	if found := filesWith(t, d.dir, canary); found != nil {
		t.Errorf("the secret is in %v", found)
	}
}

// TestAKeyIsMadeRegisteredAndRenewed is the better story: a key, its certificate
// registered as Entra does it, and the change to a second one.
func TestAKeyIsMadeRegisteredAndRenewed(t *testing.T) {
	idp := authtest.New(t, authtest.WithEntra(authtest.EntraOptions{Authority: authtest.EntraTenant}),
		authtest.WithClientAuth("private_key_jwt"), authtest.WithCertificates())
	d := newDesk(t, fmt.Sprintf(
		`{"id": "m365", "authority": %q, "dialect": "entra", "client_id": "portico", "redirect": {"host": "localhost"}, "client_auth": {"method": "private_key_jwt"}}`, idp.URL))
	d.http = idp.Client()
	d.browse = visit(idp)

	d.run(t, localapi.ExitConfig, "", nil, "login")
	certificate := filepath.Join(t.TempDir(), "portico.cer")
	var keys providerKeys
	d.run(t, 0, "", &keys, "providers", "key", "m365", "--new", "--out", certificate)
	if len(keys.Keys) != 1 || keys.Made != keys.Keys[0].ID || !keys.Keys[0].Current {
		t.Fatalf("keys %+v", keys)
	}
	d.run(t, localapi.ExitConfig, "", nil, "login") // nobody knows it yet
	idp.RegisterCertificate(read(t, certificate))
	var who standing
	d.run(t, 0, "", &who, "login")
	if who.Account == nil || who.Account.Email != authtest.Ada().Email {
		t.Errorf("signed in as %+v", who.Account)
	}

	first := keys.Keys[0].ID
	d.run(t, 0, "", &keys, "providers", "key", "m365", "--new", "--out", certificate)
	d.run(t, localapi.ExitUsage, "", nil, "providers", "key", "m365", "--new") // a third one
	idp.ForgetKeys()
	idp.RegisterCertificate(read(t, certificate))
	d.run(t, 0, "", nil, "login")
	d.run(t, 0, "", &keys, "providers", "key", "m365")
	if len(keys.Keys) != 2 || keys.Keys[0].ID == first || !keys.Keys[0].Current {
		t.Errorf("did not change over: %+v", keys.Keys)
	}
	d.run(t, 0, "", &keys, "providers", "key", "m365", "--drop", first)
	if len(keys.Keys) != 1 || keys.Keys[0].ID == first {
		t.Errorf("not dropped: %+v", keys.Keys)
	}
	d.run(t, 0, "", nil, "login")
	for _, trace := range []string{d.said.String(), read(t, certificate)} {
		if strings.Contains(trace, "PRIVATE KEY") || strings.Contains(trace, `"d":`) {
			t.Errorf("a private key appears in\n%s", trace)
		}
	}
}

// TestAnAdministratorConsents is the first day of Microsoft 365: the link comes
// out, an administrator follows it, and the next sign-in works.
func TestAnAdministratorConsents(t *testing.T) {
	idp := authtest.New(t, authtest.WithEntra(authtest.EntraOptions{}))
	idp.NeedConsent(authtest.ConsentOfAdmin)
	d := newDesk(t, fmt.Sprintf(
		`{"id": "m365", "authority": %q, "dialect": "entra", "client_id": "portico", "redirect": {"host": "localhost"}}`, idp.URL))
	d.http = idp.Client()
	d.browse = visit(idp)

	var look listed
	d.run(t, 0, "", &look, "providers")
	if p := look.Providers[0]; p.RedirectURI != "http://localhost" || !strings.Contains(p.ConsentURL, "/organizations/v2.0/adminconsent?") || p.Problems != nil {
		t.Errorf("listed as %+v", p)
	}
	var who standing
	c := d.run(t, localapi.ExitConsent, "", &who, "login")
	if who.Consent == nil || !strings.Contains(who.Consent.URL, "/adminconsent?") || !strings.HasPrefix(who.Consent.Mail, "mailto:") {
		t.Fatalf("consent %+v", who.Consent)
	}
	if !strings.Contains("\n"+c.progress.String(), "\n"+who.Consent.URL+"\n") {
		t.Errorf("the link is not alone on a line:\n%s", &c.progress)
	}
	consents(t, idp, who.Consent.URL)
	d.run(t, 0, "", &who, "login", "--account", authtest.Ada().Email)
	if who.Account == nil || who.Account.Subject != authtest.EntraObject && who.Account.Email != authtest.Ada().Email {
		t.Errorf("signed in as %+v", who.Account)
	}
}

// consents is an administrator who follows the link somewhere else: their browser
// ends at an address where nobody listens, and the consent holds all the same.
func consents(t *testing.T, idp *authtest.Provider, link string) {
	t.Helper()
	page, err := idp.Browse(t.Context(), link)
	var ended *url.Error
	if errors.As(err, &ended) && strings.HasPrefix(ended.URL, "http://localhost") {
		return
	}
	if err != nil {
		t.Error(err)
		return
	}
	_ = page.Body.Close()
}

var refreshTo = regexp.MustCompile(`<meta http-equiv="refresh" content="[0-9]+;url=([^"]+)">`)

// TestTheCommandWaitsForTheAdministrator: the browser shows that it waits, the
// administrator consents elsewhere, the browser looks again.
func TestTheCommandWaitsForTheAdministrator(t *testing.T) {
	idp := authtest.New(t, authtest.WithEntra(authtest.EntraOptions{}))
	idp.NeedConsent(authtest.ConsentOfAdmin)
	d := newDesk(t, fmt.Sprintf(
		`{"id": "m365", "authority": %q, "dialect": "entra", "client_id": "portico", "redirect": {"host": "localhost"}}`, idp.URL))
	d.http = idp.Client()
	browsed := make(chan error, 1)
	waits := make(chan struct{})
	d.read = until("Portico waits until", waits)
	d.browse = func(ctx context.Context, address string) error {
		page, err := text(idp.Browse(ctx, address))
		if err != nil {
			return err
		}
		response, err := idp.Browse(ctx, authtest.ReturnAddress(page))
		if err != nil {
			return err
		}
		ended := response.Request.URL
		if page, err = text(response, nil); err != nil {
			return err
		}
		again := refreshTo.FindStringSubmatch(page)
		if again == nil {
			return fmt.Errorf("the browser does not look again by itself:\n%s", page)
		}
		next, err := ended.Parse(html.UnescapeString(again[1]))
		if err != nil {
			return err
		}
		idp.NeedConsent(authtest.ConsentGiven)
		go func() {
			<-waits
			_, err := text(idp.Browse(ctx, next.String()))
			browsed <- err
		}()
		return nil
	}
	var who standing
	c := d.run(t, 0, "", &who, "login", "--wait")
	if err := <-browsed; err != nil {
		t.Error(err)
	}
	if !strings.Contains(c.progress.String(), "/adminconsent?") || !strings.Contains(c.progress.String(), "Portico waits until") {
		t.Errorf("said only\n%s", &c.progress)
	}
	if who.Account == nil || who.Account.Email != authtest.Ada().Email {
		t.Errorf("signed in as %+v", who.Account)
	}
}

// until is a reader who closes a channel at the first line with a text in it.
func until(part string, seen chan struct{}) io.Writer {
	return writerFunc(func(line []byte) (int, error) {
		if seen != nil && strings.Contains(string(line), part) {
			close(seen)
			seen = nil
		}
		return len(line), nil
	})
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// visit is a browser with the provider's person in front of it, who returns where
// the provider says that an administrator is needed.
func visit(idp *authtest.Provider) func(context.Context, string) error {
	return func(ctx context.Context, address string) error {
		page, err := text(idp.Browse(ctx, address))
		if err != nil {
			return err
		}
		if back := authtest.ReturnAddress(page); back != "" {
			if !regexp.MustCompile(`^https?://`).MatchString(back) {
				return fmt.Errorf("the page leads to %q", back)
			}
			_, err = text(idp.Browse(ctx, back))
		}
		return err
	}
}

func text(page *http.Response, err error) (string, error) {
	if err != nil {
		return "", err
	}
	defer func() { _ = page.Body.Close() }()
	body, err := io.ReadAll(page.Body)
	return string(body), err
}

func read(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
