package localapi

import "time"

// Version is the version of this contract. Programs of different versions do
// not talk to each other: see [Client.Handshake].
const Version = 4

// Phase says where the session stands. The words for people are made by the
// window and the console, never from this string.
type Phase string

const (
	// Starting: the agent is still reading its settings and the key store.
	Starting Phase = "starting"
	// Unconfigured: no portal address is known yet.
	Unconfigured Phase = "unconfigured"
	// SignedOut: nobody is signed in, and nothing is wrong. After an attempt
	// that ended without a sign-in, Session.Problem says how it ended.
	SignedOut Phase = "signed-out"
	// SigningIn: a sign-in is under way; Session.SignIn says which.
	SigningIn Phase = "signing-in"
	// SignedIn: the provider confirmed this person in this run of the agent.
	SignedIn Phase = "signed-in"
	// Offline: the person is known, the provider does not answer. The agent
	// retries by itself; Session.Problem says what is unreachable.
	Offline Phase = "offline"
	// NeedsSignIn: the provider wants to see the person again.
	NeedsSignIn Phase = "needs-sign-in"
	// Blocked: somebody has to mend something first; Session.Problem says who
	// and what.
	Blocked Phase = "blocked"
)

// State is everything a window or a console shows, at one moment. It is a
// value: receivers may keep it, and must not write to what it points to.
type State struct {
	// API is the [Version] the agent speaks.
	API int `json:"api"`
	// Build is the agent's program version, as in "0.1.0".
	Build string `json:"build"`
	// Revision rises with each change within one run of the agent.
	Revision uint64 `json:"revision"`
	// PortalAddress is the address the person or IT gave, normalised to
	// https://HOST[:PORT], or "" while there is none.
	PortalAddress string `json:"portal_address,omitempty"`
	// Portal is what the manifest says, nil while none has been read.
	Portal *Portal `json:"portal,omitempty"`
	// PortalProblem says why the manifest could not be read or renewed. With a
	// non-nil Portal the last good copy is still in use.
	PortalProblem *Problem `json:"portal_problem,omitempty"`
	// PortalChecked is when the manifest was last confirmed, zero for never.
	PortalChecked time.Time `json:"portal_checked,omitzero"`
	Session       Session   `json:"session"`
	// Notices are warnings that do not stop anything, such as a sign-in that
	// cannot be remembered because the key store is missing, or because the provider
	// gives no refresh token.
	Notices []Problem `json:"notices,omitempty"`
	// Tray says whether the agent shows a tray icon, so that a window may close
	// without ending Portico.
	Tray bool `json:"tray"`
	// Settings are what the person may decide, and what counts now, in the order in
	// which people see them. [Agent.Set] changes one.
	Settings []Setting `json:"settings,omitempty"`
	// Managed says who has decided the locked ones, nil where nobody manages this
	// computer.
	Managed *Managed `json:"managed,omitempty"`
	// Network is how requests leave, nil where nobody has set a proxy or where none has
	// been made yet.
	Network *Network `json:"network,omitempty"`
	// Kiosk: people use this computer in turn. Settings cannot be changed and no
	// account is remembered.
	Kiosk bool `json:"kiosk,omitempty"`
}

// Session is who is signed in, and what stands in the way if nobody is.
type Session struct {
	Phase Phase `json:"phase"`
	// Provider is the id of the provider of Account or SignIn.
	Provider string `json:"provider,omitempty"`
	// Account is known in SignedIn and Offline, and kept in NeedsSignIn and
	// Blocked so that the person need not type it again.
	Account *Account `json:"account,omitempty"`
	// SignIn is set in phase SigningIn only.
	SignIn *SignIn `json:"sign_in,omitempty"`
	// Consent is set while an administrator's consent is missing: Problem is
	// [ConsentNeeded] or [ConsentRequested] then, in any phase. In SigningIn,
	// without a Problem, it is an offer for whom the browser tells so.
	Consent *Consent `json:"consent,omitempty"`
	// Problem is set in Offline, NeedsSignIn and Blocked; in SignedOut and
	// SignedIn it says how the last attempt ended that did not sign anybody in.
	Problem *Problem `json:"problem,omitempty"`
	// Since is when this phase began.
	Since time.Time `json:"since,omitzero"`
	// NextTry is when the agent tries again by itself, zero if it does not.
	NextTry time.Time `json:"next_try,omitzero"`
}

