package auth_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/fetch"
	"github.com/portico-desktop/portico/auth/loopback"
	"github.com/portico-desktop/portico/auth/network"
	"github.com/portico-desktop/portico/auth/network/proxyauth"
	"github.com/portico-desktop/portico/auth/vault"
)

// refused is a refusal, in the browser where the step is the authorization.
func refused(step, code string) *auth.ProviderError {
	e := &auth.ProviderError{Step: step, Code: code}
	if step != "authorization" {
		e.Status = 400
	}
	return e
}

// ended is what a refresh returns when the provider has declared the sign-in dead.
func ended(e *auth.ProviderError) error { return errors.Join(auth.ErrNoSignIn, e) }

func suberror(step, code, sub string) *auth.ProviderError {
	e := refused(step, code)
	e.Suberror = sub
	return e
}

func TestReasonOfStandardErrors(t *testing.T) {
	for _, test := range []struct {
		err  error
		want auth.Reason
	}{
		{ended(refused("token", "invalid_grant")), auth.ReasonExpired},
		{refused("token", "invalid_grant"), auth.ReasonInterrupted},
		{refused("device", "invalid_grant"), auth.ReasonInterrupted},
		{refused("authorization", "access_denied"), auth.ReasonDeclined},
		{refused("device", "access_denied"), auth.ReasonDeclined},
		{&auth.ProviderError{Step: "device", Code: "access_denied", Status: 400}, auth.ReasonDeclined},
		{&auth.ProviderError{Step: "device", Code: "unauthorized_client", Status: 401}, auth.ReasonClient},
		{&auth.ProviderError{Step: "authorization", Code: "invalid_request", Description: "Authentication failed.", Status: 401}, auth.ReasonClient},
		{&auth.ProviderError{Step: "authorization", Code: "invalid_request", Description: "Invalid parameter: redirect_uri", Status: 400}, auth.ReasonRedirect},
		{&auth.ProviderError{Step: "token", Code: "access_denied", Description: "Realm not enabled", Status: 403}, auth.ReasonRefused},
		{&auth.ProviderError{Step: "authorization", Code: "access_denied", Description: "Realm not enabled", Status: 403}, auth.ReasonRefused},
		{refused("authorization", "consent_required"), auth.ReasonConsentByPerson},
		{refused("token", "consent_required"), auth.ReasonConsentByPerson},
		{refused("authorization", "login_required"), auth.ReasonAgain},
		{refused("token", "interaction_required"), auth.ReasonAgain},
		{refused("authorization", "account_selection_required"), auth.ReasonAgain},
		{&auth.ProviderError{Step: "token", Code: "insufficient_claims", Claims: "{}"}, auth.ReasonAgain},
		{refused("token", "insufficient_user_authentication"), auth.ReasonSecondFactor},
		{refused("authorization", "unmet_authentication_requirements"), auth.ReasonPolicy},
		{refused("token", "invalid_client"), auth.ReasonClient},
		{refused("authorization", "unauthorized_client"), auth.ReasonClient},
		{refused("token", "unsupported_grant_type"), auth.ReasonClient},
		{refused("device", "unauthorized_client"), auth.ReasonDeviceNoCodes},
		{refused("device", "unsupported_grant_type"), auth.ReasonDeviceNoCodes},
		{refused("token", "redirect_uri_mismatch"), auth.ReasonRedirect},
		{refused("authorization", "invalid_redirect_uri"), auth.ReasonRedirect},
		{refused("authorization", "deleted_client"), auth.ReasonClient},
		{refused("authorization", "disabled_client"), auth.ReasonClient},
		{refused("authorization", "admin_policy_enforced"), auth.ReasonPolicy},
		{refused("authorization", "org_internal"), auth.ReasonWrongAccount},
		{refused("authorization", "authentication_expired"), auth.ReasonInterrupted},
		{&auth.ProviderError{Step: "token", Code: "temporarily_unavailable", Description: "authentication_expired"}, auth.ReasonFailing},
		{refused("authorization", "invalid_scope"), auth.ReasonScope},
		{refused("token", "invalid_target"), auth.ReasonScope},
		{refused("authorization", "invalid_request"), auth.ReasonRequestRejected},
		{refused("authorization", "unsupported_response_type"), auth.ReasonRequestRejected},
		{refused("authorization", "request_not_supported"), auth.ReasonRequestRejected},
		{refused("authorization", "request_uri_not_supported"), auth.ReasonRequestRejected},
		{refused("authorization", "registration_not_supported"), auth.ReasonRequestRejected},
		{refused("authorization", "invalid_request_uri"), auth.ReasonRequestRejected},
		{refused("authorization", "invalid_request_object"), auth.ReasonRequestRejected},
		{refused("token", "invalid_dpop_proof"), auth.ReasonRequestRejected},
		{refused("token", "use_dpop_nonce"), auth.ReasonRequestRejected},
		{refused("device", "expired_token"), auth.ReasonTimedOut},
		{refused("device", "authorization_pending"), auth.ReasonTimedOut},
		{refused("device", "slow_down"), auth.ReasonBusy},
		{refused("token", "temporarily_unavailable"), auth.ReasonFailing},
		{refused("token", "server_error"), auth.ReasonFailing},
		{refused("token", "device_not_compliant"), auth.ReasonRefused},

		{suberror("token", "interaction_required", "basic_action"), auth.ReasonAgain},
		{suberror("token", "interaction_required", "additional_action"), auth.ReasonPolicy},
		{suberror("token", "invalid_grant", "message_only"), auth.ReasonPolicy},
		{suberror("token", "invalid_grant", "protection_policy_required"), auth.ReasonPolicy},
		{suberror("token", "invalid_grant", "consent_required"), auth.ReasonConsentByPerson},
		{suberror("authorization", "interaction_required", "consent_required"), auth.ReasonConsent},
		{suberror("token", "invalid_grant", "user_password_expired"), auth.ReasonPasswordExpired},
		{ended(suberror("token", "invalid_grant", "bad_token")), auth.ReasonExpired},
		{ended(suberror("token", "invalid_grant", "client_mismatch")), auth.ReasonExpired},
		{ended(suberror("token", "invalid_grant", "token_expired")), auth.ReasonLapsed},
		{suberror("token", "invalid_grant", "token_expired"), auth.ReasonInterrupted},
		{suberror("token", "interaction_required", "device_authentication_failed"), auth.ReasonDevice},
		{ended(suberror("token", "invalid_grant", "a_new_one")), auth.ReasonExpired},
		// A suberror explains what the person meets; the registration it does not.
		{suberror("token", "invalid_client", "bad_token"), auth.ReasonClient},
	} {
		if got := auth.ReasonOf(fmt.Errorf("signing in: %w", test.err)); got != test.want {
			t.Errorf("%v (wrapped %T): %q, want %q", test.err, test.err, got, test.want)
		}
	}
}

