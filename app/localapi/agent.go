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
	// it this person's portal.
	SetPortal(ctx context.Context, req PortalRequest) error

	// SignIn prepares a sign-in and returns when the redirect listener is
	// bound; how it ends is seen in the state. A second call while one is
	// under way for the same provider returns the same sign-in.
	SignIn(ctx context.Context, req SignInRequest) (SignIn, error)
	// CancelSignIn ends a sign-in under way; with none it does nothing.
	CancelSignIn(ctx context.Context) error
	// Refresh renews the sign-in silently and the manifest if it is stale, now
	// instead of when they are due, and returns the state afterwards.
	Refresh(ctx context.Context) (State, error)
	// SignOut signs this device out. It reports every step; an error means
	// that nothing was done.
	SignOut(ctx context.Context, req SignOutRequest) (SignOutReport, error)
	// Forget removes every trace of this user: sign-ins, settings, caches.
	Forget(ctx context.Context) (ForgetReport, error)
	// Accounts lists the accounts that this device remembers.
	Accounts(ctx context.Context) ([]Account, error)

	// Logo returns the picture with this digest (see [Portal]), PNG or SVG.
	Logo(ctx context.Context, digest string) ([]byte, error)

	// Show asks for a window in front: one that is open is raised, otherwise
	// the agent starts one.
	Show(ctx context.Context) error
	// Quit ends the agent; sign-ins stay remembered.
	Quit(ctx context.Context) error
}