// Account is a person as the provider describes them. Only ID identifies; the
// rest is for display and may change.
type Account struct {
	// ID names the account within Portico: a digest of issuer and subject.
	ID string `json:"id"`
	// Provider is the id of the provider that vouches for the account.
	Provider string `json:"provider"`
	// Name is the display name, "" when the provider gives none.
	Name string `json:"name,omitempty"`
	// GivenName is for greetings, "" when the provider gives none.
	GivenName string `json:"given_name,omitempty"`
	// Email is the address or user name to show, "" when there is none.
	Email string `json:"email,omitempty"`
	// EmailVerified is true only when the provider says so.
	EmailVerified bool `json:"email_verified,omitempty"`
	// Issuer and Subject are the provider's own identifiers (OpenID Connect
	// Core, section 2).
	Issuer  string `json:"issuer"`
	Subject string `json:"subject"`
	// Remembered says whether the key store holds this sign-in, so that the
	// next start is silent.
	Remembered bool `json:"remembered"`
	// Active says, in a list of accounts, which one the session is about.
	Active bool `json:"active,omitempty"`
	// Former says, in a list of accounts, that no provider as it is described now
	// can renew the sign-in, which was made with another or with another client id: it
	// can be signed out, and not used.
	Former bool `json:"former,omitempty"`
	// Guest says that the account's home is another organisation.
	Guest bool `json:"guest,omitempty"`
	// Actor is who really is at work here as this person (an impersonation; the
	// act claim of RFC 8693, section 4.1), "" for the person themselves. It is
	// shown for as long as the session lasts.
	Actor string `json:"actor,omitempty"`
}

// Consent is what an administrator has to do, and how far the wait for it is.
type Consent struct {
	Provider string `json:"provider"`
	// URL is the page on which an administrator agrees, "" when the provider has
	// none.
	URL string `json:"url,omitempty"`
	// Mail is a mailto address with the request in words, ready to open.
	Mail string `json:"mail,omitempty"`
	// Tenant is the organisation that has to agree, "" when it is not known.
	Tenant string `json:"tenant,omitempty"`
	// Waiting says that Portico goes on by itself once consent is given.
	Waiting bool `json:"waiting"`
	// NextLook is when that is looked into again, zero when only the person can.
	NextLook time.Time `json:"next_look,omitzero"`
	// Deadline is when the wait ends.
	Deadline time.Time `json:"deadline,omitzero"`
}

// SignInStage is how far a sign-in has come.
type SignInStage string

const (
	// StageBrowser: the person is in the browser.
	StageBrowser SignInStage = "browser"
	// StageDevice: the person enters UserCode at VerificationURL, on any device.
	StageDevice SignInStage = "device"
	// StageExchanging: the browser came back, the agent completes the sign-in.
	StageExchanging SignInStage = "exchanging"
)