func TestReasonOfOtherErrors(t *testing.T) {
	inner := errors.New("inner")
	proxied := func(lack proxyauth.Lack) error {
		return &network.Fault{Kind: network.ProxyAuth, Host: "id.example", Err: &proxyauth.RefusedError{Missing: []*proxyauth.LackError{{Lack: lack}}}}
	}
	fault := func(kind network.Kind) error {
		return &auth.UnavailableError{Host: "id.example", Step: "token", Err: &network.Fault{Kind: kind, Host: "id.example", Err: inner}}
	}
	status := func(status int) error {
		return &auth.UnavailableError{Host: "id.example", Step: "token", Status: status}
	}
	store := func(kind vault.Kind) error { return &vault.Error{Op: "get", Kind: kind, Err: inner} }
	for name, test := range map[string]struct {
		err  error
		want auth.Reason
	}{
		"nothing":                    {nil, auth.ReasonNone},
		"somebody else's":            {inner, auth.ReasonUnknown},
		"cancelled":                  {auth.ErrCancelled, auth.ReasonCancelled},
		"the caller has gone":        {context.Canceled, auth.ReasonCancelled},
		"nobody came":                {auth.ErrTimedOut, auth.ReasonTimedOut},
		"the caller's limit":         {context.DeadlineExceeded, auth.ReasonTimedOut},
		"another address":            {auth.ErrNotThisSignIn, auth.ReasonNotThisSignIn},
		"nothing kept":               {auth.ErrNoSignIn, auth.ReasonNoSignIn},
		"another directory":          {&auth.TenantError{Tenant: "t"}, auth.ReasonTenant},
		"another domain":             {&auth.DomainError{Domain: "d"}, auth.ReasonDomain},
		"a personal account":         {&auth.TenantError{Tenant: auth.PersonalTenant, Personal: true}, auth.ReasonPersonal},
		"no secret":                  {&auth.CredentialError{Method: auth.AuthSecretBasic, Missing: true}, auth.ReasonSecretMissing},
		"an unusable secret":         {&auth.CredentialError{Method: auth.AuthSecretPost, Err: inner}, auth.ReasonSecretMissing},
		"no key":                     {&auth.CredentialError{Method: auth.AuthPrivateKey, Missing: true}, auth.ReasonKeyMissing},
		"an assertion on trial":      {&auth.ProviderError{Step: "token", Code: "invalid_grant", OnTrial: true}, auth.ReasonKeyUnusable},
		"an unusable key":            {&auth.CredentialError{Method: auth.AuthPrivateKey, Err: inner}, auth.ReasonKeyUnusable},
		"a key behind a locked door": {&auth.CredentialError{Method: auth.AuthPrivateKey, Err: store(vault.Locked)}, auth.ReasonStoreLocked},
		"a description":              {&auth.ConfigError{Key: "client_id", Reason: "is missing"}, auth.ReasonConfig},
		"a provider's own setting":   {&auth.ConfigError{Key: "jwks_uri", Reason: "has no key", AtProvider: true}, auth.ReasonProviderSetting},
		"no codes":                   {&auth.ConfigError{Key: "device_authorization_endpoint", Reason: "is not offered"}, auth.ReasonDeviceNoCodes},
		"no provider":                {&auth.NotProviderError{Host: "www.example", Err: inner}, auth.ReasonNotProvider},
		"a port":                     {&loopback.PortUsedError{Port: 8400, Err: inner}, auth.ReasonRedirectPort},
		"a check":                    {&auth.TrustError{Check: "nonce", Err: inner}, auth.ReasonUntrusted},
		"a clock":                    {&auth.ClockError{Ahead: time.Hour, Err: &auth.TrustError{Check: "exp", Err: inner}}, auth.ReasonClock},
		"a clock that fails proofs":  {&auth.ClockError{Ahead: time.Hour, Err: refused("token", "invalid_client")}, auth.ReasonClock},

		"an answer that broke off": {
			&auth.UnavailableError{Status: 200, Err: &network.Fault{Kind: network.NoRoute, Err: inner}}, auth.ReasonFailing,
		},
		"no answer":         {status(0), auth.ReasonUnreachable},
		"an answer no more": {&auth.UnavailableError{Host: "id.example", Err: context.DeadlineExceeded}, auth.ReasonUnreachable},
		"too many requests": {status(429), auth.ReasonBusy},
		"a fault":           {status(503), auth.ReasonFailing},
		"a web page":        {status(200), auth.ReasonFailing},
		"a proxy's status":  {status(407), auth.ReasonProxyAuth},
		"a network's status": {
			status(511), auth.ReasonNetworkSignIn,
		},
		"a redirect": {status(302), auth.ReasonNetworkSignIn},
		"a network's status for metadata": {
			&auth.NotProviderError{Host: "id.example", Err: &fetch.StatusError{Status: 511}}, auth.ReasonNetworkSignIn,
		},
		"another status for metadata": {&auth.NotProviderError{Host: "id.example", Err: &fetch.StatusError{Status: 404}}, auth.ReasonNotProvider},

		"no route":                {fault(network.NoRoute), auth.ReasonUnreachable},
		"no name":                 {fault(network.NameNotFound), auth.ReasonNameNotFound},
		"a proxy's password":      {fault(network.ProxyAuth), auth.ReasonProxyAuth},
		"a proxy's log-on":        {proxied(proxyauth.NoTicket), auth.ReasonProxyLogOn},
		"no ticket, no password":  {proxied(proxyauth.NoPassword), auth.ReasonProxyAuth},
		"a wrong password":        {proxied(proxyauth.PasswordRefused), auth.ReasonProxyAuth},
		"a weaker proxy":          {proxied(proxyauth.Weakened), auth.ReasonProxyWeaker},
		"a proxy that is down":    {fault(network.ProxyDown), auth.ReasonProxyDown},
		"a network's own sign-in": {fault(network.SignInFirst), auth.ReasonNetworkSignIn},
		"an unknown authority":    {fault(network.CertUnknown), auth.ReasonCertUnknown},
		"an old certificate":      {fault(network.CertExpired), auth.ReasonCertExpired},
		"another's certificate":   {fault(network.CertName), auth.ReasonCertName},
		"a failed handshake":      {fault(network.CertOther), auth.ReasonUntrusted},
		"a fault by itself":       {&network.Fault{Kind: network.ProxyDown, Err: inner}, auth.ReasonProxyDown},
		"a certificate of tomorrow": {
			&auth.UnavailableError{Host: "id.example", Err: &network.Fault{Kind: network.CertExpired, NotYet: true, Err: inner}}, auth.ReasonClock,
		},
		"another client's error": {
			&auth.UnavailableError{Host: "id.example", Err: x509.UnknownAuthorityError{}}, auth.ReasonCertUnknown,
		},

		"no store":        {store(vault.Missing), auth.ReasonStoreMissing},
		"a locked store":  {store(vault.Locked), auth.ReasonStoreLocked},
		"a full store":    {store(vault.Full), auth.ReasonStoreFull},
		"a silent store":  {&vault.Error{Kind: vault.Silent, Err: context.DeadlineExceeded}, auth.ReasonStoreSilent},
		"a damaged store": {store(vault.Damaged), auth.ReasonStoreFailing},
		"a failing store": {store(vault.Failing), auth.ReasonStoreFailing},
		"a queue":         {&auth.QueueError{}, auth.ReasonQueue},
		"a new store":     {store(vault.NotSetUp), auth.ReasonStoreNotSetUp},
		"a closed store":  {&auth.UnwritableError{Err: store(vault.Full)}, auth.ReasonStoreFull},
		"lost here": {errors.Join(auth.ErrNoSignIn, &auth.LostError{}, &auth.ProviderError{Step: "token", Code: "invalid_grant", Status: 400}),
			auth.ReasonNotSaved},
	} {
		t.Run(name, func(t *testing.T) {
			err := test.err
			if err != nil {
				err = fmt.Errorf("signing in: %w", err)
			}
			if got := auth.ReasonOf(err); got != test.want {
				t.Errorf("%v: %q, want %q", err, got, test.want)
			}
		})
	}
}

