package contract

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/uuid"

	"github.com/portico-desktop/portico/app/portal/api"
	"github.com/portico-desktop/portico/app/portal/api/apitest"
	"github.com/portico-desktop/portico/cmd/internal/gateway"
	"github.com/portico-desktop/portico/cmd/internal/gateway/desk"
	"github.com/portico-desktop/portico/cmd/internal/gateway/settings"
	"github.com/portico-desktop/portico/cmd/internal/gateway/store"
)

// provider signs ID tokens, and publishes its key.
type provider struct {
	*httptest.Server
	signer jose.Signer
}

func newProvider(t *testing.T) *provider {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p := &provider{}
	mux := http.NewServeMux()
	p.Server = httptest.NewTLSServer(mux)
	t.Cleanup(p.Close)
	document := func(path string, value any) {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(value)
		})
	}
	document("/.well-known/openid-configuration", map[string]any{
		"issuer": p.URL, "authorization_endpoint": p.URL + "/a", "token_endpoint": p.URL + "/t", "jwks_uri": p.URL + "/keys",
		"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"}, "id_token_signing_alg_values_supported": []string{"ES256"},
	})
	document("/keys", jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "1", Algorithm: "ES256", Use: "sig"}}})
	if p.signer, err = jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: "1"}}, nil); err != nil {
		t.Fatal(err)
	}
	return p
}

// person gives ID tokens of one person.
type person struct {
	*provider
	name, organization string
}

// IDToken implements [api.IDTokens].
func (p person) IDToken(context.Context) (string, error) {
	now := time.Now()
	raw, err := json.Marshal(map[string]any{
		"iss": p.URL, "sub": p.name, "aud": "portico", "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(), "jti": uuid.NewString(),
		"name": p.name, "email": strings.ToLower(p.name) + "@" + p.organization + ".example", "email_verified": true,
	})
	if err != nil {
		return "", err
	}
	signed, err := p.signer.Sign(raw)
	if err != nil {
		return "", err
	}
	return signed.CompactSerialize()
}

// portal is a gateway that serves, and its technician.
type portal struct {
	t        *testing.T
	contract *apitest.Contract
	provider *provider
	address  string
	staff    desk.Staff
	// operations is the address of health and metrics.
	operations string
	// leave ends the gateway, once.
	leave func()
}

const softwareForm = `{"id":"software","title":"Software","approval":{"by":["bea@contoso.example"],"title":"Buy it?"},
 "schema":{"type":"object","required":["name"],"properties":{"name":{"type":"string","maxLength":40},"site":{"type":"string"}}},
 "ui":{"type":"VerticalLayout","elements":[{"type":"Control","scope":"#/properties/name"},{"type":"Control","scope":"#/properties/site","options":{"portico":"dynamic"}}]},
 "sources":{"site":{"file":"sites.json"}}}`

// newPortal serves a portal. more are lines of its settings, before its tables.
func newPortal(t *testing.T, more ...string) *portal {
	t.Helper()
	contract, err := apitest.Load()
	if err != nil {
		t.Fatal(err)
	}
	p := &portal{t: t, contract: contract, provider: newProvider(t)}
	folder := t.TempDir()
	for name, text := range map[string]string{
		"portal/portico.json":       fmt.Sprintf(`{"version":1,"name":"Contoso IT","providers":[{"id":"x","authority":%q,"client_id":"portico"}]}`, p.provider.URL),
		"portal/menus/a.json":       `[{"id":"mail","title":"Mail","url":"https://mail.example/","keywords":["post"]}]`,
		"portal/forms/app.json":     softwareForm,
		"portal/options/sites.json": `[{"value":"b","title":"Berlin"}]`,
		"portal/articles/a.json":    `[{"title":"Printer jams","url":"https://kb.example/1"}]`,
		"gateway.toml": fmt.Sprintf(`url = "https://portal.example"
listen = "127.0.0.1:0"
operations = "127.0.0.1:0"
%[2]s
[tls]
mode = "off"
[limits]
attachment_bytes = 4194304
[[organization]]
id = "contoso"
name = "Contoso"
issuers = [%[1]q]
domains = ["contoso.example"]
[[organization]]
id = "fabrikam"
name = "Fabrikam"
issuers = [%[1]q]
domains = ["fabrikam.example"]
[[role]]
feature = "organization"
people = ["bea@contoso.example"]
`, p.provider.URL, strings.Join(more, "\n")),
	} {
		path := filepath.Join(folder, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	read, err := settings.Read(filepath.Join(folder, "gateway.toml"), nil)
	if err != nil {
		t.Fatal(err)
	}
	g, err := gateway.Open(t.Context(), gateway.Params{Settings: read, HTTP: p.provider.Client()})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- g.Serve(ctx) }()
	p.leave = sync.OnceFunc(func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(p.leave)
	p.operations = "http://" + g.Operations().String()
	p.address = "http://" + g.Address().String()
	// The technician's commands have the store of their own, in another process.
	s, err := store.Open(t.Context(), store.Params{File: read.Database(), Beside: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	p.staff = desk.Staff{Store: s, Name: "Tom"}
	return p
}

// door sends requests as a person, and holds them to the file.
func (p *portal) door(name, organization string) *api.Exchange {
	return api.NewExchange(api.ExchangeParams{
		URL: p.address, IDTokens: person{p.provider, name, organization}, Provider: "x", Program: "portico/0.2 linux",
		Transport: p.contract.Transport(p.t, nil),
	})
}

func (p *portal) client(name, organization string) *api.Client {
	p.t.Helper()
	c, err := api.NewClient(api.Params{URL: p.address, Door: p.door(name, organization), Open: &http.Client{Transport: p.contract.Transport(p.t, nil)}})
	if err != nil {
		p.t.Fatal(err)
	}
	return c
}

func key() api.Write { return api.Write{Key: uuid.Must(uuid.NewV7()).String()} }

func at(version string) api.Write {
	w := key()
	w.Version = version
	return w
}

// must is the value of a call without an error.
func must[T any](value T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func wantCode(t *testing.T, what string, err error, want api.Code) *api.Problem {
	t.Helper()
	var told *api.Problem
	if !errors.As(err, &told) || told.Code != want {
		t.Fatalf("%s: %v, want %s", what, err, want)
	}
	return told
}

// awaitWaiting waits for a request that waits.
func (p *portal) awaitWaiting(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		res, err := http.Get(p.operations + "/metrics")
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(raw), "portico_sync_waiting 1") {
			return
		}
	}
	t.Fatal("nobody waits")
}