// SignIn is a sign-in under way.
type SignIn struct {
	Provider string      `json:"provider"`
	Stage    SignInStage `json:"stage"`
	// MemoryOnly: it will not be remembered, because the person wants that.
	MemoryOnly bool `json:"memory_only,omitempty"`
	// Pasteable: the address on which the browser ends holds the answer, so that
	// [Agent.Paste] can take it from a browser that runs on another computer.
	Pasteable bool `json:"pasteable,omitempty"`
	// Lingering: the browser has not come back for a minute. It may show a page with
	// an error, whose text [Agent.Paste] takes. In StageExchanging: it is back, and the
	// sign-in is not done 10 seconds later. The key store may wait for an answer.
	Lingering bool `json:"lingering,omitempty"`
	// Stranger: a program of another user has come in place of the browser, and was not
	// heard. If it was the browser, [Agent.Paste] takes the address on which that ended.
	Stranger bool `json:"stranger,omitempty"`
	// URL is the authorization request to open in the system browser. It holds
	// no credential and is of no use once the sign-in has ended.
	URL string `json:"url"`
	// UserCode and VerificationURL are set for a device sign-in (RFC 8628):
	// the person opens the address on any device and enters the code there.
	UserCode        string `json:"user_code,omitempty"`
	VerificationURL string `json:"verification_url,omitempty"`
	// NewCode: UserCode is another one than at first. The person had entered that, and
	// the provider's answer was lost.
	NewCode bool `json:"new_code,omitempty"`
	// Started and Deadline bound the wait.
	Started  time.Time `json:"started"`
	Deadline time.Time `json:"deadline"`
}

// Portal is what the manifest says, ready to show: addresses are checked and
// placeholders filled in for the person who is signed in.
type Portal struct {
	Name string `json:"name"`
	// Host is the portal's host, for the status line.
	Host string `json:"host"`
	// Accent is "#RRGGBB", or "" for Portico's own. The window corrects its
	// contrast.
	Accent string `json:"accent,omitempty"`
	// LogoLight and LogoDark are digests of the logo for a light and a dark
	// ground, "" for none; [Client.Logo] brings the picture.
	LogoLight string     `json:"logo_light,omitempty"`
	LogoDark  string     `json:"logo_dark,omitempty"`
	Support   Support    `json:"support,omitzero"`
	Providers []Provider `json:"providers,omitempty"`
	// AddressFirst says that people should be asked for their address before
	// anything else: it decides which of the Providers is theirs.
	AddressFirst bool  `json:"address_first,omitempty"`
	Apps         []App `json:"apps,omitempty"`
}

// Provider is a way to sign in.
type Provider struct {
	ID          string `json:"id"`
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
	// Codes: a device sign-in may be offered. It is a guess until the provider's
	// metadata have been read.
	Codes bool `json:"codes,omitempty"`
}

// ProviderSetup is a provider as whoever set it up wants to see it. It holds no
// secret.
type ProviderSetup struct {
	ID          string `json:"id"`
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
	Enabled     bool   `json:"enabled"`
	Preset      string `json:"preset,omitempty"`
	// Dialect is "standard", "entra" or "google".
	Dialect   string   `json:"dialect"`
	Authority string   `json:"authority"`
	ClientID  string   `json:"client_id"`
	Scopes    []string `json:"scopes"`
	Domains   []string `json:"domains,omitempty"`
	Accounts  []string `json:"accounts,omitempty"`
	Tenants   []string `json:"tenants,omitempty"`
	// RedirectURI is what to register, exactly.
	RedirectURI string `json:"redirect_uri"`
	// ClientAuth is "none", "client_secret_basic", "client_secret_post" or
	// "private_key_jwt".
	ClientAuth string `json:"client_auth"`
	// ConsentURL is the page on which an administrator agrees for everybody, ""
	// where there is none.
	ConsentURL string `json:"consent_url,omitempty"`
	// Secret and Keys are about this person's key store. Secret is nil where none is
	// used, and where the key store does not tell.
	Secret *SecretSetup `json:"secret,omitempty"`
	Keys   []ClientKey  `json:"keys,omitempty"`
	// Problems is what stands in the way of signing in, as far as can be told
	// without doing it: the metadata are read for it.
	Problems []Problem `json:"problems,omitempty"`
}

// SecretSetup is what may be known of a client secret.
type SecretSetup struct {
	Set     bool      `json:"set"`
	Expires time.Time `json:"expires,omitzero"`
	// DaysLeft is nil when the date is not known, negative after it.
	DaysLeft *int `json:"days_left,omitempty"`
}

