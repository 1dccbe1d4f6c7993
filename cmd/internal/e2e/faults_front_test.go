//go:build linux

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"testing"

	"github.com/portico-desktop/portico/cmd/internal/stage"
)

// front stands between everybody and oidc-provider. It passes on what it is
// asked, unless a path is broken, and remembers what thieves would look for.
type front struct {
	issuer string
	pass   *httputil.ReverseProxy

	mu       sync.Mutex
	broken   map[string]http.HandlerFunc
	asked    []url.Values // authorization requests
	secrets  map[string]string
	requests map[string]int
}

// newFront starts oidc-provider with a front.
func newFront(t *testing.T, ctx context.Context) (*front, stage.Provider) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	f := &front{
		issuer: "http://" + l.Addr().String(), broken: map[string]http.HandlerFunc{},
		secrets: map[string]string{}, requests: map[string]int{},
	}
	provider, address, err := stage.OIDCProviderBehind(ctx, logOf(t), f.issuer)
	must(t, err)
	t.Cleanup(func() { provider.Close() })
	to, err := url.Parse(address)
	must(t, err)
	f.pass = &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host = to.Scheme, to.Host
			r.Out.Host = r.In.Host
		},
		ModifyResponse: f.remember,
		ErrorLog:       log.New(io.Discard, "", 0), // the provider may be closed
	}
	server := &http.Server{Handler: f, ErrorLog: log.New(io.Discard, "", 0)}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { server.Close() })
	return f, provider
}

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.requests[r.URL.Path]++
	if r.URL.Path == "/auth" {
		f.asked = append(f.asked, r.URL.Query())
	}
	h := f.broken[r.URL.Path]
	f.mu.Unlock()
	if h == nil {
		h = f.pass.ServeHTTP
	}
	h(w, r)
}

// breaks answers this path in the provider's place until mend.
func (f *front) breaks(path string, h http.HandlerFunc) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.broken[path] = h
}

// answer is the provider's own answer to a request, which whoever made it does
// not see yet.
func (f *front) answer(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	f.pass.ServeHTTP(w, r)
	return w
}

func (f *front) mend() {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.broken)
}

// requested counts what a path was asked so far.
func (f *front) requested(path string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.requests[path]
}

// lastAsked is the last authorization request.
func (f *front) lastAsked() url.Values {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.asked) == 0 {
		return nil
	}
	return f.asked[len(f.asked)-1]
}

// remember notes the credentials in an answer.
func (f *front) remember(r *http.Response) error {
	if r.Request.URL.Path != "/token" {
		return nil
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	var answer map[string]any
	if json.Unmarshal(body, &answer) != nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, name := range []string{"access_token", "id_token", "refresh_token"} {
		if value, ok := answer[name].(string); ok {
			f.secrets[value] = name
		}
	}
	return nil
}

// credentials are all that the provider has given out, by their kind.
func (f *front) credentials() map[string]string {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := make(map[string]string, len(f.secrets))
	for value, name := range f.secrets {
		all[value] = name
	}
	return all
}

// respond answers with a status and a body, and headers in pairs.
func respond(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// hang takes a request and never answers.
func hang(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body) // only then is it noticed that the other side leaves
	<-r.Context().Done()
}
