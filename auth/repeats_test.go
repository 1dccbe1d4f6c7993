package auth_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
)

// parrot stands between the program and its provider, and refuses requests in words
// that repeat what they carried. No provider that can be had here does that on demand.
type parrot struct {
	http.RoundTripper
	mu sync.Mutex
	// path is where it answers, "" for nowhere; say makes the answer of a value.
	path string
	say  func(value string) (status int, body string)
	// member is the parameter whose value it repeats; "Authorization" and "DPoP" are
	// headers.
	member string
	seen   []string
}

func (p *parrot) at(endpoint, member string, say func(string) (int, string)) {
	u, _ := url.Parse(endpoint) // ours
	p.mu.Lock()
	defer p.mu.Unlock()
	p.path, p.member, p.say, p.seen = u.Path, member, say, nil
}

func (p *parrot) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.say == nil || r.URL.Path != p.path {
		return p.RoundTripper.RoundTrip(r)
	}
	form, _ := url.ParseQuery(string(body))
	value := form.Get(p.member)
	if h := r.Header.Get(p.member); value == "" && h != "" {
		value = h[strings.IndexByte(h, ' ')+1:]
	}
	if value == "" {
		return p.RoundTripper.RoundTrip(r)
	}
	p.seen = append(p.seen, value)
	status, answer := p.say(value)
	if status == 0 {
		return nil, fmt.Errorf("malformed HTTP response %q", value)
	}
	return &http.Response{
		StatusCode: status, Status: http.StatusText(status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(answer)),
	}, nil
}

// leaks says whether a text holds 12 characters or more of what was repeated.
func (p *parrot) leaks(text string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.ContainsFunc(p.seen, func(value string) bool {
		for i := 0; i+12 <= len(value); i++ {
			if strings.Contains(text, value[i:i+12]) {
				return true
			}
		}
		return len(value) < 12 && strings.Contains(text, value)
	})
}

// manners are how a value comes back.
func manners() map[string]func(value string) (int, string) {
	refuse := func(members map[string]any) (int, string) {
		if members["error"] == nil {
			members["error"] = "invalid_request"
		}
		raw, _ := json.Marshal(members)
		return http.StatusBadRequest, string(raw)
	}
	return map[string]func(value string) (int, string){
		"bare": func(v string) (int, string) { return refuse(map[string]any{"error_description": v}) },
		"in a sentence": func(v string) (int, string) {
			return refuse(map[string]any{"error_description": "The value " + v + " was not accepted."})
		},
		"cut off": func(v string) (int, string) {
			return refuse(map[string]any{"error_description": strings.Repeat("x", 480) + " " + v})
		},
		"in the code": func(v string) (int, string) { return refuse(map[string]any{"error": "not_" + v}) },
		"in the address": func(v string) (int, string) {
			return refuse(map[string]any{"error_uri": "https://id.example/help/" + url.PathEscape(v)})
		},
		"in Entra's ids": func(v string) (int, string) {
			return refuse(map[string]any{"suberror": v, "correlation_id": v, "trace_id": v, "error_description": "AADSTS70000: " + v})
		},
		"in a challenge": func(v string) (int, string) {
			return refuse(map[string]any{"error": "interaction_required", "claims": `{"access_token":{"x":{"value":"` + v + `"}}}`})
		},
		"in 500": func(v string) (int, string) {
			return http.StatusInternalServerError, `{"error":"server_error","error_description":"` + v + `"}`
		},
		"in 200": func(v string) (int, string) {
			return http.StatusOK, `{"error":"invalid_request","error_description":"` + v + `"}`
		},
		"in the protocol": func(string) (int, string) { return 0, "" },
		"as a type":       func(v string) (int, string) { return http.StatusOK, `{"access_token":"a","token_type":"` + v + `"}` },
		"in an ID token": func(v string) (int, string) {
			return http.StatusOK, `{"access_token":"a","token_type":"Bearer","id_token":"` + unsigned(map[string]any{"iss": v, "sub": "s", "aud": v}) + `"}`
		},
	}
}

// unsigned is an ID token that nobody has signed.
func unsigned(claims map[string]any) string {
	raw, _ := json.Marshal(claims) // texts never fail
	return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256"}`)) + "." + base64.RawURLEncoding.EncodeToString(raw) + ".c2ln"
}

