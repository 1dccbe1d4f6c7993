package auth

import (
	"context"
	"errors"
	"time"
)

// DefaultConsentTimeout bounds the wait for an administrator's consent.
const DefaultConsentTimeout = 8 * time.Hour

// ConsentNeeded says that an administrator has to consent, and how far the wait
// for it has come.
type ConsentNeeded struct {
	// URL is the link to give to an administrator. It holds nothing secret. ""
	// where the provider has no such page.
	URL string
	// Tenant is the directory that the link is for, "" when it is not known.
	Tenant string
	// Err is the provider's refusal.
	Err *ProviderError
	// NextLook is when the browser looks again by itself, as long as its page is
	// open.
	NextLook time.Time
	// Deadline is when the wait ends with ErrTimedOut.
	Deadline time.Time
}

// ConsentURL is the address at which an administrator consents for everybody in
// a directory (the Microsoft identity platform's adminconsent endpoint). tenant
// is a directory's id or domain, or "" for the one that the authority names.
//
// Errors: *[ConfigError] where the provider has no such page.
func (c *Client) ConsentURL(ctx context.Context, tenant string) (string, error) {
	return "", errors.New("not built yet")
}

// Paste completes a sign-in with the address at which the browser ended, for
// browsers that cannot come back by themselves.
//
// Errors: [ErrNotThisSignIn] when the address does not answer this sign-in; the
// sign-in goes on.
func (s *SignIn) Paste(address string) error { return errors.New("not built yet") }

// ErrNotThisSignIn means that a pasted address does not answer this sign-in.
var ErrNotThisSignIn = errors.New("this is not the address at which the browser ended for this sign-in")
