//go:build linux

package e2e

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/cmd/internal/demoportal"
	"github.com/portico-desktop/portico/cmd/internal/stage"
)

// clientSecret is nothing that may ever be seen.
const clientSecret = "canary-secret-0123456789-abcdefghij" //nolint:gosec // made up

// setup is one way to register Portico, at a provider that offers this much.
type setup struct {
	provider func(context.Context, *testing.T, stage.ProviderOptions) (stage.Provider, error)
	options  stage.ProviderOptions
	// algorithm is of the key for private_key_jwt.
	algorithm string
	browser   stage.BrowserKind
	device    bool
	// changesKeys says that the provider tells an unknown key from a fault of its
	// own, so that Portico changes over to its second one; zitadel answers
	// server_error.
	changesKeys bool
	// pushed says that the authorization request has to be pushed.
	pushed bool
	// tokenRequests is what a silent start costs where a provider asks for a
	// nonce anew.
	tokenRequests int
}

func nodeWith(ctx context.Context, t *testing.T, o stage.ProviderOptions) (stage.Provider, error) {
	return stage.OIDCProviderWith(ctx, logOf(t), o)
}

func zitadelWith(ctx context.Context, _ *testing.T, o stage.ProviderOptions) (stage.Provider, error) {
	return stage.DemoProviderWith(ctx, o)
}

// setups are the matrix: what each of the two real providers supports.
func setups() map[string]setup {
	secret := func(method string) stage.ProviderOptions {
		return stage.ProviderOptions{Auth: method, Secret: clientSecret}
	}
	key := stage.ProviderOptions{Auth: "private_key_jwt"}
	return map[string]setup{
		"oidc-provider, secret by Basic":         {provider: nodeWith, options: secret("client_secret_basic")},
		"oidc-provider, secret in the form":      {provider: nodeWith, options: secret("client_secret_post")},
		"oidc-provider, key, ES256":              {provider: nodeWith, options: key, algorithm: "ES256", changesKeys: true},
		"oidc-provider, key, RS256":              {provider: nodeWith, options: key, algorithm: "RS256", changesKeys: true},
		"oidc-provider, PAR":                     {provider: nodeWith, options: stage.ProviderOptions{PAR: "offered"}, pushed: true},
		"oidc-provider, PAR required, with key":  {provider: nodeWith, options: stage.ProviderOptions{PAR: "required", Auth: "private_key_jwt"}, algorithm: "ES256", pushed: true},
		"oidc-provider, DPoP":                    {provider: nodeWith, options: stage.ProviderOptions{DPoP: "offered"}},
		"oidc-provider, DPoP with nonce and PAR": {provider: nodeWith, options: stage.ProviderOptions{DPoP: "nonce", PAR: "required"}, pushed: true, tokenRequests: 2},
		"oidc-provider, code on another device":  {provider: nodeWith, device: true},
		"oidc-provider, code, DPoP with nonce":   {provider: nodeWith, options: stage.ProviderOptions{DPoP: "nonce"}, device: true, tokenRequests: 2},
		"oidc-provider, Firefox":                 {provider: nodeWith, browser: stage.Firefox},
		"oidc-provider, Firefox, HTTPS only":     {provider: nodeWith, browser: stage.FirefoxHTTPSOnly},
		"zitadel, secret by Basic":               {provider: zitadelWith, options: secret("client_secret_basic")},
		"zitadel, secret in the form":            {provider: zitadelWith, options: secret("client_secret_post")},
		"zitadel, key, RS256":                    {provider: zitadelWith, options: key, algorithm: "RS256"},
		"zitadel, code on another device":        {provider: zitadelWith, device: true},
		"zitadel, Firefox, HTTPS only":           {provider: zitadelWith, browser: stage.FirefoxHTTPSOnly},
	}
}

// Every way to register Portico that the two providers know, from setting it up
// on the console to forgetting it.
func TestMatrix(t *testing.T) {
	t.Parallel()
	for name, s := range setups() {
		t.Run(name, func(t *testing.T) {
			ctx := within(t, 2*time.Minute)
			d := newSetup(t, ctx, s)
			d.prove(s)
			d.signedIn("login", d.signInAs(s))
			asked, err := d.provider.Requests(ctx)
			must(t, err)
			if pushes := asked["/request"]; (pushes > 0) != s.pushed {
				t.Errorf("%d requests were pushed, want some: %v", pushes, s.pushed)
			}

			first := d.onlyRefreshToken()
			silent := d.asked(func() { d.signedIn("the next start", d.ctl("status")) })
			if want := max(1, s.tokenRequests); len(silent) != 1 || silent[d.provider.TokenPath()] > want {
				t.Errorf("a silent start asks %v, want the token endpoint alone, %d times at most", silent, want)
			}
			if d.onlyRefreshToken() == first {
				t.Error("the provider replaced the refresh token and Portico kept the old one")
			}
			if s.options.Auth != "" || s.options.DPoP != "" {
				d.uselessAlone(d.onlyRefreshToken())
				d.signedIn("after somebody tried a stolen token", d.ctl("status", "--refresh"))
			}

			if s.changesKeys {
				keys := d.newKey(2)
				d.signedIn("with a second key made", d.ctl("status", "--refresh"))
				d.register(keys[1])
				d.signedIn("with the second key registered in place of the first", d.ctl("status", "--refresh"))
			}

			if a := d.expect(localapi.ExitDone, "logout"); a.Local != localapi.StepDone || a.Revoked != localapi.StepDone {
				t.Errorf("logout: %s, %s\n%s", a.Local, a.Revoked, a.tail)
			}
			if alive, err := d.provider.Alive(ctx); err != nil || alive.Grants != 0 {
				t.Errorf("after signing out the provider honours %+v, %v", alive, err)
			}
			r, err := d.Run(ctx, d.command("forget", "--yes"))
			must(t, err)
			if r.Code != localapi.ExitDone {
				t.Errorf("forget: exit %d\n%s", r.Code, r.Tail)
			}
			d.keyStoreIsEmpty()
		})
	}
}

