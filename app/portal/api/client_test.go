package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// plain is a door without tokens.
type plain struct{ *http.Client }

func newClient(t *testing.T, h http.HandlerFunc) *Client {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	c, err := NewClient(Params{URL: server.URL, Door: plain{server.Client()}, Program: "portico/0.2 linux"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAnswersOfOthersAreNotBelieved(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"a page": func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<html>Sign in to the Wi-Fi") },
		"no JSON": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			io.WriteString(w, "{")
		},
		"too much": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			io.Copy(w, io.LimitReader(blanks{}, mostAnswer+1))
		},
		"wrong kinds": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			io.WriteString(w, `{"menus":7}`)
		},
	} {
		if _, _, err := newClient(t, answer).Menus(t.Context(), ""); !errors.Is(err, ErrNotPortal) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

type blanks struct{}

func (blanks) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

func TestRefusalsAreProblems(t *testing.T) {
	for name, c := range map[string]struct {
		header, body string
		status       int
		want         Problem
	}{
		"a document":     {ProblemType, `{"title":"x","status":200,"code":"ticket-closed"}`, 409, Problem{Title: "x", Status: 409, Code: TicketClosed}},
		"a later code":   {ProblemType, `{"title":"x","status":409,"code":"moon"}`, 409, Problem{Title: "x", Status: 409, Code: "moon"}},
		"a proxy's page": {"text/html", `<html>`, 502, Problem{Title: "Bad Gateway", Status: 502}},
		"half":           {ProblemType, `{"title"`, 403, Problem{Title: "Forbidden", Status: 403}},
	} {
		client := newClient(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", c.header)
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(c.status)
			io.WriteString(w, c.body)
		})
		_, err := client.Ticket(t.Context(), "a/b?c", "")
		var told *Problem
		if !errors.As(err, &told) || told.Title != c.want.Title || told.Status != c.want.Status || told.Code != c.want.Code || told.RetryAfter != 7 {
			t.Errorf("%s: %#v", name, err)
		}
	}
}

// tokens is a portal that exchanges, and takes the newest token only.
type tokens struct {
	t         *testing.T
	ids       atomic.Int64
	exchanges atomic.Int64
	calls     atomic.Int64
	mu        sync.Mutex
	good      string
	lifetime  int
	renews    bool
}

func (p *tokens) IDToken(context.Context) (string, error) {
	return "id-" + strconv.FormatInt(p.ids.Add(1), 10), nil
}

func (p *tokens) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r.URL.Path != "/v1/token" {
		p.calls.Add(1)
		raw, _ := io.ReadAll(r.Body)
		if r.Header.Get("Authorization") != "Bearer "+p.good {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusCreated)
		io.WriteString(w, `{"id":"`+strconv.Itoa(len(raw))+`"}`)
		return
	}
	n := p.exchanges.Add(1)
	w.Header().Set("Content-Type", "application/json")
	own := r.FormValue("subject_token_type") == TypeAccessToken
	if r.FormValue("grant_type") != GrantTokenExchange || own && !p.renews || !own && !strings.HasPrefix(r.FormValue("subject_token"), "id-") {
		w.WriteHeader(http.StatusBadRequest)
		io.WriteString(w, `{"error":"invalid_grant"}`)
		return
	}
	p.good = "own-" + strconv.FormatInt(n, 10)
	io.WriteString(w, `{"access_token":"`+p.good+`","issued_token_type":"`+TypeAccessToken+`","token_type":"Bearer","expires_in":`+strconv.Itoa(p.lifetime)+`}`)
}

