package localapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/app/localapi"
)

// talk makes one request over the socket of dir.
func talk(t *testing.T, dir string, req *http.Request) (*http.Response, []byte) {
	t.Helper()
	transport := &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return localapi.Connect(ctx, dir)
		},
	}
	resp, err := transport.RoundTrip(req.WithContext(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, body
}

func newRequest(method, path, body string) *http.Request {
	req := httptest.NewRequest(method, "http://portico"+path, strings.NewReader(body))
	req.RequestURI = ""
	req.Header.Set("Portico-Api", fmt.Sprint(localapi.Version))
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	return req
}

func TestBadRequestsGetProblemDocuments(t *testing.T) {
	with := func(req *http.Request, name, value string) *http.Request {
		if value == "" {
			req.Header.Del(name)
		} else {
			req.Header.Set(name, value)
		}
		return req
	}
	post := func(body string) *http.Request { return newRequest("POST", "/v1/sign-in", body) }
	for name, tc := range map[string]struct {
		req    *http.Request
		status int
		code   localapi.Code
	}{
		"unknown path":         {newRequest("GET", "/v1/nothing", ""), 404, localapi.Usage},
		"unclean path":         {newRequest("GET", "/v1//state", ""), 404, localapi.Usage},
		"root":                 {newRequest("GET", "/", ""), 404, localapi.Usage},
		"path below a call":    {newRequest("GET", "/v1/state/settings", ""), 404, localapi.Usage},
		"logo with a path":     {newRequest("POST", "/v1/logo", `{"digest":"../../settings"}`), 404, localapi.Usage},
		"logo without a name":  {newRequest("POST", "/v1/logo", `{}`), 404, localapi.Usage},
		"wrong method":         {newRequest("GET", "/v1/sign-in", ""), 405, localapi.Usage},
		"a change by GET":      {newRequest("GET", "/v1/quit", ""), 405, localapi.Usage},
		"no version":           {with(newRequest("GET", "/v1/state", ""), "Portico-Api", ""), 400, localapi.VersionMismatch},
		"another version":      {with(newRequest("GET", "/v1/state", ""), "Portico-Api", "99"), 400, localapi.VersionMismatch},
		"another, at a POST":   {with(post(`{}`), "Portico-Api", "0"), 400, localapi.VersionMismatch},
		"no content type":      {with(post(`{}`), "Content-Type", ""), 415, localapi.Usage},
		"a form":               {with(post(`{}`), "Content-Type", "application/x-www-form-urlencoded"), 415, localapi.Usage},
		"text":                 {with(post(`{}`), "Content-Type", "text/plain"), 415, localapi.Usage},
		"another charset":      {with(post(`{}`), "Content-Type", "application/json; charset=utf-16"), 415, localapi.Usage},
		"empty":                {with(post(``), "Content-Type", "application/json"), 400, localapi.Usage},
		"null":                 {post(`null`), 400, localapi.Usage},
		"a list":               {post(`[]`), 400, localapi.Usage},
		"cut off":              {post(`{"provider":"de`), 400, localapi.Usage},
		"something behind it":  {post(`{} {}`), 400, localapi.Usage},
		"an unknown member":    {post(`{"providr":"demo"}`), 400, localapi.Usage},
		"a member's type":      {post(`{"provider":1}`), 400, localapi.Usage},
		"8 MiB and a bit more": {post(`{"provider":"` + strings.Repeat("x", 8<<20) + `"}`), 413, localapi.Usage},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAgent()
			resp, body := talk(t, serve(t, a, localapi.Info{}).dir, tc.req)
			checkDocument(t, resp, body, tc.code)
			if resp.StatusCode != tc.status {
				t.Errorf("status %d, want %d", resp.StatusCode, tc.status)
			}
			if len(a.asked) != 0 {
				t.Errorf("the agent was asked %v", a.asked)
			}
		})
	}
}

