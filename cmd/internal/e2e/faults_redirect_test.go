//go:build linux

package e2e

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/cmd/internal/demoportal"
	"github.com/portico-desktop/portico/cmd/internal/stage"
)

// noise is what browsers, their extensions, scanners and other programs send to
// a port on this computer. None of it is the response.
func noise(state string) map[string]struct {
	method, path, body string
	header             http.Header
} {
	type request = struct {
		method, path, body string
		header             http.Header
	}
	form := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	return map[string]request{
		"a favicon":           {"GET", "/favicon.ico", "", nil},
		"no parameters":       {"GET", "/", "", nil},
		"no state":            {"GET", "/?code=stolen", "", nil},
		"an empty state":      {"GET", "/?code=stolen&state=", "", nil},
		"a wrong state":       {"GET", "/?code=stolen&state=AAAAAAAAAAAAAAAAAAAAAAAAAA", "", nil},
		"an error, no state":  {"GET", "/?error=access_denied", "", nil},
		"a part of the state": {"GET", "/?error=access_denied&state=" + state[:len(state)-1], "", nil},
		"the state twice":     {"GET", "/?error=access_denied&state=" + state + "&state=" + state, "", nil},
		"another path":        {"GET", "/callback?error=access_denied&state=" + state, "", nil},
		"HEAD":                {"HEAD", "/?error=access_denied&state=" + state, "", nil},
		"OPTIONS":             {"OPTIONS", "/", "", http.Header{"Origin": {"https://evil.example"}, "Access-Control-Request-Method": {"POST"}}},
		"PUT":                 {"PUT", "/?error=access_denied&state=" + state, "", nil},
		"another host":        {"GET", "/?error=access_denied&state=" + state, "", http.Header{"Host": {"rebound.example"}}},
		"a form, no state":    {"POST", "/", "code=stolen", form},
		"a form, wrong":       {"POST", "/", "code=stolen&state=AAAAAAAAAAAAAAAAAAAAAAAAAA", form},
		"JSON":                {"POST", "/", `{"error":"access_denied","state":"` + state + `"}`, http.Header{"Content-Type": {"application/json"}}},
		"a large form":        {"POST", "/", "error=access_denied&state=" + state + "&x=" + strings.Repeat("x", 1<<20), form},
	}
}

func TestNoiseOnTheRedirectPort(t *testing.T) {
	t.Parallel()
	ctx := within(t, time.Minute)
	s := newScene(t, ctx, stage.Params{})
	r := s.start("login", "--json", "--no-browser", "--timeout", "50s")
	link, err := url.Parse(r.addressToOpen())
	must(t, err)
	back, state := link.Query().Get("redirect_uri"), link.Query().Get("state")
	u, err := url.Parse(back)
	must(t, err)

	halfOpen(t, u.Host)
	client := &http.Client{
		Timeout:       10 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	for name, n := range noise(state) {
		t.Run(name, func(t *testing.T) {
			req, err := http.NewRequestWithContext(ctx, n.method, "http://"+u.Host+n.path, strings.NewReader(n.body))
			must(t, err)
			if n.header != nil {
				req.Header = n.header
				req.Host = n.header.Get("Host")
			}
			resp, err := client.Do(req)
			if err != nil && len(n.body) > 1<<16 {
				return // hung up on, which is an answer too
			}
			must(t, err)
			defer resp.Body.Close()
			page, err := io.ReadAll(resp.Body)
			must(t, err)
			if resp.StatusCode < 400 || resp.StatusCode >= 500 {
				t.Errorf("answered with %d %s", resp.StatusCode, page)
			}
			if strings.Contains(string(page), "stolen") || resp.Header.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("gives something away: %v %s", resp.Header, page)
			}
		})
	}

	// The right one is caught on its way, to be sent a second time.
	responses := make(chan string, 1)
	s.front.breaks("/token", func(w http.ResponseWriter, req *http.Request) {
		s.front.mend()
		body, err := io.ReadAll(req.Body)
		sent, err2 := url.ParseQuery(string(body))
		if err != nil || err2 != nil {
			t.Error(err, err2)
		}
		response := back + "?" + url.Values{"code": {sent.Get("code")}, "state": {state}, "iss": {s.front.issuer}}.Encode()
		responses <- response
		replay(t, client, response)
		req.Body = io.NopCloser(bytes.NewReader(body))
		s.front.pass.ServeHTTP(w, req)
	})
	page := s.byHand(link.String())
	s.agrees(page)
	must(t, page.WaitBack(ctx, s.front.issuer))
	s.isIn("the real sign-in", r.end())
	// Once it is over, nothing listens there any more.
	if resp, err := client.Get(<-responses); err == nil {
		resp.Body.Close()
		t.Errorf("the port still answers, with %d", resp.StatusCode)
	}
	s.isIn("after the replays", s.json("status"))
	s.noSecretOnDisk()
}

