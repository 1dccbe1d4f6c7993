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
	"github.com/portico-desktop/portico/auth/network"
	"github.com/portico-desktop/portico/auth/network/proxyauth"
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
		"a proxy": {
			&auth.UnavailableError{Host: "id.example", Err: &network.Fault{
				Kind: network.ProxyAuth, Host: "id.example", Proxy: "proxy.example:3128", Wants: []string{"Negotiate", "NTLM"}, Err: inner,
			}},
			localapi.ProxyWantsPassword, localapi.ExitUnreachable,
			map[string]string{"host": "id.example", "proxy": "proxy.example:3128", "wants": "Negotiate, NTLM", "status": "0", "retry_after": "0"},
		},
		"a proxy that wants a ticket": {
			&network.Fault{Kind: network.ProxyAuth, Host: "id.example", Proxy: "proxy.example:3128", Wants: []string{"Negotiate"}, Err: &proxyauth.RefusedError{Missing: []*proxyauth.LackError{
				{Scheme: proxyauth.Negotiate, Lack: proxyauth.TicketEnded, Err: errors.New("that of ada ended")}, {Scheme: proxyauth.NTLM, Lack: proxyauth.NotAllowed},
			}}},
			localapi.ProxyLogOn, localapi.ExitUnreachable,
			map[string]string{"host": "id.example", "proxy": "proxy.example:3128", "wants": "Negotiate", "lack": "ticket-ended", "lack_detail": "that of ada ended"},
		},
		"a proxy that has refused a password": {
			&network.Fault{Kind: network.ProxyAuth, Host: "id.example", Proxy: "proxy.example:3128", Wants: []string{"Basic"}, Err: &proxyauth.RefusedError{Missing: []*proxyauth.LackError{
				{Scheme: proxyauth.Basic, Lack: proxyauth.PasswordRefused},
			}}},
			localapi.ProxyWantsPassword, localapi.ExitUnreachable,
			map[string]string{"host": "id.example", "proxy": "proxy.example:3128", "wants": "Basic", "refused": "yes"},
		},
		"a proxy script": {
			&network.Fault{Kind: network.NoRoute, Host: "id.example", ScriptErr: &network.ScriptError{Script: "http://wpad/proxy.pac", Err: &network.EvaluatorError{Install: "apt install it"}}, Err: inner},
			localapi.ProviderUnreachable, localapi.ExitUnreachable,
			map[string]string{"host": "id.example", "script": "http://wpad/proxy.pac", "install": "apt install it"},
		},
		"an inspected connection": {
			&network.Fault{Kind: network.CertUnknown, Host: "id.example", Issuer: "Inspection", Err: inner},
			localapi.CertificateUnknown, localapi.ExitUntrusted,
			map[string]string{"host": "id.example", "issuer": "Inspection"},
		},
		"a certificate of tomorrow": {
			&network.Fault{Kind: network.CertExpired, Host: "id.example", NotYet: true, Err: inner},
			localapi.ClockWrong, localapi.ExitUntrusted,
			map[string]string{"host": "id.example", "direction": "behind"},
		},
		"a key file": {
			&auth.CredentialError{Method: auth.AuthPrivateKey, Err: errors.New("it is encrypted")},
			localapi.ClientKeyUnusable, localapi.ExitConfig, map[string]string{"reason": "it is encrypted"},
		},
		"another directory": {&auth.TenantError{Tenant: "t-1"}, localapi.TenantNotAllowed, localapi.ExitRefused, map[string]string{"tenant": "t-1"}},
		"a check":           {&auth.TrustError{Check: "nonce", Err: inner}, localapi.Untrusted, localapi.ExitUntrusted, map[string]string{"check": "nonce"}},
		"a clock that is behind": {
			&auth.ClockError{Ahead: -50 * time.Hour, Err: inner}, localapi.ClockWrong, localapi.ExitUntrusted,
			map[string]string{"skew": "2 d 2 h", "direction": "behind"},
		},
		"a clock that is hardly behind": {
			&auth.ClockError{Ahead: -30 * time.Second, Err: inner}, localapi.ClockWrong, localapi.ExitUntrusted,
			map[string]string{"skew": "30 s", "direction": "behind"},
		},
		"a refresh token refused without its reason": {
			&auth.ProviderError{Step: "token", Status: 400, Unclear: true}, localapi.SignInAgain, localapi.ExitSignInNeeded, map[string]string{"unsaid": "yes"},
		},
		"a proof of a kept sign-in": {
			&auth.ProviderError{Step: "token", Code: "invalid_dpop_proof", Unproven: true}, localapi.SignInAgain, localapi.ExitSignInNeeded, map[string]string{"unsaid": "yes"},
		},
		"an answer that was lost": {auth.ErrInterrupted, localapi.SignInInterrupted, localapi.ExitSignInNeeded, none},
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
		"a port in use":  {&loopback.PortUsedError{Port: 8400, Err: inner}, localapi.RedirectPortUsed, localapi.ExitConfig, map[string]string{"port": "8400"}},
		"a range in use": {&loopback.PortUsedError{Port: 8400, Last: 8410, Err: inner}, localapi.RedirectPortUsed, localapi.ExitConfig, map[string]string{"port": "8400-8410"}},
		"another domain": {
			&auth.DomainError{Domain: "a.example", Allowed: []string{"b.example", "c.example"}}, localapi.DomainNotAllowed, localapi.ExitRefused,
			map[string]string{"domain": "a.example", "domains": "b.example, c.example"},
		},
		"no key store":      {store(vault.Missing), localapi.KeyStoreMissing, localapi.ExitKeyStore, none},
		"locked key store":  {store(vault.Locked), localapi.KeyStoreLocked, localapi.ExitKeyStore, none},
		"full key store":    {store(vault.Full), localapi.KeyStoreFull, localapi.ExitKeyStore, none},
		"silent key store":  {store(vault.Silent), localapi.KeyStoreSilent, localapi.ExitKeyStore, none},
		"damaged key store": {store(vault.Damaged), localapi.KeyStoreFailing, localapi.ExitKeyStore, none},
		"failing key store": {store(vault.Failing), localapi.KeyStoreFailing, localapi.ExitKeyStore, none},
		"others first":      {&auth.QueueError{}, localapi.QueueTooLong, localapi.ExitUnreachable, none},
		"new key store":     {store(vault.NotSetUp), localapi.KeyStoreNotSetUp, localapi.ExitKeyStore, none},
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

