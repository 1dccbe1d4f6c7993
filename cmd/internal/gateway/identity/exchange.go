package identity

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/portico-desktop/portico/app/portal/api"
	"github.com/portico-desktop/portico/cmd/internal/gateway/desk"
)

const (
	invalidGrant   = api.TokenInvalidGrant
	invalidRequest = api.TokenInvalidRequest
)

// maxForm is the size of the largest request, in bytes.
const maxForm = 80 << 10

// ServeHTTP is the token endpoint (RFC 8693, section 2).
func (i *Identity) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		i.refuse(w, &refused{invalidRequest, "The request is no form, or larger than 80 KiB.", err})
		return
	}
	ask := func(name string) string {
		if values := r.PostForm[name]; len(values) == 1 {
			return values[0]
		}
		return ""
	}
	switch {
	case ask("grant_type") == "":
		i.refuse(w, &refused{invalidRequest, "grant_type is missing, or there twice.", nil})
		return
	case ask("grant_type") != api.GrantTokenExchange:
		i.refuse(w, &refused{api.TokenUnsupportedType, "The only grant_type is " + api.GrantTokenExchange + ".", nil})
		return
	case ask("subject_token") == "":
		i.refuse(w, &refused{invalidRequest, "subject_token is missing, or there twice.", nil})
		return
	}
	var who *desk.Person
	var authTime time.Time
	var err error
	switch ask("subject_token_type") {
	case api.TypeIDToken:
		who, authTime, err = i.exchanged(r.Context(), ask("subject_token"))
	case api.TypeAccessToken:
		who, authTime, err = i.renewed(r.Context(), ask("subject_token"))
	default:
		err = &refused{invalidRequest, "subject_token_type has to be " + api.TypeIDToken + " or, for a renewal, " + api.TypeAccessToken + ".", nil}
	}
	if err != nil {
		i.refuse(w, err)
		return
	}
	raw, lifetime, err := i.issue(r.Context(), who, authTime)
	if err != nil {
		i.refuse(w, err)
		return
	}
	i.Log.Info("a token was exchanged", "person", who.ID, "kind", ask("subject_token_type"))
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(api.TokenAnswer{AccessToken: raw, IssuedTokenType: api.TypeAccessToken, TokenType: "Bearer", ExpiresIn: int(lifetime / time.Second)})
}

// refuse answers with a refusal (RFC 6749, section 5.2).
func (i *Identity) refuse(w http.ResponseWriter, err error) {
	var known *refused
	w.Header().Set("Content-Type", "application/json")
	switch {
	case unavailable(err):
		i.Log.Warn("a provider cannot be asked", "error", err)
		w.Header().Set("Retry-After", "10")
		w.WriteHeader(http.StatusServiceUnavailable)
		_ = json.NewEncoder(w).Encode(api.TokenError{Code: "temporarily_unavailable", Description: "The portal cannot reach the provider now."})
	case errors.As(err, &known):
		i.Log.Info("a token was refused", "code", known.code, "reason", known.reason, "error", known.err)
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(api.TokenError{Code: known.code, Description: known.reason})
	default:
		i.Log.Error("a token could not be exchanged", "error", err)
		w.WriteHeader(http.StatusInternalServerError)
		_ = json.NewEncoder(w).Encode(api.TokenError{Code: "server_error", Description: "The portal has a fault; its log says more."})
	}
}
