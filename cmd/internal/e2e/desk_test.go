//go:build linux

package e2e

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/cmd/internal/demoportal"
	"github.com/portico-desktop/portico/cmd/internal/stage"
)

// programs are what is tested; TestMain finds them.
var programs *stage.Programs

func TestMain(m *testing.M) {
	os.Exit(func() int {
		var err error
		if programs, err = stage.FindPrograms(context.Background(), os.Stderr); err != nil {
			fmt.Fprintln(os.Stderr, "e2e:", err)
			return 1
		}
		defer programs.Remove()
		return m.Run()
	}())
}

// providers are what people sign in with.
func providers() map[string]func(*testing.T, context.Context) (stage.Provider, error) {
	return map[string]func(*testing.T, context.Context) (stage.Provider, error){
		"oidc-provider": func(t *testing.T, ctx context.Context) (stage.Provider, error) {
			return stage.OIDCProvider(ctx, logOf(t))
		},
		"zitadel": func(_ *testing.T, ctx context.Context) (stage.Provider, error) { return stage.DemoProvider(ctx) },
	}
}

// record keeps what the processes of a test say, and shows it if it fails.
type record struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (r *record) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.b.Write(b)
}

func logOf(t *testing.T) *record {
	r := &record{}
	t.Cleanup(func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if t.Failed() {
			t.Logf("what the processes said:\n%s", r.b.String())
		}
	})
	return r
}

// within bounds a test.
func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// must fails the test for an error that nothing can be done about.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// desk is a person's desk with a portal and a provider within reach.
type desk struct {
	*stage.Stage
	t        *testing.T
	ctx      context.Context
	portal   string   // in PORTICO_PORTAL; "" for none
	env      []string // of every command, besides
	provider stage.Provider
}

// newDesk sets up a desk and everything it reaches.
func newDesk(t *testing.T, ctx context.Context, p stage.Params, provider func(*testing.T, context.Context) (stage.Provider, error)) *desk {
	t.Helper()
	d := &desk{t: t, ctx: ctx}
	var err error
	d.provider, err = provider(t, ctx)
	must(t, err)
	t.Cleanup(func() { d.provider.Close() })
	d.portal = newPortal(t, ctx, d.provider.Issuer()).URL()
	d.Stage = newStage(t, ctx, p)
	return d
}

func newStage(t *testing.T, ctx context.Context, p stage.Params) *stage.Stage {
	t.Helper()
	p.Log = logOf(t)
	s, err := stage.New(ctx, p)
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	return s
}

func newPortal(t *testing.T, ctx context.Context, authority string) *demoportal.Server {
	t.Helper()
	s, err := demoportal.Params{Providers: []demoportal.Provider{{
		ID: "work", Title: "Contoso Login", Authority: authority, ClientID: "portico", Domains: []string{"contoso.example"},
	}}}.Start(ctx)
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	return s
}

// document is what --json prints, all commands' members together.
type document struct {
	Phase          localapi.Phase     `json:"phase"`
	Account        *localapi.Account  `json:"account"`
	Accounts       []localapi.Account `json:"accounts"`
	Agent          *localapi.Info     `json:"agent"`
	Consent        *localapi.Consent  `json:"consent"`
	Problem        *localapi.Problem  `json:"problem"`
	Words          *struct{ Title, Text, Next string }
	Notices        []struct{ Problem localapi.Problem }
	Local          localapi.Step `json:"local"`
	Revoked        localapi.Step `json:"revoked"`
	Browser        localapi.Step `json:"browser"`
	RevokedProblem *localapi.Problem
}

func (d document) why() localapi.Code {
	if d.Problem == nil {
		return ""
	}
	return d.Problem.Code
}

// answer is how a command of the console ended.
type answer struct {
	exit int
	document
	tail string
}

func (d *desk) command(args ...string) stage.Command {
	return stage.Command{Name: programs.Path("porticoctl"), Args: append(args, "--json"), Env: append([]string{"PORTICO_PORTAL=" + d.portal}, d.env...)}
}

// ctl runs a command of the console to its end.
func (d *desk) ctl(args ...string) answer {
	d.t.Helper()
	r, err := d.Run(d.ctx, d.command(args...))
	must(d.t, err)
	return d.read(args, r.Code, r.Stdout, r.Tail)
}

func (d *desk) read(args []string, code int, stdout, tail string) answer {
	d.t.Helper()
	a := answer{exit: code, tail: tail}
	if err := json.Unmarshal([]byte(stdout), &a.document); err != nil {
		d.t.Fatalf("porticoctl %s --json: exit %d and no document: %v\n%s", strings.Join(args, " "), code, err, tail)
	}
	return a
}

