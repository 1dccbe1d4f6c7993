package auth

// A Reason classifies why somebody is not signed in, so a program can find its own words
// for it. Every error of the engine has one; see [ReasonOf]. The values are stable.
type Reason string

// The reasons. Who can mend each, and what a person should do next, is up to the
// program's words; the comments say what has happened.
const (
	ReasonNone    Reason = ""           // no error
	ReasonUnknown Reason = "unexpected" // not an error of the engine

	ReasonCancelled Reason = "cancelled" // SignIn.Cancel, or the caller's context
	ReasonTimedOut  Reason = "timed-out" // nobody came back in time

	ReasonNotThisSignIn Reason = "not-this-sign-in" // see ErrNotThisSignIn; the sign-in goes on

	// The person has to sign in.
	ReasonNoSignIn         Reason = "sign-in-needed"      // nothing is kept, or no browser session for prompt=none
	ReasonExpired          Reason = "sign-in-expired"     // invalid_grant without more said
	ReasonLapsed           Reason = "sign-in-lapsed"      // unused for too long
	ReasonRevoked          Reason = "sign-in-revoked"     // password change, or an administrator
	ReasonAgain            Reason = "sign-in-again"       // the provider wants to see the person
	ReasonFrequency        Reason = "sign-in-frequency"   // a rule limits how long sign-ins last
	ReasonSecondFactor     Reason = "second-factor"       // a second factor is due, or has to be set up
	ReasonPasswordExpired  Reason = "password-expired"    // the provider will ask for a new one
	ReasonInterrupted      Reason = "sign-in-interrupted" // a code used, or lapsed: start again
	ReasonConsentByPerson  Reason = "consent-by-person"   // the person has not agreed, and may
	ReasonConsent          Reason = "consent-needed"      // an administrator has to agree
	ReasonConsentRequested Reason = "consent-requested"   // an administrator was asked, and has not answered
	ReasonDeclined         Reason = "declined"            // the person, or a rule, said no

	// The provider refuses this person or device.
	ReasonRefused          Reason = "refused" // without more said
	ReasonPolicy           Reason = "blocked-by-policy"
	ReasonDevice           Reason = "device-not-managed"
	ReasonNotAssigned      Reason = "not-assigned"
	ReasonWrongAccount     Reason = "wrong-account" // not in this directory, or a guest without having accepted
	ReasonAccountLocked    Reason = "account-locked"
	ReasonAccountDisabled  Reason = "account-disabled"
	ReasonTenantRestricted Reason = "tenant-restricted" // tenant restrictions, cross-tenant access
	ReasonPartner          Reason = "partner-not-authorised"
	ReasonTenant           Reason = "tenant-not-allowed" // refused here: see TenantError
	ReasonPersonal         Reason = "personal-account"   // refused here: see TenantError
	ReasonDomain           Reason = "domain-not-allowed" // refused here: see DomainError

	// The registration, or the description of it, is wrong.
	ReasonClient          Reason = "client-rejected"  // without more said
	ReasonConfig          Reason = "provider-config"  // see ConfigError
	ReasonProviderSetting Reason = "provider-setting" // see ConfigError.AtProvider
	ReasonNotProvider     Reason = "not-a-provider"
	ReasonRedirect        Reason = "redirect-not-registered"
	ReasonRedirectSPA     Reason = "redirect-is-spa"
	ReasonRedirectPort    Reason = "redirect-port-used"
	ReasonSingleTenant    Reason = "app-single-tenant"
	ReasonAppUnknown      Reason = "app-unknown"
	ReasonTenantUnknown   Reason = "tenant-unknown"
	ReasonSecretUnwanted  Reason = "secret-not-wanted"
	ReasonSecretWanted    Reason = "secret-wanted"
	ReasonSecretMissing   Reason = "secret-missing" // none was set here: see CredentialError
	ReasonSecretWrong     Reason = "secret-wrong"
	ReasonSecretExpired   Reason = "secret-expired"
	ReasonKeyMissing      Reason = "client-key-missing" // see CredentialError
	ReasonKeyUnusable     Reason = "client-key-unusable"
	ReasonScope           Reason = "scope-refused"
	ReasonDeviceNoCodes   Reason = "no-device-codes" // the provider gives none, or the registration may not
	ReasonRequestRejected Reason = "request-rejected"
	ReasonNoRefreshToken  Reason = "no-refresh-token" // signed in, and not to be renewed: see NoRefreshTokenError

	// Not reachable; nothing has changed.
	ReasonUnreachable   Reason = "provider-unreachable"
	ReasonBusy          Reason = "provider-busy"
	ReasonFailing       Reason = "provider-failing"
	ReasonLooping       Reason = "too-many-tries"
	ReasonNameNotFound  Reason = "name-not-found"
	ReasonProxyAuth     Reason = "proxy-wants-password" // 407; the other two by its proxyauth.RefusedError
	ReasonProxyLogOn    Reason = "proxy-log-on"         // no password would help
	ReasonProxyWeaker   Reason = "proxy-weaker"         // it offers less than before
	ReasonProxyDown     Reason = "proxy-unreachable"
	ReasonCertUnknown   Reason = "certificate-unknown" // unknown authority: interception, or a private one
	ReasonCertExpired   Reason = "certificate-expired"
	ReasonCertName      Reason = "certificate-name"
	ReasonNetworkSignIn Reason = "network-sign-in" // a captive portal answered
	ReasonUntrusted     Reason = "untrusted"       // see TrustError
	ReasonClock         Reason = "clock-wrong"
	ReasonStoreMissing  Reason = "key-store-missing"
	ReasonStoreLocked   Reason = "key-store-locked"
	ReasonStoreFull     Reason = "key-store-full"
	ReasonStoreSilent   Reason = "key-store-silent"
	ReasonStoreFailing  Reason = "key-store-failing"
	ReasonStoreNotSetUp Reason = "key-store-not-set-up" // it has nothing yet to keep secrets in: see vault.Vault.SetUp
	ReasonNotSaved      Reason = "sign-in-not-saved"    // lost here, not ended there: see LostError
	ReasonQueue         Reason = "queue-too-long"       // other processes use the sign-in: see QueueError
	ReasonUntold        Reason = "sign-out-untold"      // ended here, and its provider is not known: see UntoldError
)
