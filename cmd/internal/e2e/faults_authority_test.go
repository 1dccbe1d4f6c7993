//go:build linux

package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/cmd/internal/stage"
)

const metadataPath = "/.well-known/openid-configuration"

// changed answers with the provider's own metadata, except for what change does
// to them.
func (f *front) changed(t *testing.T, change func(metadata map[string]any)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		answer := f.answer(r)
		var metadata map[string]any
		if err := json.Unmarshal(answer.Body.Bytes(), &metadata); err != nil {
			t.Error(err)
			return
		}
		change(metadata)
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(metadata)
	}
}

func TestAuthorityThatIsWrong(t *testing.T) {
	t.Parallel()
	ctx := within(t, time.Minute)
	s := newScene(t, ctx, stage.Params{})
	set := func(key string, value any) http.HandlerFunc {
		return s.front.changed(t, func(metadata map[string]any) { metadata[key] = value })
	}
	for name, tc := range map[string]struct {
		authority string // "" for the provider
		answer    http.HandlerFunc
		code      localapi.Code
	}{
		"down":                      {nobody(t), nil, localapi.ProviderUnreachable},
		"a web page":                {"", respond(200, webPage, "Content-Type", "text/html"), localapi.NotAProvider},
		"not found":                 {"", http.NotFound, localapi.NotAProvider},
		"10 MiB":                    {"", respond(200, strings.Repeat(" ", 10<<20)), localapi.NotAProvider},
		"in maintenance":            {"", respond(503, webPage), localapi.ProviderFailing},
		"overloaded":                {"", respond(429, "", "Retry-After", "30"), localapi.ProviderBusy},
		"cut off":                   {"", cutOff, localapi.ProviderUnreachable},
		"another issuer":            {"", set("issuer", "https://login.example"), localapi.Untrusted},
		"no issuer":                 {"", set("issuer", ""), localapi.NotAProvider},
		"no token endpoint":         {"", set("token_endpoint", ""), localapi.NotAProvider},
		"a token endpoint on http":  {"", set("token_endpoint", "http://login.example/token"), localapi.NotAProvider},
		"no PKCE with S256":         {"", set("code_challenge_methods_supported", []string{"plain"}), localapi.NotAProvider},
		"no authorization code":     {"", set("response_types_supported", []string{"id_token"}), localapi.NotAProvider},
		"the authority's own slash": {s.front.issuer + "/", nil, localapi.ProviderConfig},
	} {
		t.Run(name, func(t *testing.T) {
			authority := tc.authority
			if authority == "" {
				authority = s.front.issuer
			}
			if tc.answer != nil {
				s.front.breaks(metadataPath, tc.answer)
				defer s.front.mend()
			}
			s := s.with(t, newPortal(t, ctx, authority).URL())
			e := s.fails(tc.code, "login", "--timeout", "20s")
			if want := "Contoso Login"; e.Problem.Params["title"] != want {
				t.Errorf("the problem is about %q, not about %q", e.Problem.Params["title"], want)
			}
			s.keyStoreIsEmpty()
		})
	}
	if n := s.Browser.Openings(); n > 0 {
		t.Errorf("the browser was opened %d times", n)
	}
}

// cutOff promises more than it sends.
func cutOff(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "4096")
	_, _ = io.WriteString(w, `{"issuer":`)
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// tokenFaults are what can come from a token endpoint that is not well. None of
// it says anything about the person.
func tokenFaults() map[string]struct {
	answer http.HandlerFunc
	code   localapi.Code
} {
	type fault = struct {
		answer http.HandlerFunc
		code   localapi.Code
	}
	return map[string]fault{
		"500":                      {respond(500, "<h1>Internal Server Error</h1>"), localapi.ProviderFailing},
		"500 in JSON":              {respond(500, `{"error":"server_error"}`, "Content-Type", "application/json"), localapi.ProviderFailing},
		"invalid, by 503":          {respond(503, `{"error":"invalid_grant"}`, "Content-Type", "application/json"), localapi.ProviderFailing},
		"429":                      {respond(429, `{"error":"slow_down"}`, "Retry-After", "17", "Content-Type", "application/json"), localapi.ProviderBusy},
		"a web page":               {respond(200, webPage, "Content-Type", "text/html"), localapi.ProviderFailing},
		"not JSON":                 {respond(200, `{"access_token":`, "Content-Type", "application/json"), localapi.ProviderFailing},
		"10 MiB":                   {respond(200, `{"access_token":"`+strings.Repeat("a", 10<<20)+`"}`, "Content-Type", "application/json"), localapi.ProviderFailing},
		"cut off":                  {cutOff, localapi.ProviderFailing},
		"a log-on page's redirect": {respond(302, "", "Location", "http://portal.wifi.invalid/"), localapi.NetworkSignIn},
	}
}

