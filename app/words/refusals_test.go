package words_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/loopback"
	"github.com/portico-desktop/portico/auth/network"
	"github.com/portico-desktop/portico/auth/network/proxyauth"
	"github.com/portico-desktop/portico/auth/vault"
)

// refusal is an error as the engine builds it, what it stands for in the table,
// and the code that it has to become.
type refusal struct {
	says string
	err  error
	code localapi.Code
}

// The steps of a sign-in as providers see them.
const (
	atBrowser  = "authorization"
	atCode     = "token"
	atRefresh  = "refresh" // at the token endpoint, with a sign-in that is kept
	atDevice   = "device"
	correlated = "00000000-c0de-4000-8000-000000000002"
)

// said builds what the engine returns for a provider's answer. A suberror follows
// the error after a slash.
func said(step, answer string, numbers ...int) refusal {
	code, sub, _ := strings.Cut(answer, "/")
	e := &auth.ProviderError{Step: step, Code: code, Suberror: sub, Description: "In the provider's words.", CorrelationID: correlated, TraceID: "trace"}
	if step != atBrowser {
		e.Status = 400
	}
	names := []string{answer + " " + map[string]string{
		atBrowser: "in the browser", atCode: "for a code", atRefresh: "at a refresh", atDevice: "for a device code",
	}[step]}
	for _, n := range numbers {
		e.Numbers = append(e.Numbers, fmt.Sprintf("AADSTS%d", n))
		names = append(names, e.Numbers[len(e.Numbers)-1])
	}
	var err error = e
	if step == atRefresh {
		e.Step = "token"
		if e.GrantEnded() {
			err = errors.Join(auth.ErrNoSignIn, e)
		}
	}
	return refusal{says: strings.Join(names, " "), err: fmt.Errorf("signing in: %w", err)}
}

func (r refusal) is(c localapi.Code) refusal { r.code = c; return r }

// standardRefusals are the standards' errors and Entra's suberrors.
func standardRefusals() []refusal {
	return []refusal{
		said(atRefresh, "invalid_grant").is(localapi.SignInExpired),
		said(atRefresh, "invalid_grant/bad_token").is(localapi.SignInExpired),
		said(atRefresh, "invalid_grant/client_mismatch").is(localapi.SignInExpired),
		said(atRefresh, "invalid_grant/token_expired").is(localapi.SignInLapsed),
		said(atRefresh, "invalid_grant/user_password_expired").is(localapi.PasswordExpired),
		said(atRefresh, "invalid_grant/consent_required").is(localapi.ConsentByPerson),
		said(atRefresh, "invalid_grant/message_only").is(localapi.BlockedByPolicy),
		said(atRefresh, "invalid_grant/additional_action").is(localapi.BlockedByPolicy),
		said(atRefresh, "invalid_grant/protection_policy_required").is(localapi.BlockedByPolicy),
		said(atRefresh, "invalid_grant/device_authentication_failed").is(localapi.DeviceNotManaged),
		said(atCode, "invalid_grant").is(localapi.SignInInterrupted),
		said(atBrowser, "access_denied").is(localapi.Declined),
		said(atDevice, "access_denied").is(localapi.Declined),
		said(atRefresh, "access_denied").is(localapi.Refused),
		said(atBrowser, "consent_required").is(localapi.ConsentByPerson),
		said(atRefresh, "consent_required").is(localapi.ConsentByPerson),
		said(atBrowser, "login_required").is(localapi.SignInAgain),
		said(atRefresh, "interaction_required").is(localapi.SignInAgain),
		said(atRefresh, "interaction_required/basic_action").is(localapi.SignInAgain),
		said(atBrowser, "account_selection_required").is(localapi.SignInAgain),
		said(atRefresh, "insufficient_user_authentication").is(localapi.SecondFactor),
		said(atBrowser, "unmet_authentication_requirements").is(localapi.BlockedByPolicy),
		said(atRefresh, "invalid_client").is(localapi.ClientRejected),
		said(atBrowser, "unauthorized_client").is(localapi.ClientRejected),
		said(atCode, "unsupported_grant_type").is(localapi.ClientRejected),
		said(atDevice, "unauthorized_client").is(localapi.NoDeviceCodes),
		said(atCode, "redirect_uri_mismatch").is(localapi.RedirectNotRegistered),
		said(atBrowser, "invalid_redirect_uri").is(localapi.RedirectNotRegistered),
		said(atBrowser, "deleted_client").is(localapi.ClientRejected),
		said(atBrowser, "disabled_client").is(localapi.ClientRejected),
		said(atBrowser, "admin_policy_enforced").is(localapi.BlockedByPolicy),
		said(atBrowser, "org_internal").is(localapi.WrongAccount),
		said(atBrowser, "authentication_expired").is(localapi.SignInInterrupted),
		said(atBrowser, "invalid_scope").is(localapi.ScopeRefused),
		said(atCode, "invalid_target").is(localapi.ScopeRefused),
		said(atBrowser, "invalid_request").is(localapi.RequestRejected),
		said(atBrowser, "unsupported_response_type").is(localapi.RequestRejected),
		said(atBrowser, "request_not_supported").is(localapi.RequestRejected),
		said(atBrowser, "request_uri_not_supported").is(localapi.RequestRejected),
		said(atBrowser, "registration_not_supported").is(localapi.RequestRejected),
		said(atBrowser, "invalid_request_uri").is(localapi.RequestRejected),
		said(atBrowser, "invalid_request_object").is(localapi.RequestRejected),
		said(atCode, "invalid_dpop_proof").is(localapi.RequestRejected),
		said(atCode, "use_dpop_nonce").is(localapi.RequestRejected),
		said(atDevice, "expired_token").is(localapi.TimedOut),
		said(atDevice, "authorization_pending").is(localapi.TimedOut),
		said(atDevice, "slow_down").is(localapi.ProviderBusy),
		said(atBrowser, "an_error_of_its_own").is(localapi.Refused),
	}
}