// ClientKey is a key for private_key_jwt, without its private half.
type ClientKey struct {
	ID        string `json:"id"`
	Algorithm string `json:"algorithm"`
	// Certificate is in PEM, for providers that register certificates, and the
	// thumbprints are upper-case hexadecimal, as Entra shows them.
	Certificate      string    `json:"certificate,omitempty"`
	ThumbprintSHA1   string    `json:"thumbprint_sha1,omitempty"`
	ThumbprintSHA256 string    `json:"thumbprint_sha256,omitempty"`
	JWK              string    `json:"jwk"`
	Created          time.Time `json:"created,omitzero"`
	Expires          time.Time `json:"expires,omitzero"`
	File             string    `json:"file,omitempty"`
	Current          bool      `json:"current"`
}

// SecretRequest sets a client secret; an empty Value removes it.
type SecretRequest struct {
	Provider string `json:"provider"`
	Value    string `json:"value"`
	// Expires is the last day on which it works, zero when that is not known.
	Expires time.Time `json:"expires,omitzero"`
}

// KeyRequest names a provider and, for DropKey, a key; "" is the one that is not
// current.
type KeyRequest struct {
	Provider string `json:"provider"`
	Key      string `json:"key,omitempty"`
}

// PasteRequest is the address at which the browser ended, or the text of a page with
// an error on which it stays.
type PasteRequest struct {
	Address string `json:"address"`
}

// AccountRequest names an account by its id.
type AccountRequest struct {
	Account string `json:"account"`
}

// Support is how to reach the IT team. Empty fields are not shown.
type Support struct {
	// Email and Phone are as IT writes them. MailTo and Tel are the addresses to open for
	// them, "" where they are not fit for that.
	Email  string `json:"email,omitempty"`
	MailTo string `json:"mail_to,omitempty"`
	Phone  string `json:"phone,omitempty"`
	Tel    string `json:"tel,omitempty"`
	Hours  string `json:"hours,omitempty"`
	URL    string `json:"url,omitempty"`
}

// App is one entry of the manifest's menus.
type App struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	// Icon is a name of Portico's own icon family ("mail", "files", …), or ""
	// for the title's first letter.
	Icon  string `json:"icon,omitempty"`
	Group string `json:"group,omitempty"`
	// URL is ready to open: https, mailto or tel, placeholders filled in. It
	// is "" while nobody is signed in and the address needs the person.
	URL string `json:"url,omitempty"`
	// Keywords help searching and are not shown.
	Keywords []string `json:"keywords,omitempty"`
}

// EventType says what an [Event] carries.
type EventType string

const (
	// EventState: State is the new state.
	EventState EventType = "state"
	// EventShow: the window should come to the front, if it is on Display, and say so
	// ([Agent.Shown]).
	EventShow EventType = "show"
	// EventQuit: the agent is about to end; windows close.
	EventQuit EventType = "quit"
)

// Event is one line of GET /v1/events.
type Event struct {
	Type  EventType `json:"type"`
	State *State    `json:"state,omitempty"`
	// Display is whose windows are meant, as in [ShowRequest].
	Display string `json:"display,omitempty"`
}

// ShowRequest asks for a window in front, or says that one has come.
type ShowRequest struct {
	// Display is where the window is to be, or is (desktop.Display). "" means any.
	Display string `json:"display,omitempty"`
	// OnlyOpen starts no window where none comes.
	OnlyOpen bool `json:"only_open,omitempty"`
}

// ShowReport says what has become of a [ShowRequest].
type ShowReport struct {
	// Raised: a window that was open has said that it is in front.
	Raised bool `json:"raised"`
}