// newSetup is a desk whose portal describes this registration.
func newSetup(t *testing.T, ctx context.Context, s setup) *desk {
	t.Helper()
	provider := func(t *testing.T, ctx context.Context) (stage.Provider, error) {
		return s.provider(ctx, t, s.options)
	}
	d := newDesk(t, ctx, stage.Params{Browser: s.browser}, provider)
	portal, err := demoportal.Params{Providers: []demoportal.Provider{{
		ID: "work", Title: "Contoso Login", Authority: d.provider.Issuer(), ClientID: "portico",
		ClientAuth: demoportal.ClientAuth{Method: s.options.Auth, Algorithm: s.algorithm},
	}}}.Start(ctx)
	must(t, err)
	t.Cleanup(func() { must(t, portal.Close()) })
	d.portal = portal.URL()
	return d
}

// prove sets up the client's authentication as an administrator does.
func (d *desk) prove(s setup) {
	d.t.Helper()
	switch s.options.Auth {
	case "client_secret_basic", "client_secret_post":
		if a := d.ctl("login"); a.why() != localapi.SecretMissing {
			d.t.Errorf("login before the secret is set: exit %d, %q\n%s", a.exit, a.why(), a.tail)
		}
		c := d.command("providers", "secret", "work", "--expires", time.Now().AddDate(1, 0, 0).Format(time.DateOnly))
		c.Stdin = strings.NewReader(clientSecret + "\n")
		r, err := d.Run(d.ctx, c)
		must(d.t, err)
		if r.Code != 0 || strings.Contains(r.Tail, clientSecret) {
			d.t.Fatalf("providers secret: exit %d\n%s", r.Code, strings.ReplaceAll(r.Tail, clientSecret, "THE SECRET"))
		}
	case "private_key_jwt":
		d.register(d.newKey(1)[0])
	}
}

// newKey makes a key, which has to be the n-th, and lists all of them.
func (d *desk) newKey(n int) []localapi.ClientKey {
	d.t.Helper()
	r, err := d.Run(d.ctx, d.command("providers", "key", "work", "--new"))
	must(d.t, err)
	var made struct {
		Keys []localapi.ClientKey `json:"keys"`
	}
	if err := json.Unmarshal([]byte(r.Stdout), &made); err != nil || r.Code != 0 || len(made.Keys) != n {
		d.t.Fatalf("providers key --new: exit %d, %v, %d keys, want %d\n%s", r.Code, err, len(made.Keys), n, r.Tail)
	}
	return made.Keys
}

// register makes this key the only one that the provider takes.
func (d *desk) register(k localapi.ClientKey) {
	d.t.Helper()
	must(d.t, d.provider.(stage.RegistersKeys).ClientKeys(d.ctx, []json.RawMessage{json.RawMessage(k.JWK)}))
}

// uselessAlone checks that a refresh token is worth nothing to a thief who has
// neither the client's credential nor the key that the token is bound to.
func (d *desk) uselessAlone(token string) {
	d.t.Helper()
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}, "client_id": {"portico"}}
	r, err := http.PostForm(d.provider.Issuer()+d.provider.TokenPath(), form)
	must(d.t, err)
	defer r.Body.Close()
	if r.StatusCode == http.StatusOK {
		d.t.Error("the refresh token alone is enough to sign in")
	}
}

// A refresh token that comes a second time was stolen, by whoever came first or
// second: the provider ends the sign-in, and Portico asks the person again.
func TestTokenUsedTwiceEndsTheSignIn(t *testing.T) {
	t.Parallel()
	for name, provider := range providers() {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, within(t, time.Minute), stage.Params{}, provider)
			d.signedIn("login", d.login())
			stolen := d.onlyRefreshToken()
			d.signedIn("the next start", d.ctl("status"))
			d.dead(stolen)
			if a := d.expect(localapi.ExitSignInNeeded, "status"); a.why() != localapi.SignInExpired {
				t.Errorf("after the theft: %q\n%s", a.why(), a.tail)
			}
		})
	}
}

// signInAs signs Ada in, in the way that a setup asks for.
func (d *desk) signInAs(s setup) answer {
	d.t.Helper()
	if !s.device {
		return d.login()
	}
	p, err := d.Start(d.command("login", "--device"))
	must(d.t, err)
	var code string
	_, err = p.WaitError(d.ctx, func(line string) bool {
		if found := regexp.MustCompile(`\b[A-Z0-9]{4}-[A-Z0-9]{4}\b`).FindString(line); found != "" {
			code = found
		}
		return code != ""
	})
	must(d.t, err)
	address, err := p.WaitError(d.ctx, func(line string) bool { return strings.HasPrefix(line, "http") })
	must(d.t, err)
	// Any device: here it is the same one.
	_, err = d.Start(stage.Command{Name: d.Browser.Script, Args: []string{address}})
	must(d.t, err)
	page, err := d.Browser.Opened(d.ctx)
	must(d.t, err)
	must(d.t, d.provider.(stage.GivesCodes).EnterCode(d.ctx, page, code, "ada"))
	return d.finish(p, "login")
}
