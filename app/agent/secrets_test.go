package agent

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth/authtest"
)

// wire sees what the agent sends and gets, and notes the secrets.
type wire struct {
	http.RoundTripper
	mu      sync.Mutex
	secrets map[string]string // by value, what it is
}

func (w *wire) note(what, value string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if value != "" {
		w.secrets[value] = what
	}
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := w.RoundTripper.RoundTrip(r)
	if err != nil || !strings.HasSuffix(r.URL.Path, "/"+string(authtest.Token)) {
		return resp, err
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(body))
	var answer map[string]any
	if json.Unmarshal(body, &answer) == nil {
		for _, what := range []string{"access_token", "id_token", "refresh_token"} {
			value, _ := answer[what].(string)
			w.note(what, value)
		}
	}
	return resp, err
}

// lines collects the log of several goroutines.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// A whole life with Portico, its faults included, told at the most talkative
// level, and what windows are told beside it.
func TestNoSecretIsLoggedOrShown(t *testing.T) {
	o := newOffice(t)
	client := o.provider.Client()
	seen := &wire{RoundTripper: client.Transport, secrets: map[string]string{}}
	client.Transport = seen
	var told lines
	o.http, o.log = client, slog.New(slog.NewJSONHandler(&told, &slog.HandlerOptions{Level: slog.LevelDebug}))

	r := o.start()
	r.await(phase(localapi.Unconfigured))
	if err := r.SetPortal(t.Context(), localapi.PortalRequest{Address: o.portal.URL}); err != nil {
		t.Fatal(err)
	}
	show := func() {
		state, err := r.State(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := json.NewEncoder(&told).Encode(state); err != nil {
			t.Fatal(err)
		}
	}
	signIn := func(ends localapi.Phase) {
		t.Helper()
		if _, err := r.SignIn(t.Context(), localapi.SignInRequest{Open: true}); err != nil {
			t.Fatal(err)
		}
		r.await(func(s localapi.State) bool { return s.Session.SignIn == nil && s.Session.Phase == ends })
		show()
	}
	with := func(f authtest.Fault, do func()) {
		lift := o.provider.Fault(f)
		defer lift()
		do()
	}
	refresh := func() {
		if _, err := r.Refresh(t.Context()); err != nil {
			t.Error(err)
		}
		show()
	}
	o.provider.Behave(authtest.Denies)
	signIn(localapi.SignedOut)
	o.provider.Behave(authtest.Agrees)
	with(authtest.WrongNonce(), func() { signIn(localapi.Blocked) })
	with(authtest.UnknownKey(), func() { signIn(localapi.Blocked) })
	with(authtest.TokenError("invalid_client", nil), func() { signIn(localapi.Blocked) })
	with(authtest.Drop(authtest.Token), func() { signIn(localapi.SignedOut) })
	signIn(localapi.SignedIn)
	with(authtest.TokenStatus(500), refresh)
	with(authtest.Drop(authtest.Token), refresh)
	with(authtest.EntraError(authtest.Entra{Error: "interaction_required", Code: 50076, Claims: `{"access_token":{}}`}), refresh)
	refresh()
	o.keyStore.FailChange(1, false)
	refresh()
	refresh()
	r.stop()

	r = o.start()
	r.await(phase(localapi.SignedIn))
	with(authtest.Status(authtest.Revocation, 503), func() {
		if _, err := r.SignOut(t.Context(), localapi.SignOutRequest{Browser: true}); err != nil {
			t.Error(err)
		}
	})
	signIn(localapi.SignedIn)
	if _, err := r.Forget(t.Context()); err != nil {
		t.Error(err)
	}
	show()
	r.stop()

	for _, request := range o.provider.Requests() {
		for _, what := range []string{"state", "nonce", "code", "code_verifier", "refresh_token", "token"} {
			seen.note(what, request.Get(what))
		}
	}
	kinds := map[string]bool{}
	for value, what := range seen.secrets {
		kinds[what] = true
		if at := strings.Index(told.text.String(), value); at >= 0 {
			text := told.text.String()
			t.Errorf("%s in %q", what, text[max(0, at-200):min(len(text), at+len(value)+20)])
		}
	}
	for _, what := range []string{"access_token", "id_token", "refresh_token", "code", "code_verifier", "state", "nonce"} {
		if !kinds[what] {
			t.Errorf("the story had no %s to look for", what)
		}
	}
	for _, line := range []string{"sign-in prepared", "signed in", "sign-in ended", "sign-in renewed", "could not be saved", "signed out"} {
		if !strings.Contains(told.text.String(), line) {
			t.Errorf("the log does not say %q: the story is not the one meant", line)
		}
	}
}
