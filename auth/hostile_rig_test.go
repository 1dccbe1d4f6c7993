package auth_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/loopback"
)

// A hostileCase is one way in which a provider, or somebody between it and the
// person, misbehaves, and what has to come of it.
type hostileCase struct {
	name    string
	options []authtest.Option
	// provider changes the program's own description.
	provider func(*hostile, *auth.Provider)
	// attack returns what goes wrong from the attempt on.
	attack func(*hostile) []authtest.Fault
	// act is the attempt: signsIn, or refreshes if there is an honest sign-in first.
	act     func(*hostile) (*auth.Tokens, error)
	refresh bool
	// want is the refusal; nil is a positive control, which has to succeed.
	want verdict
	// also holds what else has to be true afterwards.
	also func(*hostile, *auth.Tokens, error)
}

// hostile is what one case has to work with: a desk whose provider misbehaves, and
// somebody whom nobody must ask.
type hostile struct {
	*desk
	test     hostileCase
	evil     *authtest.Provider
	log      *transcript
	mu       sync.Mutex    // while the browser runs
	page     string        // what the browser ended on, as text
	answer   http.Header   // and its header
	patience time.Duration // of the HTTP client, 10 s if 0
	waits    time.Duration // of the sign-in, 10 s if 0
	account  auth.Account  // who is signed in before a refresh
}

// A verdict says whether an error is the one that a case wants, and what it wants.
type verdict func(error) (ok bool, want string)

// trust wants a *TrustError with the named check.
func trust(check string) verdict {
	return func(err error) (bool, string) {
		var e *auth.TrustError
		return errors.As(err, &e) && e.Check == check, "a TrustError with the check " + check
	}
}

// notProvider wants a *NotProviderError that mentions something.
func notProvider(about string) verdict {
	return func(err error) (bool, string) {
		var e *auth.NotProviderError
		return errors.As(err, &e) && strings.Contains(err.Error(), about), "a NotProviderError about " + about
	}
}

// unavailable wants an *UnavailableError at a step, with a status, that mentions
// something.
func unavailable(step string, status int, about string) verdict {
	return func(err error) (bool, string) {
		var e *auth.UnavailableError
		return errors.As(err, &e) && e.Step == step && e.Status == status && strings.Contains(err.Error(), about),
			fmt.Sprintf("an UnavailableError at %s with the status %d about %q", step, status, about)
	}
}

// refusedWith wants the provider's own refusal.
func refusedWith(step, code string) verdict {
	return func(err error) (bool, string) {
		var e *auth.ProviderError
		return errors.As(err, &e) && e.Step == step && e.Code == code, "a ProviderError at " + step + " with " + code
	}
}

// tenantRefused wants a *TenantError.
func tenantRefused(tenant string, personal bool) verdict {
	return func(err error) (bool, string) {
		var e *auth.TenantError
		return errors.As(err, &e) && e.Tenant == tenant && e.Personal == personal, "a TenantError about " + tenant
	}
}

// misconfigured wants a *ConfigError about a key.
func misconfigured(key string) verdict {
	return func(err error) (bool, string) {
		var e *auth.ConfigError
		return errors.As(err, &e) && e.Key == key, "a ConfigError about " + key
	}
}

// clockWrong wants a *ClockError.
func clockWrong(err error) (bool, string) {
	var e *auth.ClockError
	return errors.As(err, &e), "a ClockError"
}

// timedOut wants ErrTimedOut: what came was noise.
func timedOut(err error) (bool, string) { return errors.Is(err, auth.ErrTimedOut), "ErrTimedOut" }

// faults makes an attack of faults that need nothing of the case.
func faults(f ...authtest.Fault) func(*hostile) []authtest.Fault {
	return func(*hostile) []authtest.Fault { return f }
}

// impatient is an attack by waiting: the case gives up soon.
func impatient(f ...authtest.Fault) func(*hostile) []authtest.Fault {
	return func(h *hostile) []authtest.Fault { h.patience = 500 * time.Millisecond; return f }
}

// noise is an attack that is not even noticed: the sign-in times out.
func noise(f ...authtest.Fault) func(*hostile) []authtest.Fault {
	return func(h *hostile) []authtest.Fault { h.waits = 500 * time.Millisecond; return f }
}

// metadata is an attack that changes one member of the metadata.
func metadata(name string, value any) func(*hostile) []authtest.Fault {
	return faults(authtest.Metadata(func(m map[string]any) { m[name] = value }))
}

