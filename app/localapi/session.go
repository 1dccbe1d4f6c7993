package localapi

import (
	"context"
	"time"
)

// Sessions is about the signed-in person. See [Agent].
type Sessions interface {
	// SignIn prepares a sign-in and returns when the redirect listener is bound; its end
	// is seen in the state. The same call while that one is under way returns the same
	// sign-in, with a fresh address if one can be opened once only; another one, or one
	// during a wait for consent, takes its place. Nothing begins when ctx ends before
	// that.
	SignIn(ctx context.Context, req SignInRequest) (SignIn, error)
	// CancelSignIn ends a sign-in, in preparation or under way, or the wait for an
	// administrator's consent; with none it does nothing.
	CancelSignIn(ctx context.Context) error
	// Paste completes a sign-in under way with the browser's last address, if the browser
	// cannot come back by itself, or ends it with the text of a page with an error, if
	// the provider sends nobody back. Anything else is a problem of code [NotThisSignIn],
	// and the sign-in goes on.
	Paste(ctx context.Context, req PasteRequest) error
	// UseAccount makes another remembered account the signed-in one, and signs it in
	// silently. The one before stays remembered.
	UseAccount(ctx context.Context, req AccountRequest) error
	// Refresh reads the manifest and renews the sign-in silently, now instead of when
	// they are due, and returns the state afterwards. An unreadable manifest is the
	// state's PortalProblem, and the one before stays in use.
	Refresh(ctx context.Context) (State, error)
	// SignOut signs this device out. It reports every step; an error means that nothing
	// was done.
	SignOut(ctx context.Context, req SignOutRequest) (SignOutReport, error)
	// Forget removes every trace of this user: sign-ins, settings, caches.
	Forget(ctx context.Context) (ForgetReport, error)
	// Accounts lists the accounts remembered on this device.
	Accounts(ctx context.Context) ([]Account, error)
}

const (
	signIn       post[SignInRequest, SignIn]         = "/v1/sign-in"
	cancelSignIn order                               = "/v1/sign-in/cancel"
	paste        tell[PasteRequest]                  = "/v1/sign-in/paste"
	useAccount   tell[AccountRequest]                = "/v1/accounts/use"
	refresh      ask[State]                          = "/v1/refresh"
	signOut      post[SignOutRequest, SignOutReport] = "/v1/sign-out"
	forget       ask[ForgetReport]                   = "/v1/forget"
	accounts     list[Account]                       = "/v1/accounts"
)

// SignIn implements [Agent].
func (c *Client) SignIn(ctx context.Context, req SignInRequest) (SignIn, error) {
	return signIn.do(ctx, c, req)
}

// CancelSignIn implements [Agent].
func (c *Client) CancelSignIn(ctx context.Context) error { return cancelSignIn.do(ctx, c) }

// Paste implements [Agent].
func (c *Client) Paste(ctx context.Context, req PasteRequest) error { return paste.do(ctx, c, req) }

// UseAccount implements [Agent].
func (c *Client) UseAccount(ctx context.Context, req AccountRequest) error {
	return useAccount.do(ctx, c, req)
}

// Refresh implements [Agent].
func (c *Client) Refresh(ctx context.Context) (State, error) { return refresh.do(ctx, c) }

// SignOut implements [Agent].
func (c *Client) SignOut(ctx context.Context, req SignOutRequest) (SignOutReport, error) {
	return signOut.do(ctx, c, req)
}

// Forget implements [Agent].
func (c *Client) Forget(ctx context.Context) (ForgetReport, error) { return forget.do(ctx, c) }

// Accounts implements [Agent].
func (c *Client) Accounts(ctx context.Context) ([]Account, error) { return accounts.do(ctx, c) }

func serveSessions(a Sessions) []route {
	return []route{
		signIn.serve(a.SignIn),
		cancelSignIn.serve(a.CancelSignIn),
		paste.serve(a.Paste),
		useAccount.serve(a.UseAccount),
		refresh.serve(a.Refresh),
		signOut.serve(a.SignOut),
		forget.serve(a.Forget),
		accounts.serve(a.Accounts),
	}
}

// Phase is the session's standing in one word. The words for people are made by the
// window and the console, never from this string.
type Phase string

