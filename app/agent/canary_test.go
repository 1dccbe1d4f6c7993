package agent

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/diag"
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/app/words"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/vault"
)

// canaries are secrets by their value, and what they are.
type canaries struct {
	mu  sync.Mutex
	all map[string]string
}

func (c *canaries) note(what, value string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(value) >= 8 {
		c.all[value] = what
	}
}

// in lists which secrets a text holds, as they are and in the forms that URLs and
// HTTP give them.
func (c *canaries) in(text string) (found []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for value, what := range c.all {
		if at := strings.Index(text, value); at >= 0 {
			found = append(found, fmt.Sprintf("%s in …%s…", what, text[max(0, at-80):min(len(text), at+len(value)+10)]))
		} else if strings.Contains(text, base64.StdEncoding.EncodeToString([]byte(value))) {
			found = append(found, what+" in base64")
		}
	}
	return found
}

// echo is a provider that repeats what it was sent in its refusal, and notes the
// secrets of what goes over the wire.
type echo struct {
	http.RoundTripper
	seen *canaries
	mu   sync.Mutex
	form func(body, authorization string) string // how it repeats, nil not to
	// earlier: it repeats what an earlier request carried, which only its looks tell.
	earlier             bool
	body, authorization string // of the last request that was not repeated
}

func (e *echo) repeat(form func(body, authorization string) string, earlier bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.form, e.earlier = form, earlier
}

// secretMembers are those of requests and answers that nobody may read.
func secretMembers() []string {
	return []string{
		"access_token", "id_token", "refresh_token", "device_code", "user_code", "code", "code_verifier", "state", "nonce", "client_secret", "client_assertion", "token",
	}
}

func (e *echo) RoundTrip(r *http.Request) (*http.Response, error) {
	var sent []byte
	if r.Body != nil {
		sent, _ = io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(sent))
	}
	authorization := r.Header.Get("Authorization")
	_, basic, _ := strings.Cut(authorization, " ")
	e.seen.note("the Authorization header", basic)
	e.mu.Lock()
	form, body := e.form, string(sent)
	switch {
	case form != nil && e.earlier:
		body, authorization = e.body, e.authorization
	case form == nil && len(sent) > 0:
		e.body, e.authorization = body, authorization
	}
	e.mu.Unlock()
	resp, err := e.RoundTripper.RoundTrip(r)
	if err != nil || len(sent) == 0 {
		return resp, err
	}
	got, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil {
		return nil, err
	}
	var answer map[string]any
	if json.Unmarshal(got, &answer) == nil {
		for _, what := range secretMembers() {
			value, _ := answer[what].(string)
			e.seen.note(what, value)
		}
	}
	if form != nil {
		resp.StatusCode = http.StatusBadRequest
		got, _ = json.Marshal(map[string]string{"error": "invalid_grant", "error_description": form(body, authorization), "suberror": "basic_action"})
		resp.ContentLength = int64(len(got))
		resp.Header.Set("Content-Length", fmt.Sprint(len(got)))
	}
	resp.Body = io.NopCloser(bytes.NewReader(got))
	return resp, nil
}