// Whatever a provider repeats of a request, nobody gets to read it: it is known by its
// value, and not by its looks.
func TestNothingThatARequestCarriedComesBack(t *testing.T) {
	const secret = "correct horse battery staple"
	for _, test := range []struct {
		step     string
		members  []string
		options  []authtest.Option
		method   auth.AuthMethod
		endpoint authtest.Endpoint
		act      func(d *desk, c *auth.Client, account string) error
	}{
		{"a code, a public client", []string{"code", "code_verifier"}, nil, auth.AuthNone, authtest.Token, signsInAnew},
		{"a code, with a proof", []string{"DPoP"}, []authtest.Option{authtest.WithDPoP(false)}, auth.AuthNone, authtest.Token, signsInAnew},
		{"a code, with a secret", []string{"Authorization"}, []authtest.Option{authtest.WithClient(authtest.ClientID, secret)}, auth.AuthSecretBasic, authtest.Token, signsInAnew},
		{"a code, with a posted secret", []string{"client_secret"}, []authtest.Option{authtest.WithClient(authtest.ClientID, secret)}, auth.AuthSecretPost, authtest.Token, signsInAnew},
		{"a code, with an assertion", []string{"client_assertion"}, []authtest.Option{authtest.WithClientAuth("private_key_jwt")}, auth.AuthPrivateKey, authtest.Token, signsInAnew},
		{"a renewal", []string{"refresh_token"}, nil, auth.AuthNone, authtest.Token, func(d *desk, c *auth.Client, account string) error {
			_, err := c.Refresh(d.t.Context(), account)
			return err
		}},
		{"a sign-out", []string{"token"}, nil, auth.AuthNone, authtest.Revocation, func(d *desk, c *auth.Client, account string) error {
			return c.SignOut(d.t.Context(), account).RevokeErr
		}},
		{"a pushed request", []string{"state", "nonce", "code_challenge"}, []authtest.Option{authtest.WithPAR(true)}, auth.AuthNone, authtest.PushedAuthorization, signsInAnew},
		{"a request for a code", []string{"code_challenge"}, nil, auth.AuthNone, authtest.DeviceAuthorization, func(d *desk, c *auth.Client, _ string) error {
			_, err := c.BeginDevice(d.t.Context(), auth.BeginOptions{})
			return err
		}},
		{"a device", []string{"device_code", "code_verifier"}, []authtest.Option{authtest.WithDevice(time.Second, 0)}, auth.AuthNone, authtest.Token, func(d *desk, c *auth.Client, _ string) error {
			in, err := c.BeginDevice(d.t.Context(), auth.BeginOptions{Timeout: 1500 * time.Millisecond})
			if err != nil {
				return err
			}
			_, err = in.Wait()
			return err
		}},
	} {
		t.Run(test.step, func(t *testing.T) {
			t.Parallel()
			for manner, say := range manners() {
				if test.endpoint != authtest.Token && (manner == "as a type" || manner == "in an ID token") || test.endpoint == authtest.Revocation && manner == "in 200" {
					continue // nobody reads that there
				}
				for _, member := range test.members {
					t.Run(member+" "+manner, func(t *testing.T) {
						t.Parallel()
						var logged bytes.Buffer
						d := newDesk(t, test.options...)
						d.log = slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
						wire := &parrot{RoundTripper: d.provider.Client().Transport}
						d.transport = wire
						d.describe = func(p *auth.Provider) { p.ClientAuth.Method = test.method }
						c := d.client()
						if err := equip(d, c, secret); err != nil {
							t.Fatal(err)
						}
						tokens, _, err := d.signIn(c, auth.BeginOptions{})
						if err != nil {
							t.Fatal(err)
						}
						wire.at(d.provider.Endpoint(test.endpoint), member, say)
						err = test.act(d, c, tokens.Account.ID)
						c.Close()
						if len(wire.seen) == 0 {
							t.Fatal("it was not sent")
						}
						if err == nil {
							t.Error("no error")
						}
						var refused *auth.ProviderError
						errors.As(err, &refused)
						for where, text := range map[string]string{"the error": fmt.Sprintf("%v %+v", err, refused), "the log": logged.String()} {
							if wire.leaks(text) || test.method != auth.AuthNone && strings.Contains(text, secret) {
								t.Errorf("it is in %s: %s", where, text)
							}
						}
					})
				}
			}
		})
	}
}

// equip gives a client what it proves with who it is.
func equip(d *desk, c *auth.Client, secret string) error {
	switch c.Provider().ClientAuth.Method {
	case auth.AuthSecretBasic, auth.AuthSecretPost:
		return c.SetSecret(d.t.Context(), auth.Secret{Value: secret})
	case auth.AuthPrivateKey:
		key, err := c.NewKey(d.t.Context())
		if err == nil {
			d.provider.RegisterKey(key.JWK)
		}
		return err
	}
	return nil
}

func signsInAnew(d *desk, c *auth.Client, _ string) error {
	_, _, err := d.signIn(c, auth.BeginOptions{Timeout: 5 * time.Second})
	return err
}

// A browser brings errors as well, and people paste them.
func TestNothingOfARequestComesBackThroughTheBrowser(t *testing.T) {
	for name, how := range map[string]func(in *auth.SignIn, q url.Values) error{
		"to the port": func(in *auth.SignIn, q url.Values) error {
			resp, err := http.Get(q.Get("redirect_uri") + "?" + url.Values{"state": {q.Get("state")}, "error": {"access_denied"}, "error_description": {"no " + q.Get("nonce") + " and " + q.Get("state")}}.Encode())
			if err == nil {
				resp.Body.Close()
			}
			return err
		},
		"pasted": func(in *auth.SignIn, q url.Values) error {
			return in.Paste("error: access_denied\nerror_description: no " + q.Get("nonce"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, authtest.WithoutIssuerParameter())
			in, err := d.client().Begin(t.Context(), auth.BeginOptions{Timeout: 10 * time.Second})
			if err != nil {
				t.Fatal(err)
			}
			u, err := url.Parse(in.URL())
			if err != nil {
				t.Fatal(err)
			}
			gone := make(chan error, 1)
			go func() { gone <- how(in, u.Query()) }()
			_, err = in.Wait()
			if gerr := <-gone; gerr != nil {
				t.Fatal(gerr)
			}
			var refused *auth.ProviderError
			if !errors.As(err, &refused) || refused.Code != "access_denied" || !strings.HasPrefix(refused.Description, "no ") {
				t.Fatalf("%v", err)
			}
			for _, value := range []string{u.Query().Get("nonce"), u.Query().Get("state")} {
				if strings.Contains(err.Error(), value) {
					t.Errorf("%v", err)
				}
			}
		})
	}
}