// checkDocument holds an answer to RFC 9457.
func checkDocument(t *testing.T, resp *http.Response, body []byte, code localapi.Code) {
	t.Helper()
	if got := resp.Header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("content type %q", got)
	}
	if got := resp.Header.Get("Portico-Api"); got != fmt.Sprint(localapi.Version) {
		t.Errorf("version header %q", got)
	}
	var doc struct {
		Type, Title string
		Status      int
		Problem     localapi.Problem
	}
	if err := json.Unmarshal(body, &doc); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	if doc.Type != "about:blank" || doc.Title != http.StatusText(resp.StatusCode) || doc.Status != resp.StatusCode {
		t.Errorf("document %s with status %d", body, resp.StatusCode)
	}
	if doc.Problem.Code != code {
		t.Errorf("problem %s, want %s", doc.Problem.Code, code)
	}
}

func TestVersionAndQuitAnswerWithoutAVersion(t *testing.T) {
	a := newAgent()
	dir := serve(t, a, localapi.Info{Build: "0.1.0"}).dir
	for _, req := range []*http.Request{newRequest("GET", "/v1/version", ""), newRequest("POST", "/v1/quit", "{}")} {
		req.Header.Del("Portico-Api")
		if resp, body := talk(t, dir, req); resp.StatusCode/100 != 2 {
			t.Errorf("%s: status %d, %s", req.URL.Path, resp.StatusCode, body)
		}
	}
	if diff := cmp.Diff([]any{"quit"}, a.asked); diff != "" {
		t.Errorf("the agent was asked (-want +got):\n%s", diff)
	}
}

func TestServeWaitsForItsCommands(t *testing.T) {
	a := newAgent()
	started, release := make(chan struct{}), make(chan struct{})
	a.hold = func(ctx context.Context) error {
		close(started)
		<-ctx.Done() // told that the agent is ending
		<-release
		return ctx.Err()
	}
	s := serve(t, a, localapi.Info{})
	answer := make(chan error)
	go func() {
		_, err := s.client.Refresh(t.Context())
		answer <- err
	}()
	<-started
	ended := make(chan error)
	go func() { ended <- s.stop() }()
	select {
	case err := <-ended:
		t.Fatalf("serve ended with %v while a command was running", err)
	case release <- struct{}{}:
	}
	if err := <-answer; !isProblem(err, localapi.AgentGone) {
		t.Errorf("the command's caller got %v", err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestServeEndsWithItsListener(t *testing.T) {
	l, err := localapi.Listen(filepath.Join(t.TempDir(), "run"))
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := (localapi.Server{Agent: newAgent()}).Serve(t.Context(), l); !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v, want %v", err, net.ErrClosed)
	}
}

func TestServeLetsTheNextAgentIn(t *testing.T) {
	s := serve(t, newAgent(), localapi.Info{})
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	l, err := localapi.Listen(s.dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}

func FuzzRequest(f *testing.F) {
	f.Add("application/json", []byte(`{"provider":"demo","timeout":60000000000}`))
	f.Add("application/json; charset=utf-8", []byte(` {"device":true} `))
	f.Add("application/json", []byte(`{"provider":"a","provider":"b"}`))
	f.Add("application/json", []byte(`{}{}`))
	f.Add("text/plain", []byte(`null`))
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		var got localapi.SignInRequest
		err := localapi.Decode(http.Header{"Content-Type": {kind}}, bytes.NewReader(body), &got)
		if err != nil {
			if doc := localapi.Document(err); doc.Status < 400 || doc.Status > 499 || doc.Problem.Code != localapi.Usage {
				t.Errorf("refused with %+v", doc)
			}
			return
		}
		again, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		var second localapi.SignInRequest
		if err := localapi.Decode(http.Header{"Content-Type": {"application/json"}}, bytes.NewReader(again), &second); err != nil {
			t.Fatalf("%s was read, %s is not: %v", body, again, err)
		}
		if got != second {
			t.Errorf("%+v became %+v", got, second)
		}
	})
}