// entraRow is one line of what Microsoft Entra ID's numbers mean: beside which
// error they come, and what they become.
type entraRow struct {
	numbers []int
	step    string
	answer  string
	code    localapi.Code
}

func entraRows() []entraRow {
	return []entraRow{
		{[]int{50011, 70004, 500113}, atBrowser, "invalid_request", localapi.RedirectNotRegistered},
		{[]int{9002327}, atCode, "invalid_request", localapi.RedirectIsSPA},
		{[]int{50194}, atCode, "invalid_request", localapi.AppSingleTenant},
		{[]int{700016, 700011}, atCode, "unauthorized_client", localapi.AppUnknown},
		{[]int{90002}, atCode, "invalid_request", localapi.TenantUnknown},
		{[]int{700025}, atCode, "invalid_client", localapi.SecretNotWanted},
		{[]int{7000218}, atCode, "invalid_client", localapi.SecretWanted},
		{[]int{7000218}, atDevice, "invalid_client", localapi.NoDeviceCodes},
		{[]int{7000215}, atCode, "invalid_client", localapi.SecretWrong},
		{[]int{7000222}, atRefresh, "invalid_client", localapi.SecretExpired},
		{[]int{700027}, atCode, "invalid_client", localapi.ClientKeyUnusable},
		{[]int{70011}, atBrowser, "invalid_request", localapi.ScopeRefused},
		{[]int{65001}, atRefresh, "invalid_grant/consent_required", localapi.ConsentByPerson},
		{[]int{65001}, atBrowser, "interaction_required", localapi.ConsentNeeded},
		{[]int{65004}, atBrowser, "access_denied/cancel", localapi.Declined},
		{[]int{90094}, atBrowser, "access_denied", localapi.ConsentNeeded},
		{[]int{90095}, atBrowser, "access_denied", localapi.ConsentRequested},
		{[]int{90099}, atBrowser, "access_denied", localapi.PartnerNotAuthorised},
		{[]int{50105}, atBrowser, "access_denied", localapi.NotAssigned},
		{[]int{50020, 50034, 51004, 50014}, atBrowser, "access_denied", localapi.WrongAccount},
		{[]int{50053}, atBrowser, "access_denied", localapi.AccountLocked},
		{[]int{50055, 50144}, atRefresh, "invalid_grant", localapi.PasswordExpired},
		{[]int{50057}, atRefresh, "invalid_grant", localapi.AccountDisabled},
		{[]int{50058}, atBrowser, "login_required", localapi.SignInNeeded},
		{[]int{50072, 50074, 50076, 50078, 50079}, atRefresh, "interaction_required/basic_action", localapi.SecondFactor},
		{[]int{50097, 53000, 53001, 530003}, atRefresh, "invalid_grant/message_only", localapi.DeviceNotManaged},
		{[]int{53003, 53002, 530032}, atBrowser, "access_denied", localapi.BlockedByPolicy},
		{[]int{500021, 500022, 500212, 500213}, atBrowser, "access_denied", localapi.TenantRestricted},
		{[]int{50173, 50132, 50133}, atRefresh, "invalid_grant/bad_token", localapi.SignInRevoked},
		{[]int{70000}, atRefresh, "invalid_grant", localapi.SignInExpired},
		{[]int{70008, 700082}, atRefresh, "invalid_grant/token_expired", localapi.SignInLapsed},
		{[]int{70008}, atCode, "invalid_grant", localapi.SignInInterrupted},
		{[]int{70043}, atRefresh, "invalid_grant/bad_token", localapi.SignInFrequency},
		{[]int{54005}, atCode, "invalid_grant", localapi.SignInInterrupted},
		{[]int{50196}, atCode, "invalid_request", localapi.TooManyTries},
		{[]int{50033, 90006, 90024, 90033, 90090}, atRefresh, "invalid_request", localapi.ProviderFailing},
	}
}