func TestTokenEndpointThatFailsAtTheSignIn(t *testing.T) {
	t.Parallel()
	ctx := within(t, 2*time.Minute)
	s := newScene(t, ctx, stage.Params{})
	for name, tc := range tokenFaults() {
		t.Run(name, func(t *testing.T) {
			s := s.with(t, s.portal)
			asked := make(chan time.Time, 8)
			s.front.breaks("/token", func(w http.ResponseWriter, r *http.Request) {
				asked <- time.Now()
				tc.answer(w, r)
			})
			defer s.front.mend()
			r, page := s.opens("login", "--json", "--timeout", "30s")
			s.agrees(page)
			if name == "cut off" {
				// The answer is lost, and the code may be spent: the browser is taken to the
				// provider once more.
				must(t, page.WaitOn(ctx, s.front.issuer, <-asked))
				s.agrees(page)
			}
			e := r.end()
			e.wants(t, "login", tc.code)
			if tc.code == localapi.ProviderBusy && e.Problem.Params["retry_after"] != "17" {
				t.Errorf("Retry-After was not read: %v", e.Problem.Params)
			}
			must(t, page.WaitBack(ctx, s.front.issuer))
			if text, err := page.Text(ctx); err != nil || !strings.Contains(text, e.Words.Title) {
				t.Errorf("the browser says %q (%v), not %q", text, err, e.Words.Title)
			}
			must(t, page.Close(ctx))
			s.keyStoreIsEmpty()
		})
	}
	t.Run("hangs", func(t *testing.T) {
		s := s.with(t, s.portal)
		s.front.breaks("/token", hang)
		defer s.front.mend()
		before, started := s.front.requested("/token"), time.Now()
		r, page := s.opens("login", "--json", "--timeout", "8s")
		s.agrees(page)
		r.end().wants(t, "login", localapi.TimedOut)
		if took := time.Since(started); took > 13*time.Second {
			t.Errorf("--timeout 8s took %v", took)
		}
		if n := s.front.requested("/token") - before; n != 1 {
			t.Errorf("the code was sent %d times", n)
		}
		s.keyStoreIsEmpty()
	})
	s.front.mend()
	s.isIn("after all of that", s.signIn())
	s.noSecretOnDisk()
}

func TestTokenEndpointThatFailsAtTheSilentStart(t *testing.T) {
	t.Parallel()
	ctx := within(t, 2*time.Minute)
	s := newScene(t, ctx, stage.Params{})
	s.isIn("the first sign-in", s.signIn())
	kept := s.onlyRefreshToken()
	faults := tokenFaults()
	faults["hangs"] = struct {
		answer http.HandlerFunc
		code   localapi.Code
	}{hang, localapi.ProviderUnreachable}
	for name, tc := range faults {
		t.Run(name, func(t *testing.T) {
			s := &scene{desk: s.desk, front: s.front}
			s.front.breaks("/token", tc.answer)
			defer s.front.mend()
			before := s.front.requested("/token")
			e := s.json("status")
			e.wants(t, "status", tc.code)
			if e.Phase != localapi.Offline || e.Account == nil || !e.Account.Remembered {
				t.Errorf("phase %q, account %+v; want Ada known and offline", e.Phase, e.Account)
			}
			if tc.code == localapi.ProviderBusy && e.Problem.Params["retry_after"] != "17" {
				t.Errorf("Retry-After was not read: %v", e.Problem.Params)
			}
			if n := s.front.requested("/token") - before; n != 1 {
				t.Errorf("the provider was asked %d times", n)
			}
			if s.onlyRefreshToken() != kept {
				t.Error("the sign-in was not kept")
			}
		})
	}
	t.Run("429, to an agent", func(t *testing.T) {
		s := &scene{desk: s.desk, front: s.front}
		s.front.breaks("/token", tokenFaults()["429"].answer)
		agent := s.agent()
		defer agent.Stop()
		asked := time.Now()
		e := s.json("status", "--refresh")
		e.wants(t, "status", localapi.ProviderBusy)
		var doc struct {
			NextTry time.Time `json:"next_try"`
		}
		must(t, json.Unmarshal([]byte(e.stdout), &doc))
		if wait := doc.NextTry.Sub(asked); wait < 17*time.Second || wait > time.Minute {
			t.Errorf("tries again after %v, but was asked to wait for 17 s", wait)
		}
		s.front.mend()
		s.isIn("asked by the person", s.json("status", "--refresh"))
	})
	t.Run("down", func(t *testing.T) {
		before := s.onlyRefreshToken()
		s.front.breaks("/token", func(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) })
		defer s.front.mend()
		s.fails(localapi.ProviderUnreachable, "status")
		if s.onlyRefreshToken() != before {
			t.Error("the sign-in was not kept")
		}
	})
	s.isIn("after all of that", s.json("status"))
	s.noSecretOnDisk()
}