// entraReasons are the reasons of Entra's numbers at a refresh.
func entraReasons() map[auth.Reason][]int {
	return map[auth.Reason][]int{
		auth.ReasonRedirect:         {50011, 70004, 500113},
		auth.ReasonRedirectSPA:      {9002327},
		auth.ReasonSingleTenant:     {50194},
		auth.ReasonAppUnknown:       {700016, 700011},
		auth.ReasonTenantUnknown:    {90002},
		auth.ReasonSecretUnwanted:   {700025},
		auth.ReasonSecretWanted:     {7000218},
		auth.ReasonSecretWrong:      {7000215},
		auth.ReasonSecretExpired:    {7000222},
		auth.ReasonKeyUnusable:      {700027},
		auth.ReasonScope:            {70011},
		auth.ReasonConsentByPerson:  {65001},
		auth.ReasonDeclined:         {65004},
		auth.ReasonConsent:          {90094},
		auth.ReasonConsentRequested: {90095},
		auth.ReasonPartner:          {90099},
		auth.ReasonNotAssigned:      {50105},
		auth.ReasonWrongAccount:     {50020, 50034, 51004, 50014},
		auth.ReasonAccountLocked:    {50053},
		auth.ReasonPasswordExpired:  {50055, 50144},
		auth.ReasonAccountDisabled:  {50057},
		auth.ReasonNoSignIn:         {50058},
		auth.ReasonSecondFactor:     {50072, 50074, 50076, 50078, 50079},
		auth.ReasonDevice:           {50097, 53000, 53001, 530003},
		auth.ReasonPolicy:           {53003, 53002, 530032},
		auth.ReasonTenantRestricted: {500021, 500022, 500212, 500213},
		auth.ReasonRevoked:          {50173, 50132, 50133},
		auth.ReasonExpired:          {70000},
		auth.ReasonLapsed:           {70008, 700082},
		auth.ReasonFrequency:        {70043},
		auth.ReasonInterrupted:      {54005},
		auth.ReasonLooping:          {50196},
		auth.ReasonFailing:          {50033, 90006, 90024, 90033, 90090},
	}
}