func entraRefusals() []refusal {
	var all []refusal
	for _, row := range entraRows() {
		for _, number := range row.numbers {
			all = append(all, said(row.step, row.answer, number).is(row.code))
		}
	}
	return all
}

// otherRefusals are what the engine finds out by itself.
func otherRefusals() []refusal {
	cause := errors.New("the cause")
	proxied := func(lacks ...proxyauth.Lack) error {
		refused := &proxyauth.RefusedError{}
		for i, lack := range lacks {
			refused.Missing = append(refused.Missing, &proxyauth.LackError{Scheme: proxyauth.AllSchemes()[3*i], Lack: lack})
		}
		return &auth.UnavailableError{Host: "login.example", Step: "token", Err: &network.Fault{
			Kind: network.ProxyAuth, Host: "login.example", Proxy: "proxy.example:3128", Status: 407, Wants: []string{"Negotiate", "Basic"}, Err: refused,
		}}
	}
	way := func(f network.Fault) error {
		f.Host, f.Err = "login.example", cause
		return &auth.UnavailableError{Host: "login.example", Step: "token", Err: &f}
	}
	status := func(status int) error {
		return &auth.UnavailableError{Host: "login.example", Step: "token", Status: status, RetryAfter: time.Minute}
	}
	pushed := func(status int, code, description string) error {
		return &auth.ProviderError{Step: "authorization", Status: status, Code: code, Description: description}
	}
	store := func(kind vault.Kind) error { return &vault.Error{Op: "get", Kind: kind, Err: cause} }
	credential := func(method auth.AuthMethod, err error) error {
		return &auth.CredentialError{Provider: "Work", Method: method, Missing: err == nil, Err: err}
	}
	return []refusal{
		{"nothing kept", auth.ErrNoSignIn, localapi.SignInNeeded},
		{"cancelled here", auth.ErrCancelled, localapi.Cancelled},
		{"the program ends", context.Canceled, localapi.Cancelled},
		{"nobody came back", auth.ErrTimedOut, localapi.TimedOut},
		{"a limit was reached", context.DeadlineExceeded, localapi.TimedOut},
		{"nobody came back, and stray answers came", &auth.UnansweredError{Strays: 2, Err: auth.ErrTimedOut}, localapi.TimedOut},
		{"cancelled here, and a stray answer came", &auth.UnansweredError{Strays: 1, Err: auth.ErrCancelled}, localapi.Cancelled},
		{"another address was pasted", auth.ErrNotThisSignIn, localapi.NotThisSignIn},
		{"an answer with tokens was lost", fmt.Errorf("%w: %w", auth.ErrInterrupted, cause), localapi.SignInInterrupted},
		{"a refresh token refused without its reason", &auth.ProviderError{Step: "token", Code: "invalid_request", Unclear: true, Status: 400}, localapi.SignInAgain},
		{"a proof of a kept sign-in's key is refused", &auth.ProviderError{Step: "token", Code: "invalid_dpop_proof", Unproven: true, Status: 400}, localapi.SignInAgain},
		{"a sign-in page left open too long (Keycloak)", &auth.ProviderError{Step: "authorization", Code: "temporarily_unavailable", Description: "authentication_expired"}, localapi.SignInInterrupted},
		{"a pasted page about the redirect URI", &auth.ProviderError{Step: "authorization", Code: "invalid_request", Parameter: "redirect_uri"}, localapi.RedirectNotRegistered},
		{"a pasted page about the client", &auth.ProviderError{Step: "authorization", Code: "invalid_request", Parameter: "client_id"}, localapi.ClientRejected},
		{"a pasted page about the scope", &auth.ProviderError{Step: "authorization", Code: "invalid_request", Parameter: "scope"}, localapi.ScopeRefused},
		{"anything else", cause, localapi.Unexpected},

		{"no answer", status(0), localapi.ProviderUnreachable},
		{"no way to the host", way(network.Fault{Kind: network.NoRoute}), localapi.ProviderUnreachable},
		{"no way, with a proxy script", way(network.Fault{Kind: network.NoRoute, ScriptErr: &network.ScriptError{Script: "http://wpad.example/proxy.pac", Err: &network.EvaluatorError{Install: "sudo apt install glib-networking-services"}}}), localapi.ProviderUnreachable},
		{"status 429", status(429), localapi.ProviderBusy},
		{"status 5xx", status(503), localapi.ProviderFailing},
		{"status 200 without an answer", status(200), localapi.ProviderFailing},
		{"status 511", status(511), localapi.NetworkSignIn},
		{"a redirect", status(302), localapi.NetworkSignIn},
		{"a network's own page", way(network.Fault{Kind: network.SignInFirst}), localapi.NetworkSignIn},
		{"unknown name", way(network.Fault{Kind: network.NameNotFound}), localapi.NameNotFound},
		{"407 of a proxy", way(network.Fault{Kind: network.ProxyAuth, Proxy: "proxy.example:3128", Status: 407, Wants: []string{"Negotiate", "NTLM"}}), localapi.ProxyWantsPassword},
		{"a proxy that a password would satisfy", proxied(proxyauth.NoTicket, proxyauth.NoPassword), localapi.ProxyWantsPassword},
		{"a proxy that has refused the password", proxied(proxyauth.PasswordRefused), localapi.ProxyWantsPassword},
		{"a proxy that wants a ticket", proxied(proxyauth.NoTicket), localapi.ProxyLogOn},
		{"a proxy that offers less than before", proxied(proxyauth.Weakened), localapi.ProxyWeaker},
		{"status 407", status(407), localapi.ProxyWantsPassword},
		{"a proxy that does not answer", way(network.Fault{Kind: network.ProxyDown, Proxy: "proxy.example:3128"}), localapi.ProxyUnreachable},
		{"TLS: unknown authority", way(network.Fault{Kind: network.CertUnknown, Issuer: "Contoso Inspection CA"}), localapi.CertificateUnknown},
		{"TLS: unknown authority without a name", way(network.Fault{Kind: network.CertUnknown}), localapi.CertificateUnknown},
		{"TLS: expired", way(network.Fault{Kind: network.CertExpired}), localapi.CertificateExpired},
		{"TLS: not valid yet", way(network.Fault{Kind: network.CertExpired, NotYet: true}), localapi.ClockWrong},
		{"TLS: another host", way(network.Fault{Kind: network.CertName}), localapi.CertificateName},
		{"a check that failed", &auth.TrustError{Check: "nonce", Err: cause}, localapi.Untrusted},
		{"TLS: anything else", way(network.Fault{Kind: network.CertOther}), localapi.Untrusted},
		{"a clock that is behind", &auth.ClockError{Ahead: -50 * time.Hour, Err: cause}, localapi.ClockWrong},
		{"a clock that is behind by little", &auth.ClockError{Ahead: -30 * time.Second, Err: &auth.ProviderError{Step: "token", Code: "invalid_dpop_proof"}}, localapi.ClockWrong},
		{"a clock that is ahead", &auth.ClockError{Ahead: 6 * time.Minute, Err: &auth.TrustError{Check: "exp", Err: cause}}, localapi.ClockWrong},

		{"no OpenID provider", &auth.NotProviderError{Provider: "Work", Host: "www.example", Err: cause}, localapi.NotAProvider},
		{"a wrong description", &auth.ConfigError{Provider: "Work", Key: "client_id", Reason: "is missing"}, localapi.ProviderConfig},
		{"ID tokens that nobody can check", &auth.ConfigError{Provider: "Work", AtProvider: true, Key: "id_token_signing_alg_values_supported", Reason: "is HS256"}, localapi.ProviderSetting},
		{"no key that can be used", &auth.ConfigError{Provider: "Work", AtProvider: true, Key: "jwks_uri", Reason: "names no key"}, localapi.ProviderSetting},
		{"pushed requests required, and no address for them", &auth.ConfigError{Provider: "Work", AtProvider: true, Key: "pushed_authorization_request_endpoint", Reason: "is missing"}, localapi.ProviderSetting},
		{"a setting of the provider's", &auth.ConfigError{Provider: "Work", AtProvider: true, Key: "some_setting_supported", Reason: "is wrong"}, localapi.ProviderSetting},
		{"what is required is not offered", &auth.ConfigError{Provider: "Work", Key: "dpop", Reason: "is \"required\", and the provider does not offer it"}, localapi.ProviderConfig},
		{"a pushed request, not authenticated", pushed(401, "invalid_request", "Authentication failed."), localapi.ClientRejected},
		{"401 without a word, to a client with a secret or a key", &auth.ProviderError{Step: atCode, Status: 401, Unauthenticated: true}, localapi.ClientRejected},
		{"a pushed request, another redirect URI", pushed(400, "invalid_request", "Invalid parameter: redirect_uri"), localapi.RedirectNotRegistered},
		{"a pushed request, another scope", pushed(400, "invalid_request", "Invalid scopes: openid mail"), localapi.ScopeRefused},
		{"no device endpoint", &auth.ConfigError{Provider: "Work", Key: "device_authorization_endpoint", Reason: "is not offered"}, localapi.NoDeviceCodes},
		{"a fixed port in use", &loopback.PortUsedError{Port: 8400, Err: cause}, localapi.RedirectPortUsed},
		{"no client secret here", credential(auth.AuthSecretBasic, nil), localapi.SecretMissing},
		{"no client key here", credential(auth.AuthPrivateKey, nil), localapi.ClientKeyMissing},
		{"a client key that cannot be used", credential(auth.AuthPrivateKey, errors.New("it is encrypted")), localapi.ClientKeyUnusable},
		{"no refresh token", &auth.NoRefreshTokenError{Provider: "Work", Asked: true}, localapi.NoRefreshToken},
		{"no refresh token, and none asked for", &auth.NoRefreshTokenError{Provider: "Work"}, localapi.NoRefreshToken},
		{"`invalid_grant` to an assertion that was never taken", &auth.ProviderError{Step: atCode, Code: "invalid_grant", Status: 400, OnTrial: true}, localapi.ClientKeyUnusable},
		{"a directory that is not allowed", &auth.TenantError{Tenant: "22222222-bbbb-4000-8000-000000000002"}, localapi.TenantNotAllowed},
		{"a mail domain that is not allowed", &auth.DomainError{Domain: "fabrikam.example", Allowed: []string{"contoso.example"}}, localapi.DomainNotAllowed},
		{"several addresses, none of them verified", &auth.DomainError{Domain: "contoso.example", Allowed: []string{"contoso.example"}, Listed: true}, localapi.DomainNotAllowed},
		{"a personal account that is not allowed", &auth.TenantError{Tenant: auth.PersonalTenant, Personal: true}, localapi.PersonalAccount},

		{"key store: missing", store(vault.Missing), localapi.KeyStoreMissing},
		{"key store: locked", store(vault.Locked), localapi.KeyStoreLocked},
		{"key store: full", store(vault.Full), localapi.KeyStoreFull},
		{"key store: silent", store(vault.Silent), localapi.KeyStoreSilent},
		{"key store: damaged", store(vault.Damaged), localapi.KeyStoreFailing},
		{"key store: failing", store(vault.Failing), localapi.KeyStoreFailing},
		{"key store: never used", store(vault.NotSetUp), localapi.KeyStoreNotSetUp},
		{"other programs use the sign-in", &auth.QueueError{Waited: 2 * time.Minute}, localapi.QueueTooLong},
		{"a sign-out of whom nobody knows any more", &auth.UntoldError{Issuer: "https://former.example/realms/a"}, localapi.SignOutUntold},
		{"a renewal that could not be saved", errors.Join(auth.ErrNoSignIn, &auth.LostError{}), localapi.SignInNotSaved},
	}
}

