package authtest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"time"
)

const maxBody = 1 << 20

func (p *Provider) routes() http.Handler {
	mux := http.NewServeMux()
	for endpoint, h := range map[Endpoint]http.HandlerFunc{
		Keys: p.serveKeys, Authorize: p.serveAuthorize, Token: p.serveToken, UserInfo: p.serveUserInfo,
		Revocation: p.serveRevocation, EndSession: p.serveEndSession,
		DeviceAuthorization: p.serveDeviceAuthorization, DeviceVerification: p.serveDevicePage,
		PushedAuthorization: p.servePushed,
	} {
		if !slices.Contains(p.config.without, endpoint) {
			mux.HandleFunc("/"+string(endpoint), p.at(endpoint, h))
			mux.HandleFunc(movedPath+string(endpoint), p.at(endpoint, h))
		}
	}
	mux.HandleFunc(p.config.path+"/.well-known/openid-configuration", p.at(Discovery, p.serveMetadata))
	p.routeEntra(mux)
	return mux
}

// at writes the request down, applies the faults in force at the endpoint, and else lets h answer.
func (p *Provider) at(e Endpoint, h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		broken := r.ParseForm()
		// Taken first: a test that sees the request may lift the fault at once.
		faults := p.take(at(e), r.PostForm.Get("grant_type"))
		p.note(Request{
			Endpoint: e, Method: r.Method, Query: r.URL.Query(), Form: maps.Clone(r.PostForm), Header: r.Header.Clone(),
		})

		date := p.now()
		dateless := false
		for _, f := range p.take(pointDate, "") {
			date = date.Add(f.skew)
			dateless = dateless || f.dateless
		}
		w.Header().Set("Date", date.UTC().Format(http.TimeFormat))
		if dateless {
			w.Header()["Date"] = nil // keeps the server from adding one
		}

		if p.gone(w, r, e) {
			return
		}
		lose := false
		for _, f := range faults {
			if f.reword != nil {
				h = reworded(h, f.reword)
			}
			if f.answer != nil {
				f.answer(w, r, f.lifted)
				return
			}
			lose = lose || f.lose
		}
		switch {
		case broken != nil:
			http.Error(w, "the request cannot be read", http.StatusBadRequest)
		case lose:
			h(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		default:
			h(w, r)
		}
	}
}

// reworded is a handler with its answers changed by a fault.
func reworded(h http.HandlerFunc, reword func(http.Header, string) string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		as := httptest.NewRecorder()
		h(as, r)
		maps.Copy(w.Header(), as.Header())
		body := reword(w.Header(), as.Body.String())
		w.WriteHeader(as.Code)
		_, _ = w.Write([]byte(body))
	}
}

func (p *Provider) serveMetadata(w http.ResponseWriter, r *http.Request) {
	m := map[string]any{
		"issuer":                                p.metadataIssuer(r.URL.Path),
		"authorization_endpoint":                p.Endpoint(Authorize),
		"token_endpoint":                        p.Endpoint(Token),
		"jwks_uri":                              p.Endpoint(Keys),
		"response_types_supported":              []string{"code"},
		"response_modes_supported":              []string{"query"},
		"grant_types_supported":                 []string{grantCode, grantRefresh, grantDevice},
		"subject_types_supported":               []string{"public"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"scopes_supported":                      []string{"openid", "email", "profile", "offline_access"},
		"token_endpoint_auth_methods_supported": []string{"none", "client_secret_basic", "client_secret_post"},
		"code_challenge_methods_supported":      []string{"S256"},
		"claims_supported":                      []string{"sub", "name", "preferred_username", "email", "email_verified"},
	}
	for e, name := range map[Endpoint]string{
		UserInfo: "userinfo_endpoint", Revocation: "revocation_endpoint",
		EndSession: "end_session_endpoint", DeviceAuthorization: "device_authorization_endpoint",
	} {
		if !slices.Contains(p.config.without, e) {
			m[name] = p.Endpoint(e)
		}
	}
	if !p.config.noIss {
		m["authorization_response_iss_parameter_supported"] = true
	}
	if p.config.formPost {
		m["response_modes_supported"] = []string{"query", "form_post"}
	}
	if p.config.authMethod != "" {
		m["token_endpoint_auth_methods_supported"] = []string{p.config.authMethod}
	}
	if p.config.authMethod == "private_key_jwt" && !p.config.certificates {
		m["token_endpoint_auth_signing_alg_values_supported"] = []string{"ES256", "RS256"}
	}
	if p.config.par {
		m["pushed_authorization_request_endpoint"] = p.Endpoint(PushedAuthorization)
		m["require_pushed_authorization_requests"] = p.config.parRequired
	}
	if p.config.dpop {
		m["dpop_signing_alg_values_supported"] = []string{"ES256"}
	}
	for _, f := range p.take(pointMetadata, "") {
		f.metadata(m)
	}
	p.writeCacheable(w, r, m)
}

// writeCacheable answers with JSON under an ETag, or 304 (RFC 9110, section 13.1.2).
func (p *Provider) writeCacheable(w http.ResponseWriter, r *http.Request, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	sum := sha256.Sum256(body)
	tag := `"` + hex.EncodeToString(sum[:8]) + `"`
	h := w.Header()
	h.Set("ETag", tag)
	h.Set("Cache-Control", "no-cache")
	if p.config.maxAge > 0 {
		h.Set("Cache-Control", fmt.Sprintf("public, max-age=%d", p.config.maxAge/time.Second))
	}
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", "application/json")
	_, _ = w.Write(body)
}

// writeJSON answers with JSON that nobody may keep (RFC 6749, section 5.1).
func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

// writeError answers with an OAuth error (RFC 6749, section 5.2).
func writeError(w http.ResponseWriter, code, description string, further map[string]any) {
	fields := map[string]any{"error": code}
	if description != "" {
		fields["error_description"] = description
	}
	maps.Copy(fields, further)
	status := http.StatusBadRequest
	if code == "invalid_client" {
		status = http.StatusUnauthorized
		w.Header().Set("WWW-Authenticate", `Basic realm="authtest"`)
	}
	writeJSON(w, status, fields)
}

// isForm is true if a request has the body of OAuth endpoints.
func isForm(r *http.Request) bool {
	t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return r.Method == http.MethodPost && err == nil && t == "application/x-www-form-urlencoded"
}

// repeated names a parameter that is there more than once. RFC 6749, section 3.1, forbids it.
func repeated(v url.Values) string {
	for name, values := range v {
		if len(values) > 1 && name != "resource" { // RFC 8707, section 2
			return name
		}
	}
	return ""
}

func words(scope string) []string { return strings.Fields(scope) }