func (h *hostile) client() *auth.Client {
	h.t.Helper()
	p := auth.Provider{ID: "work", Title: "Work account", Authority: h.provider.URL, ClientID: authtest.ClientID}
	if h.test.provider != nil {
		h.test.provider(h, &p)
	}
	web := h.provider.Client()
	web.Timeout = 10 * time.Second
	if h.patience > 0 {
		web.Timeout = h.patience
	}
	transport := web.Transport.(*http.Transport).Clone()
	transport.MaxResponseHeaderBytes = 64 << 10 // as the engine's own client has it
	web.Transport = transport
	h.t.Cleanup(transport.CloseIdleConnections)
	c, err := auth.New(auth.Params{
		Provider: p, Accounts: h.accounts(), CacheDir: h.dir, HTTP: web,
		Log: slog.New(slog.NewTextHandler(h.log, nil)),
	})
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(c.Close)
	return c
}

// options words the final page out of everything that a refusal has to say, as a
// program does that shows it all.
func (h *hostile) options() auth.BeginOptions {
	limit := h.waits
	if limit == 0 {
		limit = 10 * time.Second
	}
	return auth.BeginOptions{Timeout: limit, Page: func(_ *auth.Tokens, err error) loopback.Page {
		if err == nil {
			return loopback.Page{Done: true, Title: "signed in"}
		}
		var e *auth.ProviderError
		p := loopback.Page{Title: "refused", Text: err.Error(), Accent: err.Error(), Lang: err.Error(), DetailsTitle: err.Error()}
		if errors.As(err, &e) {
			p.Details = []string{e.Code, e.Description, e.URI, e.Suberror, e.CorrelationID, e.TraceID, e.Claims}
		}
		return p
	}}
}

// signsIn is the attempt of most cases.
func signsIn(h *hostile) (*auth.Tokens, error) {
	in, err := h.client().Begin(h.t.Context(), h.options())
	if err != nil {
		return nil, err
	}
	var browser sync.WaitGroup
	browser.Go(func() { h.browse(in.URL()) })
	tokens, err := in.Wait()
	browser.Wait()
	return tokens, err
}

// browse is the person's browser. What it ends on is kept.
func (h *hostile) browse(address string) {
	resp, err := h.provider.Browse(h.t.Context(), address)
	if err != nil {
		return // the case says what becomes of the sign-in
	}
	body, _ := io.ReadAll(resp.Body)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.page, h.answer = string(body), resp.Header
}

// refreshes is the attempt of a program that has just started.
func refreshes(h *hostile) (*auth.Tokens, error) {
	return h.client().Refresh(h.t.Context(), h.account.ID)
}

// codes signs in with a device code.
func codes(h *hostile) (*auth.Tokens, error) {
	in, err := h.client().BeginDevice(h.t.Context(), h.options())
	if err != nil {
		return nil, err
	}
	return in.Wait()
}

func (test hostileCase) run(t *testing.T) {
	h := &hostile{desk: newDesk(t, test.options...), test: test, evil: authtest.New(t), log: &transcript{}}
	if test.act == nil {
		test.act = signsIn
	}
	if test.refresh {
		test.act = refreshes
		tokens, err := signsIn(h)
		if err != nil {
			t.Fatalf("the honest sign-in before: %v", err)
		}
		h.account, h.page = tokens.Account, ""
	}
	before := h.remembered()
	if test.attack != nil {
		h.provider.Fault(test.attack(h)...)
	}
	tokens, err := test.act(h)
	if test.want == nil {
		if err != nil || tokens == nil {
			t.Errorf("positive control: err = %v, tokens = %v", err, tokens)
		}
	} else {
		h.mustBeRefused(tokens, err, before)
	}
	if asked := h.evil.Requests(); len(asked) > 0 {
		t.Errorf("somebody else was asked: %+v", asked)
	}
	h.mustKeepSecrets(err)
	if test.also != nil {
		test.also(h, tokens, err)
	}
}

// mustBeRefused holds what is true of every refusal.
func (h *hostile) mustBeRefused(tokens *auth.Tokens, err error, before []auth.Known) {
	h.t.Helper()
	if ok, want := h.test.want(err); !ok {
		h.t.Errorf("err = %v (%T), want %s", err, err, want)
	}
	if err == nil {
		return
	}
	if tokens != nil {
		h.t.Error("tokens were returned all the same")
	}
	if reason := auth.ReasonOf(err); reason == auth.ReasonNone || reason == auth.ReasonUnknown {
		h.t.Errorf("the refusal has no reason: %v", err)
	}
	if strings.Contains(h.page, "signed in") {
		h.t.Error("the browser says that it worked")
	}
	if diff := cmp.Diff(before, h.remembered()); diff != "" {
		h.t.Errorf("what is kept has changed: %s", diff)
	}
}

