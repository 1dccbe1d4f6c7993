package session

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/loopback"
	"github.com/portico-desktop/portico/auth/vault"
)

// What each of the engine's errors is called, what the words are told, and how
// the console ends because of it.
func TestEveryEngineErrorIsExplained(t *testing.T) {
	inner := errors.New("inner")
	refusal := func(code string) error { return &auth.ProviderError{Step: "token", Code: code} }
	store := func(kind vault.Kind) error { return &vault.Error{Op: "read", Kind: kind, Err: inner} }
	none := map[string]string{}
	tests := map[string]struct {
		err    error
		code   localapi.Code
		exit   int
		params map[string]string // besides the title
	}{
		"cancelled":            {auth.ErrCancelled, localapi.Cancelled, localapi.ExitCancelled, none},
		"the program ends":     {context.Canceled, localapi.Cancelled, localapi.ExitCancelled, none},
		"nobody came back":     {auth.ErrTimedOut, localapi.TimedOut, localapi.ExitCancelled, none},
		"nothing kept":         {auth.ErrNoSignIn, localapi.SignInNeeded, localapi.ExitSignInNeeded, none},
		"grant ended":          {errors.Join(auth.ErrNoSignIn, refusal("invalid_grant")), localapi.SignInExpired, localapi.ExitSignInNeeded, none},
		"interaction required": {refusal("interaction_required"), localapi.SignInAgain, localapi.ExitSignInNeeded, none},
		"claims challenge":     {&auth.ProviderError{Code: "insufficient_claims", Claims: "{}"}, localapi.SignInAgain, localapi.ExitSignInNeeded, none},
		"consent required":     {refusal("consent_required"), localapi.ConsentByPerson, localapi.ExitSignInNeeded, none},
		"access denied":        {refusal("access_denied"), localapi.Declined, localapi.ExitRefused, none},
		"client unknown":       {refusal("invalid_client"), localapi.ClientRejected, localapi.ExitConfig, none},
		"client not allowed":   {refusal("unauthorized_client"), localapi.ClientRejected, localapi.ExitConfig, none},
		"any other refusal":    {refusal("device_not_compliant"), localapi.Refused, localapi.ExitRefused, none},
		"no answer": {
			&auth.UnavailableError{Host: "id.example", Err: inner}, localapi.ProviderUnreachable, localapi.ExitUnreachable,
			map[string]string{"host": "id.example", "status": "0", "retry_after": "0"},
		},
		"no answer in time": {
			&auth.UnavailableError{Host: "id.example", Err: context.DeadlineExceeded}, localapi.ProviderUnreachable, localapi.ExitUnreachable,
			map[string]string{"host": "id.example", "status": "0", "retry_after": "0"},
		},
		"busy": {
			&auth.UnavailableError{Host: "id.example", Status: 429, RetryAfter: time.Minute}, localapi.ProviderBusy, localapi.ExitUnreachable,
			map[string]string{"host": "id.example", "status": "429", "retry_after": "60"},
		},
		"failing": {
			&auth.UnavailableError{Host: "id.example", Status: 500}, localapi.ProviderFailing, localapi.ExitUnreachable,
			map[string]string{"host": "id.example", "status": "500", "retry_after": "0"},
		},
		"a certificate": {
			&auth.UnavailableError{Host: "id.example", Err: &tls.CertificateVerificationError{Err: inner}}, localapi.Untrusted, localapi.ExitUntrusted,
			map[string]string{"check": "certificate", "host": "id.example", "status": "0", "retry_after": "0"},
		},
		"a check": {&auth.TrustError{Check: "nonce", Err: inner}, localapi.Untrusted, localapi.ExitUntrusted, map[string]string{"check": "nonce"}},
		"a clock that is behind": {
			&auth.ClockError{Ahead: -50 * time.Hour, Err: inner}, localapi.ClockWrong, localapi.ExitUntrusted,
			map[string]string{"skew": "2 d 2 h", "direction": "behind"},
		},
		"a clock that is ahead": {
			&auth.ClockError{Ahead: 6 * time.Minute, Err: &auth.TrustError{Check: "exp", Err: inner}}, localapi.ClockWrong, localapi.ExitUntrusted,
			map[string]string{"skew": "6 min", "direction": "ahead"},
		},
		"a wrong description": {
			&auth.ConfigError{Key: "client_id", Reason: "is missing"}, localapi.ProviderConfig, localapi.ExitConfig,
			map[string]string{"key": "client_id", "reason": "is missing"},
		},
		"no provider": {
			&auth.NotProviderError{Host: "www.example", Err: inner}, localapi.NotAProvider, localapi.ExitConfig,
			map[string]string{"host": "www.example"},
		},
		"a port in use":     {&loopback.PortUsedError{Port: 8400, Err: inner}, localapi.RedirectPortUsed, localapi.ExitConfig, map[string]string{"port": "8400"}},
		"no key store":      {store(vault.Missing), localapi.KeyStoreMissing, localapi.ExitKeyStore, none},
		"locked key store":  {store(vault.Locked), localapi.KeyStoreLocked, localapi.ExitKeyStore, none},
		"full key store":    {store(vault.Full), localapi.KeyStoreFull, localapi.ExitKeyStore, none},
		"silent key store":  {store(vault.Silent), localapi.KeyStoreSilent, localapi.ExitKeyStore, none},
		"damaged key store": {store(vault.Damaged), localapi.KeyStoreFailing, localapi.ExitKeyStore, none},
		"failing key store": {store(vault.Failing), localapi.KeyStoreFailing, localapi.ExitKeyStore, none},
		"anything else":     {inner, localapi.Unexpected, localapi.ExitUnexpected, none},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := Explain(fmt.Errorf("signing in: %w", test.err), About{Title: "Work"}, time.Now())
			if p.Code != test.code || p.Exit() != test.exit {
				t.Errorf("code %s, exit %d; want %s, %d", p.Code, p.Exit(), test.code, test.exit)
			}
			want := map[string]string{"title": "Work"}
			for name, value := range test.params {
				want[name] = value
			}
			if diff := cmp.Diff(want, p.Params); diff != "" {
				t.Errorf("params (-want +got):\n%s", diff)
			}
			if p.Details == nil || p.Details.Error == "" || p.Details.Time.IsZero() {
				t.Errorf("support has nothing to go by: %+v", p.Details)
			}
		})
	}
	if p := Explain(nil, About{Title: "Work"}, time.Now()); p != nil {
		t.Errorf("no error is explained as %+v", p)
	}
	known := &localapi.Problem{Code: localapi.Busy}
	if p := Explain(fmt.Errorf("again: %w", known), About{Title: "Work"}, time.Now()); p != known {
		t.Errorf("what has been explained becomes %+v", p)
	}
}