// expect runs a command that has to end with this exit code.
func (d *desk) expect(code int, args ...string) answer {
	d.t.Helper()
	a := d.ctl(args...)
	if a.exit != code {
		d.t.Fatalf("porticoctl %s: exit %d, want %d\n%s", strings.Join(args, " "), a.exit, code, a.tail)
	}
	return a
}

// begin starts a command that opens the browser, and returns its page.
func (d *desk) begin(args ...string) (*stage.Process, *stage.Page) {
	d.t.Helper()
	p, err := d.Start(d.command(args...))
	must(d.t, err)
	page, err := d.Browser.Opened(d.ctx)
	if err != nil {
		d.t.Fatalf("%v\n%s", err, p.Tail())
	}
	return p, page
}

// finish waits for a command that was begun.
func (d *desk) finish(p *stage.Process, args ...string) answer {
	d.t.Helper()
	code, err := p.Wait(d.ctx)
	must(d.t, err)
	return d.read(args, code, p.Output(), p.Tail())
}

// login signs in on the console as Ada, in a browser where nobody is signed in.
func (d *desk) login() answer {
	d.t.Helper()
	p, page := d.begin("login")
	must(d.t, d.provider.SignIn(d.ctx, page, "ada"))
	must(d.t, page.WaitBack(d.ctx, d.provider.Issuer()))
	return d.finish(p, "login")
}

// signedIn checks that a command says that Ada is signed in.
func (d *desk) signedIn(what string, a answer) {
	d.t.Helper()
	if a.exit != localapi.ExitDone || a.Phase != localapi.SignedIn || a.Account == nil || a.Account.Email != "ada@contoso.example" {
		d.t.Fatalf("%s: exit %d, phase %q, account %+v; want Ada signed in\n%s", what, a.exit, a.Phase, a.Account, a.tail)
	}
}

// asked counts the provider's requests while f runs, by path.
func (d *desk) asked(f func()) map[string]int {
	d.t.Helper()
	before, err := d.provider.Requests(d.ctx)
	must(d.t, err)
	f()
	after, err := d.provider.Requests(d.ctx)
	must(d.t, err)
	asked := map[string]int{}
	for path, n := range after {
		if n > before[path] {
			asked[path] = n - before[path]
		}
	}
	return asked
}

// alive checks what the provider would still honour.
func (d *desk) alive(what string, want stage.Alive) {
	d.t.Helper()
	got, err := d.provider.Alive(d.ctx)
	must(d.t, err)
	if got != want {
		d.t.Errorf("%s: the provider honours %+v, want %+v", what, got, want)
	}
}

// refreshTokens digs the refresh tokens out of Portico's entries in the key
// store, as a thief would who can read it.
func (d *desk) refreshTokens() []string {
	d.t.Helper()
	secrets, err := d.Secrets(d.ctx)
	must(d.t, err)
	var tokens []string
	for _, s := range secrets {
		var value any
		if json.Unmarshal(s.Value, &value) == nil {
			dig(value, "", &tokens)
		}
	}
	return tokens
}

func dig(value any, name string, tokens *[]string) {
	switch v := value.(type) {
	case map[string]any:
		for name, member := range v {
			dig(member, name, tokens)
		}
	case []any:
		for _, member := range v {
			dig(member, name, tokens)
		}
	case string:
		if name == "refresh_token" {
			*tokens = append(*tokens, v)
			return
		}
		var inner any
		if plain, err := base64.StdEncoding.DecodeString(v); err == nil && json.Unmarshal(plain, &inner) == nil {
			dig(inner, "", tokens)
		}
	}
}

// onlyRefreshToken is the one that there has to be.
func (d *desk) onlyRefreshToken() string {
	d.t.Helper()
	tokens := d.refreshTokens()
	if len(tokens) != 1 || tokens[0] == "" {
		d.t.Fatalf("the key store holds %d refresh tokens, want one", len(tokens))
	}
	return tokens[0]
}

// keyStoreIsEmpty checks that nothing of Portico is left in it.
func (d *desk) keyStoreIsEmpty() {
	d.t.Helper()
	secrets, err := d.Secrets(d.ctx)
	must(d.t, err)
	for _, s := range secrets {
		d.t.Errorf("left in the key store: %q %v", s.Label, s.Attributes)
	}
}

// dead checks that the provider refuses a refresh token.
func (d *desk) dead(token string) {
	d.t.Helper()
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}, "client_id": {"portico"}}
	r, err := http.PostForm(d.provider.Issuer()+d.provider.TokenPath(), form)
	must(d.t, err)
	defer r.Body.Close()
	var refusal struct{ Error string }
	if err := json.NewDecoder(r.Body).Decode(&refusal); err != nil || refusal.Error != "invalid_grant" {
		d.t.Errorf("the provider answers %d %q (%v) to the old refresh token, want invalid_grant", r.StatusCode, refusal.Error, err)
	}
}