const (
	// Starting: the agent is still reading its settings and the key store.
	Starting Phase = "starting"
	// Unconfigured: no portal address is known yet.
	Unconfigured Phase = "unconfigured"
	// SignedOut: nobody is signed in, and nothing is wrong. After an attempt without
	// success, Session.Problem says how it ended.
	SignedOut Phase = "signed-out"
	// SigningIn: a sign-in is under way, in Session.SignIn.
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

// Session is the signed-in person, or the problem in the way of a sign-in.
type Session struct {
	Phase Phase `json:"phase"`
	// Provider is the id of the provider of Account or SignIn.
	Provider string `json:"provider,omitempty"`
	// Account is known in SignedIn and Offline, and stays in NeedsSignIn and Blocked: the
	// person need not type it again.
	Account *Account `json:"account,omitempty"`
	// SignIn is set in phase SigningIn only.
	SignIn *SignIn `json:"sign_in,omitempty"`
	// Consent is set while an administrator's consent is missing: Problem is
	// [ConsentNeeded] or [ConsentRequested] then, in any phase. In SigningIn, without a
	// Problem, it is an offer for a person told so by the browser.
	Consent *Consent `json:"consent,omitempty"`
	// Problem is set in Offline, NeedsSignIn and Blocked; in SignedOut and SignedIn it is
	// how the last failed attempt ended.
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
	// Remembered: the key store holds this sign-in, and the next start is silent.
	Remembered bool `json:"remembered"`
	// Active marks, in a list of accounts, the session's own.
	Active bool `json:"active,omitempty"`
	// Former: in a list of accounts, none of the providers as they are described now can
	// renew the sign-in. It was made with another one, or with another client id. The
	// account can be signed out, and not used.
	Former bool `json:"former,omitempty"`
	// Guest: the account's home is another organisation.
	Guest bool `json:"guest,omitempty"`
	// Actor is the person really at work under this name (an impersonation; the act claim
	// of RFC 8693, section 4.1), "" for the person themselves. It is shown for as long as
	// the session lasts.
	Actor string `json:"actor,omitempty"`
}

// Consent is an administrator's task, and how far the wait for it is.
type Consent struct {
	Provider string `json:"provider"`
	// URL is the page for the administrator to agree on, "" when the provider has none.
	URL string `json:"url,omitempty"`
	// Mail is a mailto address with the request in words, ready to open.
	Mail string `json:"mail,omitempty"`
	// Tenant is the organisation that has to agree, "" when it is not known.
	Tenant string `json:"tenant,omitempty"`
	// Waiting: Portico goes on by itself once consent is given.
	Waiting bool `json:"waiting"`
	// NextLook is when Portico looks for the consent again, zero when only the person
	// can.
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
	// MemoryOnly: it will not be remembered, by the person's wish.
	MemoryOnly bool `json:"memory_only,omitempty"`
	// Pasteable: the browser's last address holds the answer, so that [Sessions.Paste]
	// can take it from a browser on another computer.
	Pasteable bool `json:"pasteable,omitempty"`
	// Lingering: the browser has not come back for a minute. It may show a page with an
	// error; [Sessions.Paste] takes its text. In StageExchanging: it is back, and the
	// sign-in is not done 10 seconds later. The key store may wait for an answer.
	Lingering bool `json:"lingering,omitempty"`
	// Stranger: a program of another user has come in place of the browser, and was not
	// heard. If it was the browser, [Sessions.Paste] takes its last address.
	Stranger bool `json:"stranger,omitempty"`
	// URL is the authorization request to open in the system browser. It holds
	// no credential and is of no use once the sign-in has ended.
	URL string `json:"url"`
	// UserCode and VerificationURL are set for a device sign-in (RFC 8628):
	// the person opens the address on any device and enters the code there.
	UserCode        string `json:"user_code,omitempty"`
	VerificationURL string `json:"verification_url,omitempty"`
	// NewCode: UserCode is another one than at first. The person had entered the first
	// one, and the provider's answer was lost.
	NewCode bool `json:"new_code,omitempty"`
	// Started and Deadline bound the wait.
	Started  time.Time `json:"started"`
	Deadline time.Time `json:"deadline"`
}

// SignInRequest asks for a sign-in.
type SignInRequest struct {
	// Provider is a provider's id; "" means the one of Account, or the only one there is.
	Provider string `json:"provider,omitempty"`
	// Account is a mail address passed on as login_hint; "" means the account known from
	// before, if any.
	Account string `json:"account,omitempty"`
	// Open asks the agent to open the browser. Windows and consoles open it
	// themselves, because they have the focus.
	Open bool `json:"open,omitempty"`
	// Device asks for a code to enter on another device instead of a browser that comes
	// back (RFC 8628).
	Device bool `json:"device,omitempty"`
	// Another asks for somebody else than the known person: no account is hinted at, and
	// the provider lets the person choose.
	Another bool `json:"another,omitempty"`
	// MemoryOnly asks not to remember the sign-in: it ends with the agent.
	MemoryOnly bool `json:"memory_only,omitempty"`
	// Elsewhere: the browser may run on another computer. Its last address has to hold
	// the answer, to be pasted.
	Elsewhere bool `json:"elsewhere,omitempty"`
	// Timeout bounds the wait; 0 means the default of 5 minutes.
	Timeout time.Duration `json:"timeout,omitempty"`
}

// PasteRequest is the browser's last address, or the text of its page with an error.
type PasteRequest struct {
	Address string `json:"address"`
}

// AccountRequest names an account by its id.
type AccountRequest struct {
	Account string `json:"account"`
}

// SignOutRequest asks for a sign-out of this device.
type SignOutRequest struct {
	// Browser asks to end the provider's browser session as well. The caller
	// opens [SignOutReport.BrowserURL].
	Browser bool `json:"browser,omitempty"`
	// Account is the id of the account to sign out; "" means the signed-in one. When
	// nobody is, because the provider is not described any more, it is the last one,
	// together with everything the same person has left at the same provider under an
	// earlier description.
	Account string `json:"account,omitempty"`
}

// Step is the result of one step of a sign-out.
type Step string

const (
	StepDone       Step = "done"
	StepFailed     Step = "failed"
	StepNotOffered Step = "not-offered"
	StepNotAsked   Step = "not-asked"
	// StepInBrowser: the browser has to finish it.
	StepInBrowser Step = "in-browser"
	// StepNoIDToken: the browser's session goes on. Its end takes an ID token to show to
	// the provider, and none is in memory.
	StepNoIDToken Step = "no-id-token"
)

// SignOutReport is the result of each step. The local step comes first and does not
// depend on the network.
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
	// minute: it may be a page on this computer, gone afterwards. See OneTime.
	BrowserURL string `json:"browser_url,omitempty"`
	// OneTime: BrowserURL is such a page, served by the agent.
	OneTime bool `json:"one_time,omitempty"`
	// Account is the account of the sign-in. It is a former one if nobody was signed in
	// and none was asked for.
	Account *Account `json:"account,omitempty"`
}

// ForgetReport counts the removed things, and lists the failures.
type ForgetReport struct {
	Accounts int       `json:"accounts"`
	Files    int       `json:"files"`
	Problems []Problem `json:"problems,omitempty"`
}