func exchanged(t *testing.T, p *tokens) *Client {
	t.Helper()
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	c, err := NewClient(Params{URL: server.URL, Door: NewExchange(ExchangeParams{URL: server.URL, IDTokens: p})})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func reply(t *testing.T, c *Client) error {
	made, delivered, err := c.Reply(t.Context(), Write{Key: "k"}, "t", NewEntry{Body: "x"})
	if err == nil && (made.ID != strconv.Itoa(len(`{"body":"x"}`)) || !delivered) {
		t.Errorf("%+v, %v: the body did not arrive as a whole", made, delivered)
	}
	return err
}

func TestManyCallsShareOneExchange(t *testing.T) {
	p := &tokens{t: t, lifetime: 900}
	c := exchanged(t, p)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if err := reply(t, c); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if p.exchanges.Load() != 1 || p.ids.Load() != 1 {
		t.Errorf("%d exchanges of %d ID tokens", p.exchanges.Load(), p.ids.Load())
	}
}

func TestATokenRenewsItself(t *testing.T) {
	p := &tokens{t: t, lifetime: 30, renews: true} // always within the margin
	c := exchanged(t, p)
	for range 3 {
		if err := reply(t, c); err != nil {
			t.Fatal(err)
		}
	}
	if p.ids.Load() != 1 || p.exchanges.Load() != 3 {
		t.Errorf("%d exchanges of %d ID tokens", p.exchanges.Load(), p.ids.Load())
	}
}

func TestARefusedTokenIsRenewedOnce(t *testing.T) {
	p := &tokens{t: t, lifetime: 900, renews: true}
	c := exchanged(t, p)
	if err := reply(t, c); err != nil {
		t.Fatal(err)
	}
	p.mu.Lock()
	p.good = "another"
	p.mu.Unlock()
	if err := reply(t, c); err != nil { // 401, an ID token's exchange, the same body again
		t.Fatal(err)
	}
	if p.ids.Load() != 2 || p.calls.Load() != 3 {
		t.Errorf("%d ID tokens, %d calls", p.ids.Load(), p.calls.Load())
	}
}

// A portal that refuses each token is not asked a third time.
func TestARefusalIsBelievedTheSecondTime(t *testing.T) {
	var calls atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/token" {
			w.Header().Set("Content-Type", "application/json")
			io.WriteString(w, `{"access_token":"a","token_type":"Bearer","expires_in":900}`)
			return
		}
		calls.Add(1)
		w.WriteHeader(http.StatusUnauthorized)
	}))
	defer server.Close()
	c, err := NewClient(Params{URL: server.URL, Door: NewExchange(ExchangeParams{URL: server.URL, IDTokens: &tokens{}})})
	if err != nil {
		t.Fatal(err)
	}
	var told *Problem
	if _, _, err := c.Menus(t.Context(), ""); !errors.As(err, &told) || told.Status != 401 || calls.Load() != 2 {
		t.Errorf("%v after %d calls", err, calls.Load())
	}
}

func TestAnExchangeRefusedIsATokenError(t *testing.T) {
	server := httptest.NewServer(&tokens{t: t})
	defer server.Close()
	c, err := NewClient(Params{URL: server.URL, Door: NewExchange(ExchangeParams{URL: server.URL, IDTokens: stale{}})})
	if err != nil {
		t.Fatal(err)
	}
	var told *TokenError
	if _, _, err := c.Menus(t.Context(), ""); !errors.As(err, &told) || told.Code != TokenInvalidGrant || strings.Contains(err.Error(), "used-up") {
		t.Error(err)
	}
}

type stale struct{}

func (stale) IDToken(context.Context) (string, error) { return "used-up", nil }

// A redirect would carry the token to somebody else.
func TestRedirectsAreNotFollowed(t *testing.T) {
	var elsewhere atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	defer other.Close()
	p := &tokens{t: t, lifetime: 900}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/token" {
			p.ServeHTTP(w, r)
			return
		}
		http.Redirect(w, r, other.URL, http.StatusFound)
	}))
	defer server.Close()
	c, err := NewClient(Params{URL: server.URL, Door: NewExchange(ExchangeParams{URL: server.URL, IDTokens: p})})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.Menus(t.Context(), ""); !errors.Is(err, ErrNotPortal) || elsewhere.Load() != 0 {
		t.Errorf("%v, %d requests elsewhere", err, elsewhere.Load())
	}
	if _, _, err := c.Portal(t.Context(), ""); !errors.Is(err, ErrNotPortal) || elsewhere.Load() != 0 {
		t.Errorf("%v, %d requests elsewhere", err, elsewhere.Load())
	}
}
