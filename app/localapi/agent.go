package localapi

import (
	"context"
	"iter"
)

// Agent is what the background agent does for windows and consoles. [Client]
// reaches a running agent over its socket; app/agent implements it in process,
// for a console that finds no agent running and for a checkout without an
// agent program.
//
// Every method may be called from several goroutines, ends when its context
// does, and reports a failure as a *[Problem].
type Agent interface {
	// State answers at once with what is known; it makes no request.
	State(ctx context.Context) (State, error)
	// Watch yields the present state first, then every change until the
	// context ends or the agent goes away, which yields one error. A slow
	// reader misses intermediate states, never the latest.
	Watch(ctx context.Context) iter.Seq2[Event, error]

	// CheckPortal reads the manifest at an address and changes nothing.
	CheckPortal(ctx context.Context, req PortalRequest) (PortalCheck, error)
	// SetPortal reads the manifest at an address and, when it is good, makes
	// it this person's portal, for good or for this run. A manifest that is only
	// tried is refused here: it would disturb who is signed in.
	SetPortal(ctx context.Context, req PortalRequest) error

	// SignIn prepares a sign-in and returns when the redirect listener is
	// bound; how it ends is seen in the state. The same call while that one is
	// under way returns the same sign-in, with a fresh address where one can be
	// opened once only; another one, or one while consent is waited for, takes
	// its place. Nothing begins when ctx ends before that.
	SignIn(ctx context.Context, req SignInRequest) (SignIn, error)
	// CancelSignIn ends a sign-in that is being prepared or under way, or the wait
	// for an administrator's consent; with none it does nothing.
	CancelSignIn(ctx context.Context) error
	// Paste completes a sign-in under way with the address at which the browser
	// ended, where the browser cannot come back by itself, or ends it with the text
	// of a page with an error, where the provider sends nobody back. Anything else is
	// a problem of code [NotThisSignIn], and the sign-in goes on.
	Paste(ctx context.Context, req PasteRequest) error
	// UseAccount makes another remembered account the one that is signed in, and
	// signs it in silently. The one before stays remembered.
	UseAccount(ctx context.Context, req AccountRequest) error
	// Refresh reads the manifest and renews the sign-in silently, now instead of when
	// they are due, and returns the state afterwards. A manifest that cannot be read
	// is the state's PortalProblem, and the one before stays in use.
	Refresh(ctx context.Context) (State, error)
	// SignOut signs this device out. It reports every step; an error means
	// that nothing was done.
	SignOut(ctx context.Context, req SignOutRequest) (SignOutReport, error)
	// Forget removes every trace of this user: sign-ins, settings, caches.
	Forget(ctx context.Context) (ForgetReport, error)
	// Accounts lists the accounts that this device remembers.
	Accounts(ctx context.Context) ([]Account, error)

	// Providers describes every provider of the portal for whoever set it up: as the
	// manifest and the providers' metadata are now. A manifest that cannot be read is
	// the state's PortalProblem, and the one before is described.
	Providers(ctx context.Context) ([]ProviderSetup, error)
	// SetSecret keeps a provider's client secret in this person's key store, or
	// removes it.
	SetSecret(ctx context.Context, req SecretRequest) error
	// NewKey makes a key for a provider's client authentication: the first one,
	// or a second one to change over to.
	NewKey(ctx context.Context, req KeyRequest) (ClientKey, error)
	// DropKey deletes one.
	DropKey(ctx context.Context, req KeyRequest) error

	// SetProxyPassword keeps a name and a password for a proxy in the place of what was
	// there, and tries at once again what was waiting for it. They are tried once by all of
	// this person's programs: after a refusal nobody sends them again.
	SetProxyPassword(ctx context.Context, req ProxyPasswordRequest) error
	// ForgetProxy removes a proxy's password and what is known of it, such as what it
	// has offered before.
	ForgetProxy(ctx context.Context, req ProxyRequest) (ForgottenProxy, error)
	// Proxies lists the proxies of which something is known.
	Proxies(ctx context.Context) ([]Proxy, error)

	// Set changes one of the person's settings (see [State.Settings]); an empty value
	// takes the decision back. One that IT has locked is a problem of code
	// [SettingManaged], a wrong value one of code [SettingWrong].
	Set(ctx context.Context, req SettingRequest) error
	// Policy reads what IT has decided anew, takes it into use where that can be
	// done while running, and says for every key what counts and why.
	Policy(ctx context.Context) (PolicyReport, error)
	// Check looks at everything that signing in and the portal need, on this
	// computer and on the way, without signing anybody in. It takes as long as the
	// slowest part may take, 30 seconds at most, and changes nothing.
	Check(ctx context.Context) (CheckReport, error)
	// Bundle gathers what support wants to see, a check included. Nothing in it is
	// secret, and nothing is sent anywhere.
	Bundle(ctx context.Context) (Bundle, error)

	// Logo returns the picture with this digest (see [Portal]), PNG or SVG.
	Logo(ctx context.Context, digest string) ([]byte, error)

	// Show asks for a window in front: one that is open is raised, and where none says
	// within two seconds that it has come ([Agent.Shown]) the agent starts one.
	Show(ctx context.Context, req ShowRequest) (ShowReport, error)
	// Shown is how a window says that it has come to the front, after [EventShow].
	Shown(ctx context.Context, req ShowRequest) error
	// Quit ends the agent; sign-ins stay remembered.
	Quit(ctx context.Context) error
}