// replay sends a response that has been taken already: it must not be taken
// again, and must not disturb.
func replay(t *testing.T, client *http.Client, response string) {
	resp, err := client.Get(response)
	if err != nil {
		t.Error(err)
		return
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 500 {
		t.Errorf("the replay is answered with %d", resp.StatusCode)
	}
}

// halfOpen leaves sockets open that have said nothing, or not all.
func halfOpen(t *testing.T, host string) {
	t.Helper()
	for _, begun := range []string{"", "GET / HTTP/1.1\r\nHo", "POST / HTTP/1.1\r\nHost: " + host + "\r\nContent-Length: 500\r\n\r\nco", "\x16\x03\x01\x02\x00\x01\x00"} {
		conn, err := net.Dial("tcp", host)
		must(t, err)
		t.Cleanup(func() { conn.Close() })
		_, err = io.WriteString(conn, begun)
		must(t, err)
	}
}

func TestRedirectPortOfAnotherProgram(t *testing.T) {
	t.Parallel()
	ctx := within(t, time.Minute)
	s := newScene(t, ctx, stage.Params{})
	other, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer other.Close()
	port := other.Addr().(*net.TCPAddr).Port
	portal, err := demoportal.Params{Providers: []demoportal.Provider{{
		ID: "work", Title: "Contoso Login", Authority: s.front.issuer, ClientID: "portico", Redirect: demoportal.Redirect{Port: port},
	}}}.Start(ctx)
	must(t, err)
	defer portal.Close()
	s.portal = portal.URL()
	e := s.fails(localapi.RedirectPortUsed, "login", "--timeout", "20s")
	if want := strconv.Itoa(port); e.Problem.Params["port"] != want || !strings.Contains(e.Words.Title+e.Words.Text, want) {
		t.Errorf("port %s is not named: %v, %+v", want, e.Problem.Params, *e.Words)
	}
	if n := s.Browser.Openings(); n > 0 {
		t.Errorf("the browser was opened %d times", n)
	}
	s.keyStoreIsEmpty()
	must(t, other.Close())
	s.isIn("once the port is free", s.signIn())
	if got, want := s.front.lastAsked().Get("redirect_uri"), fmt.Sprintf("http://127.0.0.1:%d/", port); got != want {
		t.Errorf("the browser came back to %s, not to %s", got, want)
	}
}

// An ID token is a matter of the answer's content; here the provider's answer is
// changed on its way.
func TestAnswerThatCannotBeTrusted(t *testing.T) {
	t.Parallel()
	ctx := within(t, time.Minute)
	s := newScene(t, ctx, stage.Params{})
	for name, tc := range map[string]struct {
		change func(answer map[string]any)
		check  string
	}{
		"no ID token": {func(a map[string]any) { delete(a, "id_token") }, "id_token"},
		"a signature that is cut": {func(a map[string]any) {
			token := a["id_token"].(string)
			a["id_token"] = token[:strings.LastIndexByte(token, '.')+1]
		}, ""},
		"no signature": {func(a map[string]any) {
			_, signed, _ := strings.Cut(a["id_token"].(string), ".")
			claims, _, _ := strings.Cut(signed, ".")
			a["id_token"] = base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + claims + "."
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := s.with(t, s.portal)
			s.front.breaks("/token", s.front.answers(t, tc.change))
			defer s.front.mend()
			e := s.signIn()
			e.wants(t, "login", localapi.Untrusted)
			if tc.check != "" && e.Problem.Params["check"] != tc.check {
				t.Errorf("check %q failed, want %q", e.Problem.Params["check"], tc.check)
			}
			s.keyStoreIsEmpty()
		})
	}
}

// answers passes on the token endpoint's answer with a change.
func (f *front) answers(t *testing.T, change func(map[string]any)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		answer := f.answer(r)
		var content map[string]any
		if err := json.Unmarshal(answer.Body.Bytes(), &content); err != nil {
			t.Error(err)
			return
		}
		change(content)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(answer.Code)
		_ = json.NewEncoder(w).Encode(content)
	}
}