// SignInRequest asks for a sign-in.
type SignInRequest struct {
	// Provider is a provider's id; "" means the one that Account belongs to, or
	// the only one there is.
	Provider string `json:"provider,omitempty"`
	// Account is an address passed on as login_hint; "" means the account known
	// from before, if any.
	Account string `json:"account,omitempty"`
	// Open asks the agent to open the browser. Windows and consoles open it
	// themselves, because they have the focus.
	Open bool `json:"open,omitempty"`
	// Device asks for a code to enter on another device instead of a browser
	// that comes back (RFC 8628).
	Device bool `json:"device,omitempty"`
	// Another asks for somebody else than who is known: no account is hinted at,
	// and the provider lets the person choose.
	Another bool `json:"another,omitempty"`
	// MemoryOnly asks not to remember the sign-in: it ends with the agent.
	MemoryOnly bool `json:"memory_only,omitempty"`
	// Elsewhere says that the browser may run on another computer: the answer has
	// to be in the address at which it ends, so that it can be pasted.
	Elsewhere bool `json:"elsewhere,omitempty"`
	// Timeout bounds the wait; 0 means the default of 5 minutes.
	Timeout time.Duration `json:"timeout,omitempty"`
}

// SignOutRequest asks for a sign-out of this device.
type SignOutRequest struct {
	// Browser asks to end the provider's browser session as well. The caller
	// opens [SignOutReport.BrowserURL].
	Browser bool `json:"browser,omitempty"`
	// Account is the id of the account to sign out; "" means the one that is
	// signed in or, where nobody is because its provider is not described any more,
	// the one that was last, and with it what the same person has left at the same
	// provider as it was described before.
	Account string `json:"account,omitempty"`
}

// Step is what came of one step of a sign-out.
type Step string

const (
	StepDone       Step = "done"
	StepFailed     Step = "failed"
	StepNotOffered Step = "not-offered"
	StepNotAsked   Step = "not-asked"
	// StepInBrowser: the browser has to finish it.
	StepInBrowser Step = "in-browser"
	// StepNoIDToken: the browser's session goes on, because the provider has to be
	// shown an ID token to end it, and none is in memory.
	StepNoIDToken Step = "no-id-token"
)

// SignOutReport says what came of each step. The local step comes first and
// does not depend on the network.
type SignOutReport struct {
	// Local: the sign-in was deleted from this device.
	Local        Step     `json:"local"`
	LocalProblem *Problem `json:"local_problem,omitempty"`
	// Revoked: the provider was told to revoke it (RFC 7009).
	Revoked        Step     `json:"revoked"`
	RevokedProblem *Problem `json:"revoked_problem,omitempty"`
	// Browser: the provider's browser session (OpenID Connect RP-Initiated
	// Logout 1.0).
	Browser Step `json:"browser"`
	// BrowserURL is to be opened when Browser is [StepInBrowser], once and within a
	// minute: it may be a page on this computer that is gone afterwards. See OneTime.
	BrowserURL string `json:"browser_url,omitempty"`
	// OneTime says that BrowserURL is such a page, served by the agent.
	OneTime bool `json:"one_time,omitempty"`
	// Account is whose sign-in it was. It is a former one where nobody was signed in
	// and none was asked for.
	Account *Account `json:"account,omitempty"`
}

// ForgetReport lists what was removed, and what could not be.
type ForgetReport struct {
	Accounts int       `json:"accounts"`
	Files    int       `json:"files"`
	Problems []Problem `json:"problems,omitempty"`
}

// PortalRequest names a portal.
type PortalRequest struct {
	// Address is what the person typed: a host, or an https address.
	Address string `json:"address"`
	// Manifest, when not nil, is the manifest itself, for trying one before it
	// is published; Address then only names where it came from.
	Manifest []byte `json:"manifest,omitempty"`
	// ForRun has the agent use the portal until it ends, and keep nothing of it. Without
	// an Address what it has so is over: the portal that is kept counts again, or none.
	// It is for SetPortal.
	ForRun bool `json:"for_run,omitempty"`
}

// PortalCheck is what is found at an address.
type PortalCheck struct {
	// Address is the normalised form of what was asked.
	Address   string     `json:"address"`
	Name      string     `json:"name"`
	Accent    string     `json:"accent,omitempty"`
	Providers []Provider `json:"providers,omitempty"`
}

// Info is the answer of the version handshake.
type Info struct {
	API   int    `json:"api"`
	Build string `json:"build"`
	PID   int    `json:"pid"`
}