// What support and IT need is taken along: the provider's own ids, and what they
// look for in its registration.
func TestExplanationNamesTheRegistration(t *testing.T) {
	refused := &auth.ProviderError{
		Step: "token", Code: "invalid_grant", Suberror: "bad_token", Numbers: []string{"AADSTS50173"}, CorrelationID: "c-1", TraceID: "t-1",
	}
	about := About{Title: "Work", Provider: "work", Dialect: auth.Entra, Host: "id.example", ClientID: "app", Redirect: "http://localhost/"}
	now := time.Now()
	got := Explain(errors.Join(auth.ErrNoSignIn, refused), about, now)
	want := &localapi.Problem{
		Code: localapi.SignInRevoked,
		Params: map[string]string{
			"title": "Work", "provider": "work", "dialect": "entra", "host": "id.example", "client_id": "app", "redirect": "http://localhost/",
		},
		Details: &localapi.Details{
			Error: got.Details.Error, OAuthError: "invalid_grant/bad_token", Numbers: []string{"AADSTS50173"},
			CorrelationID: "c-1", TraceID: "t-1", Time: now,
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	elsewhere := Explain(&auth.UnavailableError{Host: "keys.example"}, about, now)
	if elsewhere.Params["host"] != "keys.example" {
		t.Errorf("the host that does not answer is said to be %q", elsewhere.Params["host"])
	}
}

func TestAboutAClientIsWhatItSignsInWith(t *testing.T) {
	client, err := auth.New(auth.Params{Accounts: auth.NewAccounts(nil, t.TempDir()), Provider: auth.Provider{
		ID: "work", Title: "Work", Authority: "https://login.microsoftonline.com/organizations/v2.0", ClientID: "app",
	}})
	if err != nil {
		t.Fatal(err)
	}
	want := About{Title: "Work", Provider: "work", Dialect: auth.Entra, Host: "login.microsoftonline.com", ClientID: "app", Redirect: client.RedirectURI()}
	if diff := cmp.Diff(want, AboutClient(client)); diff != "" || want.Redirect == "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if diff := cmp.Diff(About{}, AboutClient(nil)); diff != "" {
		t.Errorf("about nobody:\n%s", diff)
	}
}