// mustKeepSecrets: no error and no log has a secret in it, or what would break a
// line.
func (h *hostile) mustKeepSecrets(err error) {
	h.t.Helper()
	said := h.log.String()
	if err != nil {
		said += err.Error()
		if strings.ContainsFunc(err.Error(), unicode.IsControl) {
			h.t.Errorf("the error has control characters: %q", err)
		}
		if len(err.Error()) > 4<<10 {
			h.t.Errorf("the error has %d bytes", len(err.Error()))
		}
	}
	for _, r := range h.provider.Requests() {
		for _, name := range []string{"code", "code_verifier", "refresh_token", "client_secret", "device_code", "client_assertion"} {
			if secret := r.Get(name); len(secret) > 8 && strings.Contains(said, secret) {
				h.t.Errorf("the %s is in an error or a log: %s", name, said)
			}
		}
	}
}

// transcript is a log that is written and read at the same time.
type transcript struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *transcript) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *transcript) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// clientSecret is the registered client's, where it has one.
const clientSecret = "a client secret of forty characters, or so"

// answers gives a member of the token answer another value; nil leaves it out.
func answers(name string, value any) authtest.Fault {
	return authtest.TokenAnswer(func(fields map[string]any) {
		if value == nil {
			delete(fields, name)
		} else {
			fields[name] = value
		}
	})
}

// redirectedAt wants the refusal of a document that is somewhere else.
func redirectedAt(_ string, status int) verdict { return notProvider(fmt.Sprint("status ", status)) }

func quoted(s string) string {
	raw, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(raw)
}

// respond opens an authorization request as the attacker does, or whoever stands
// beside the browser: the response goes nowhere yet.
func (h *hostile) respond(address string) *url.URL {
	h.t.Helper()
	web := h.provider.Client()
	web.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := web.Get(address)
	if err != nil {
		h.t.Fatal(err)
	}
	defer resp.Body.Close()
	to, err := resp.Location()
	if err != nil {
		h.t.Fatal(err)
	}
	return to
}

// another is another person's program at the same provider.
func (h *hostile) another() *hostile {
	d := &desk{t: h.t, provider: h.provider, keyStore: authtest.NewKeyStore(), dir: h.t.TempDir()}
	return &hostile{desk: d, log: &transcript{}}
}

// injected is a sign-in into which an attacker injects a code of a session of their
// own, got for the same redirect URI (RFC 9700, section 4.5).
func injected(h *hostile) (*auth.Tokens, error) {
	in, err := h.client().Begin(h.t.Context(), h.options())
	if err != nil {
		return nil, err
	}
	own, err := url.Parse(in.URL())
	if err != nil {
		h.t.Fatal(err)
	}
	q := own.Query()
	q.Set("nonce", loopback.NewState())
	q.Set("code_challenge", oauth2.S256ChallengeFromVerifier(oauth2.GenerateVerifier()))
	own.RawQuery = q.Encode()
	// The state is that of the person's own request: the attack is carried out in
	// full, by somebody who could read it.
	to := h.respond(own.String())
	var browser sync.WaitGroup
	browser.Go(func() { h.browse(to.String()) })
	tokens, err := in.Wait()
	browser.Wait()
	return tokens, err
}

// earlier is what went over the wire in a sign-in that is over.
func (h *hostile) earlier(e authtest.Endpoint, name string) string {
	if _, err := signsIn(h.another()); err != nil {
		h.t.Fatal(err)
	}
	return h.provider.Requests(e)[0].Get(name)
}

// respondsTwice lets the browser come back twice, with a different code.
func respondsTwice(h *hostile) (*auth.Tokens, error) {
	in, err := h.client().Begin(h.t.Context(), h.options())
	if err != nil {
		return nil, err
	}
	first := h.respond(in.URL())
	second, q := *first, first.Query()
	q.Set("code", "another-code")
	second.RawQuery = q.Encode()
	var browser sync.WaitGroup
	for _, address := range []string{first.String(), second.String()} {
		to := h.respond(address)
		browser.Go(func() { h.browse(to.String()) })
	}
	tokens, err := in.Wait()
	browser.Wait()
	return tokens, err
}

// signsInWithSecret is signsIn by a client that has one.
func signsInWithSecret(h *hostile) (*auth.Tokens, error) {
	if err := h.client().SetSecret(h.t.Context(), auth.Secret{Value: clientSecret}); err != nil {
		return nil, err
	}
	return signsIn(h)
}