// What a number says must not decide what becomes of a sign-in: beside an error
// that keeps it, it is kept, and beside one that ends it, it is dropped.
func TestEntrasNumbersChooseWordsAndNothingElse(t *testing.T) {
	d := newDesk(t)
	account := d.mustSignIn().Account
	for want, numbers := range entraReasons() {
		for _, number := range numbers {
			lift := d.provider.Fault(authtest.EntraError(authtest.Entra{Error: "interaction_required", Code: number}))
			_, err := d.client().Refresh(t.Context(), account.ID)
			lift()
			if got := auth.ReasonOf(err); got != want {
				t.Errorf("interaction_required, AADSTS%d: %q, want %q (%v)", number, got, want, err)
			}
			if errors.Is(err, auth.ErrNoSignIn) || !d.remembered()[0].Remembered {
				t.Fatalf("interaction_required, AADSTS%d: the sign-in was dropped", number)
			}
		}
	}
	for want, numbers := range entraReasons() {
		for _, number := range numbers {
			lift := d.provider.Fault(authtest.EntraError(authtest.Entra{Error: "invalid_grant", Code: number}))
			_, err := d.client().Refresh(t.Context(), account.ID)
			lift()
			want := want
			if want == auth.ReasonFailing {
				want = auth.ReasonExpired // what is lost does not pass by itself
			}
			if got := auth.ReasonOf(err); got != want {
				t.Errorf("invalid_grant, AADSTS%d: %q, want %q (%v)", number, got, want, err)
			}
			if !errors.Is(err, auth.ErrNoSignIn) || d.remembered()[0].Remembered {
				t.Fatalf("invalid_grant, AADSTS%d: the sign-in was kept", number)
			}
			d.mustSignIn()
		}
	}
}