// A life with Portico at the most talkative level, its faults provoked so that they
// repeat secrets; then everything that anybody may read is searched for them.
func TestCanariesSurviveNowhere(t *testing.T) {
	const clientSecret, proxyPassword = "kA7-client-secret-9f31Zk0Q", "kA7-proxy-password-9f31Zk0Q"
	seen := &canaries{all: map[string]string{}}
	seen.note("the client secret", clientSecret)
	seen.note("the proxy's password", proxyPassword)

	o := newOffice(t, authtest.WithClient(authtest.ClientID, clientSecret), authtest.WithDevice(time.Second, 0))
	work := o.work()[0].(map[string]any)
	work["client_auth"] = map[string]any{"method": "client_secret_basic"}
	keyed := maps.Clone(work)
	keyed["id"], keyed["client_auth"] = "keyed", map[string]any{"method": "private_key_jwt"}
	o.providers = []any{work, keyed}
	client := o.provider.Client()
	wire := &echo{RoundTripper: client.Transport, seen: seen}
	client.Transport = wire
	o.http = client

	var control lines // what a log without redaction would hold
	rules := []byte(`{"settings":{"LogLevel":"debug","AuditLog":"file","Proxy":"http://ada:` + proxyPassword + `@proxy.contoso.example:8080"}}`)
	o.change = func(p *Params) {
		p.Log.Dir = o.paths.Logs
		p.Start.Policies = func() *policy.Policies { return policy.Check(rules, "/etc/portico/policy.json") }
		p.Log.To = slog.New(slog.NewMultiHandler(
			diag.NewLog(diag.LogParams{Dir: p.Log.Dir, Level: slog.LevelDebug}).Handler(),
			slog.NewTextHandler(&control, &slog.HandlerOptions{Level: slog.LevelDebug}),
		))
	}

	r := o.start()
	var told lines // what people and programs are told
	tell := func(what string, v any) {
		t.Helper()
		raw, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&told, "%s: %s\n", what, raw)
	}
	speak := words.New("en")
	complain := func(p *localapi.Problem) {
		if p != nil {
			fmt.Fprintf(&told, "%v %+v\n", p, speak.Problem(p))
		}
	}
	show := func() {
		t.Helper()
		state, err := r.State(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		complain(state.Session.Problem)
		complain(state.PortalProblem)
		// The address of a sign-in under way is made to be opened; what it holds has
		// ended with it.
		state.Session.SignIn = nil
		tell("state", state)
	}
	failed := func(err error) {
		if err != nil {
			fmt.Fprintf(&told, "%v %+v %#v\n", err, err, err)
		}
	}
	signIn := func(req localapi.SignInRequest, ends localapi.Phase) {
		t.Helper()
		req.Provider, req.Open = "work", !req.Device
		_, err := r.SignIn(t.Context(), req)
		failed(err)
		r.await(func(s localapi.State) bool { return s.Session.SignIn == nil && (ends == "" || s.Session.Phase == ends) })
		show()
	}
	refresh := func() {
		t.Helper()
		_, err := r.Refresh(t.Context())
		failed(err)
		show()
	}
	with := func(f authtest.Fault, do func()) {
		lift := o.provider.Fault(f)
		defer lift()
		do()
	}

	r.await(phase(localapi.Unconfigured))
	if err := r.SetPortal(t.Context(), localapi.PortalRequest{Address: o.portal.URL}); err != nil {
		t.Fatal(err)
	}
	if err := r.SetSecret(t.Context(), localapi.SecretRequest{Provider: "work", Value: clientSecret}); err != nil {
		t.Fatal(err)
	}
	key, err := r.NewKey(t.Context(), localapi.KeyRequest{Provider: "keyed"})
	if err != nil {
		t.Fatal(err)
	}
	tell("key", key)

	// Every way in.
	signIn(localapi.SignInRequest{}, localapi.SignedIn)
	signIn(localapi.SignInRequest{Device: true, Another: true}, localapi.SignedIn)
	in, err := r.SignIn(t.Context(), localapi.SignInRequest{Provider: "work", Elsewhere: true, Another: true})
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := *client
	elsewhere.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := elsewhere.Get(in.URL)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	pasted := resp.Header.Get("Location")
	seen.note("the pasted address", pasted)
	failed(r.Paste(t.Context(), localapi.PasteRequest{Address: strings.Replace(pasted, "state=", "state=x", 1)}))
	failed(r.Paste(t.Context(), localapi.PasteRequest{Address: pasted}))
	r.await(func(s localapi.State) bool { return s.Session.SignIn == nil })
	show()

	// Providers that repeat what they are sent, in every manner.
	for _, form := range []func(body, authorization string) string{
		func(body, _ string) string { return "bad request: " + body },
		func(_, authorization string) string { return "Authorization: " + authorization + " is not known" },
		func(body, _ string) string {
			return strings.NewReplacer("=", `":"`, "&", `","`).Replace(`{"` + body + `"}`)
		},
		func(body, _ string) string { return "see https://login.example/help?" + body + "#" + body },
	} {
		for _, earlier := range []bool{false, true} {
			wire.repeat(form, earlier)
			refresh()
			signIn(localapi.SignInRequest{Another: true}, "")
			wire.repeat(nil, false)
			refresh()
			signIn(localapi.SignInRequest{Another: true}, localapi.SignedIn)
		}
	}
	with(authtest.Metadata(func(fields map[string]any) {
		fields["token_endpoint"] = strings.Replace(fields["token_endpoint"].(string), "https://", "https://ada:"+proxyPassword+"@", 1) + "?api_key=" + clientSecret
	}), func() {
		r.stop()
		r = o.start()
		r.await(func(s localapi.State) bool { return s.Session.Phase != localapi.Starting })
		refresh()
	})
	with(authtest.WrongNonce(), func() { signIn(localapi.SignInRequest{Another: true}, "") })
	with(authtest.AuthorizationError("access_denied", "code="+clientSecret+" is not for you"), func() { signIn(localapi.SignInRequest{Another: true}, "") })
	with(authtest.Drop(authtest.Token), refresh)
	refresh()

	// What a crash would leave, and what support gets to see.
	crash := filepath.Join(o.paths.Logs, "portico-agent.crash")
	if err := os.WriteFile(crash, []byte("portico-agent 0.1.0\npanic: refresh_token="+clientSecret+" [recovered]\n\ngoroutine 1 [running]:\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	bundle, err := r.Bundle(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(crash); err != nil {
		t.Fatal(err)
	}
	for _, f := range bundle.Files {
		fmt.Fprintf(&told, "bundle/%s:\n%s\n", f.Name, f.Text)
	}
	report, err := r.Policy(t.Context())
	failed(err)
	tell("policy", report)
	providers, err := r.Providers(t.Context())
	failed(err)
	tell("providers", providers)
	signIn(localapi.SignInRequest{}, localapi.SignedIn)
	out, err := r.SignOut(t.Context(), localapi.SignOutRequest{Browser: true})
	failed(err)
	tell("sign-out", out)
	if _, err := o.provider.Browse(t.Context(), out.BrowserURL); err != nil || o.provider.BrowserSession() {
		t.Errorf("the browser was not signed out (%v)", err)
	}
	r.stop()

	if hint := o.provider.Requests(authtest.EndSession)[0].Get("id_token_hint"); seen.in(hint) == nil {
		t.Error("the sign-out showed the provider no ID token: the story is not the one meant")
	}
	for _, request := range o.provider.Requests() {
		for _, what := range secretMembers() {
			seen.note(what, request.Get(what))
		}
	}
	for name := range o.keyStore.Entries("test") {
		if strings.HasPrefix(name, "client.") {
			value, err := vault.New(vault.Params{Service: "test", Backend: o.keyStore}).Get(t.Context(), name)
			if err != nil {
				continue // a part of a value
			}
			noteKeys(seen, value)
		}
	}

	kinds := slices.Collect(maps.Values(seen.all))
	for _, what := range append(secretMembers(), "the client secret", "the proxy's password", "the private key", "the Authorization header", "the pasted address") {
		if what != "client_secret" && what != "client_assertion" && !slices.Contains(kinds, what) {
			t.Errorf("the story had no %s to look for", what)
		}
	}
	if len(seen.in(control.text.String())) < 3 {
		t.Error("a log without redaction holds hardly a secret: this test shows nothing")
	}
	for _, found := range seen.in(told.text.String()) {
		t.Errorf("told: %s", found)
	}
	files := 0
	for _, dir := range []string{o.paths.Data, o.paths.Cache, o.paths.Logs} {
		_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Error(err)
			}
			files++
			for _, found := range seen.in(string(raw)) {
				t.Errorf("%s: %s", filepath.Base(path), found)
			}
			return nil
		})
	}
	for name, wants := range map[string][]string{
		diag.LogFile:     {"msg=request", "path=/", "status=200", "sign-in prepared", "level=DEBUG", "[redacted]"},
		diag.SignInsFile: {`"event":"sign-in"`, `"method":"device"`, `"method":"pasted"`, `"event":"sign-out"`},
	} {
		text, err := diag.Tail(filepath.Join(o.paths.Logs, name), 1<<20)
		if err != nil {
			t.Error(err)
		}
		for _, want := range wants {
			if !strings.Contains(text, want) {
				t.Errorf("%s does not say %q: the story is not the one meant", name, want)
			}
		}
	}
	if files < 4 || len(bundle.Files) < 7 {
		t.Errorf("only %d files were written and %d gathered", files, len(bundle.Files))
	}
}

// noteKeys notes the private keys of a client's credentials in the key store.
func noteKeys(seen *canaries, value []byte) {
	var record struct {
		Keys []struct {
			Private string `json:"private"`
		} `json:"keys"`
	}
	if json.Unmarshal(value, &record) != nil {
		return
	}
	for _, key := range record.Keys {
		seen.note("the private key", key.Private)
		seen.note("the private key", key.Private[:60]) // as in the first line of a PEM block
	}
}