// ownProblems are those that no error of the engine stands behind, with the
// parameters that whoever makes them gives.
func ownProblems() map[localapi.Code]map[string]string {
	const address, policyFile = "portal.example", "/etc/portico/policy.json"
	return map[localapi.Code]map[string]string{
		localapi.Usage:                  {"reason": "“--speed” means nothing here."},
		localapi.PortalUnreachable:      {"host": address},
		localapi.PortalFailing:          {"host": address, "status": "503"},
		localapi.NoPortal:               nil,
		localapi.PortalAddress:          {"address": "portal example"},
		localapi.PortalNotHTTPS:         {"address": "http://" + address},
		localapi.PortalNotFound:         {"host": address, "address": "https://" + address},
		localapi.NotAPortal:             {"host": address, "address": "https://" + address},
		localapi.ManifestInvalid:        {"host": address, "field": "providers[0].title", "reason": "is missing"},
		localapi.ManifestTooLarge:       {"host": address, "limit": "1 MiB"},
		localapi.ManifestUnknownKey:     {"field": "providers[0].tenents", "suggestion": "tenants"},
		localapi.ManifestUnused:         {"field": "logo.light", "reason": "has the element <script>, which no logo may have"},
		localapi.NoProviders:            {"host": address},
		localapi.UnknownProvider:        {"provider": "home", "providers": "work, school"},
		localapi.UnknownAccount:         {"account": "ada@contoso.example"},
		localapi.ChooseProvider:         {"providers": "work, school"},
		localapi.NobodysAddress:         {"address": "ada@fabrikam.example", "providers": "work, school"},
		localapi.ExtraCAFile:            {"file": "/etc/portico/authorities.pem"},
		localapi.SignInChanged:          {"title": "Work"},
		localapi.SignInOver:             {"title": "Work"},
		localapi.SecretExpiresSoon:      {"title": "Work", "provider": "work", "days": "12"},
		localapi.NoNetwork:              {"host": address},
		localapi.ProxyScript:            {"script": "http://wpad.example/proxy.pac", "install": "sudo apt install glib-networking-services"},
		localapi.CertificateExpiresSoon: {"host": address, "days": "3"},
		localapi.PostQuantumBlocked:     {"host": address},
		localapi.MetadataCopyOld:        {"title": "Work"},
		localapi.LoopbackBlocked:        {"address": "127.0.0.1"},
		localapi.LoopbackHalf:           {"address": "::1"},
		localapi.DataFolder:             {"file": "/home/ada/.local/share/portico", "reason": "permission denied"},
		localapi.RuntimeFolder:          {"file": "/run/user/1000/portico"},
		localapi.FolderOfPerson:         {"file": "/home/ada", "owner": "ada"},
		localapi.FolderOfOther:          {"file": "/srv/portico", "owner": "kim"},
		localapi.FolderInHome:           {"file": "/home/ada/.local/share", "owner": "kim", "command": "sudo chown -R ada: /home/ada/.local/share"},
		localapi.FolderOpen:             {"file": "/home/ada/.local", "command": "chmod go-w /home/ada/.local"},
		localapi.FolderMounted:          {"file": "/mnt/c/portico"},
		localapi.FolderOfRoot:           {"file": "/home/ada/.cache/portico", "command": "sudo chown -R ada: /home/ada/.cache/portico"},
		localapi.LooksAtRoot:            nil,
		localapi.DiskFull:               {"file": "/home/ada/.local/share/portico", "free": "3 MB"},
		localapi.NoNotifications:        nil,
		localapi.NoTray:                 nil,
		localapi.NoGraphics:             {"reason": "there is no display"},
		localapi.AutostartMissing:       nil,
		localapi.PolicyWrong:            {"key": "SignInTimeout", "value": "5", "allowed": "x", "form": "number", "min": "60", "max": "3600", "where": policyFile},
		localapi.PolicyUnclear:          {"key": "AllowedDomains", "value": "@example.com", "allowed": "x", "form": "domains", "where": policyFile, "by": "Contoso IT"},
		localapi.PolicyUnknownKey:       {"key": "PortalUrl", "where": policyFile, "suggestion": "PortalURL"},
		localapi.PolicyUnreadable:       {"where": policyFile, "at": policyFile + ":3:7", "line": "3", "column": "7", "reason": "invalid character"},
		localapi.PolicyUnsafe:           {"where": policyFile, "reason": policyFile + " may be written by others than its owner (mode 0666)"},
		localapi.PolicyPrivate:          {"where": policyFile, "reason": policyFile + " may not be read by everybody (mode 0600)"},
		localapi.PolicyTwice:            {"key": "Theme", "at": policyFile + ":3:7", "line": "3", "column": "7", "where": policyFile},
		localapi.PolicyType:             {"key": "AllowedTenants", "value": "00000000-0000-0000-0000-000000000000", "found": "REG_SZ", "wanted": "REG_MULTI_SZ", "where": `HKLM\Software\Policies\Portico`},
		localapi.PolicyNotPersonal:      {"key": "AllowedDomains", "where": "/home/ada/.config/portico/settings.json"},
		localapi.SignInTurnedOff:        {"by": "Contoso IT"},
		localapi.SettingManaged:         {"key": "Autostart", "by": "Contoso IT"},
		localapi.SettingWrong:           {"key": "Autostart", "value": "maybe", "allowed": "always, never, user-decides"},
		localapi.SettingIgnored:         {"key": "Theme", "value": "pink", "allowed": "system, light, dark", "where": "/home/ada/.config/portico/settings.json"},
		localapi.SignOutIncomplete:      nil,
		localapi.Busy:                   nil,
		localapi.VersionMismatch:        nil,
		localapi.AgentGone:              nil,
		localapi.AgentSilent:            {"pid": "4711"},
		localapi.Interrupted:            nil,
		localapi.TookTooLong:            nil,
		localapi.BrowserMissing:         nil,
	}
}