// At the browser's way and at a code's exchange, no sign-in is there to be lost.
func TestEntrasNumbersInTheirContext(t *testing.T) {
	for name, test := range map[string]struct {
		number int
		where  authtest.Endpoint
		want   auth.Reason
	}{
		"a person who may not agree alone": {65001, authtest.Authorize, auth.ReasonConsent},
		"an administrator has to agree":    {90094, authtest.Authorize, auth.ReasonConsent},
		"an administrator was asked":       {90095, authtest.Authorize, auth.ReasonConsentRequested},
		"a person who declines":            {65004, authtest.Authorize, auth.ReasonDeclined},
		"a code that lapsed":               {70008, authtest.Token, auth.ReasonInterrupted},
		"a code that was used":             {54005, authtest.Token, auth.ReasonInterrupted},
		"a grant that was revoked":         {50173, authtest.Token, auth.ReasonInterrupted},
		"a passing fault":                  {90033, authtest.Authorize, auth.ReasonFailing},
		"a redirect as a web page's":       {9002327, authtest.Token, auth.ReasonRedirectSPA},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.provider.Fault(authtest.Refuse(test.number, test.where))
			_, _, err := d.signIn(d.client(), auth.BeginOptions{})
			if got := auth.ReasonOf(err); got != test.want {
				t.Errorf("%q, want %q (%v)", got, test.want, err)
			}
		})
	}
	device := &auth.ProviderError{Step: "device", Code: "invalid_client", Numbers: []string{"AADSTS7000218"}}
	if got := auth.ReasonOf(device); got != auth.ReasonDeviceNoCodes {
		t.Errorf("codes that a registration may not have: %q", got)
	}
	kept := &auth.ProviderError{Step: "token", Code: "invalid_grant", Suberror: "basic_action", Numbers: []string{"AADSTS70043"}}
	if got := auth.ReasonOf(kept); got != auth.ReasonFrequency {
		t.Errorf("a rule about a sign-in that is kept: %q", got)
	}
	several := &auth.ProviderError{Step: "token", Code: "invalid_client", Numbers: []string{"AADSTS1", "AADSTS7000222"}}
	if got := auth.ReasonOf(several); got != auth.ReasonSecretExpired {
		t.Errorf("a number that is known beside one that is not: %q", got)
	}
}

func TestWhoIsRefused(t *testing.T) {
	person := []string{"interaction_required", "login_required", "account_selection_required", "consent_required", "insufficient_user_authentication"}
	client := []string{
		"invalid_client", "unauthorized_client", "redirect_uri_mismatch", "unsupported_grant_type", "unsupported_response_type",
		"invalid_scope", "invalid_target", "invalid_request", "request_not_supported", "request_uri_not_supported",
		"registration_not_supported", "invalid_request_uri", "invalid_request_object", "invalid_dpop_proof", "use_dpop_nonce",
	}
	for _, code := range slices.Concat(person, client, []string{"access_denied", "invalid_grant", "something_new"}) {
		e := refused("token", code)
		if got := e.NeedsPerson(); got != slices.Contains(person, code) {
			t.Errorf("%s: needs the person: %v", code, got)
		}
		if got := e.ClientRefused(); got != slices.Contains(client, code) {
			t.Errorf("%s: the registration is refused: %v", code, got)
		}
		if got := e.GrantEnded(); got != (code == "invalid_grant") {
			t.Errorf("%s: the sign-in has ended: %v", code, got)
		}
	}
	if !(&auth.ProviderError{Code: "something_new", Claims: "{}"}).NeedsPerson() {
		t.Error("a claims challenge does not need the person")
	}
	if refused("device", "invalid_grant").GrantEnded() {
		t.Error("a device code was taken for a sign-in")
	}
}
