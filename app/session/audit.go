package session

import (
	"time"

	"github.com/portico-desktop/portico/app/localapi"
)

// AuditEvent says what was recorded.
type AuditEvent string

const (
	AuditSignIn  AuditEvent = "sign-in"  // by the person, in a browser or with a code
	AuditRenewal AuditEvent = "renewal"  // silently; recorded at the start, at a change of account, and when it fails for good
	AuditSignOut AuditEvent = "sign-out" // by the person
	AuditDropped AuditEvent = "dropped"  // the provider has ended the sign-in
	AuditForget  AuditEvent = "forget"
)

// Audit is one line of the record of sign-ins. Nothing of it is secret.
type Audit struct {
	Time  time.Time
	Event AuditEvent
	// Provider is the provider's id, Issuer its issuer where it is known.
	Provider, Issuer string
	// Account is the person's address, or the subject where there is none; "" while
	// nobody is known.
	Account string
	// Method is "browser", "device", "pasted", "silent" or "".
	Method string
	// Problem is why it came to nothing, nil for success.
	Problem *localapi.Problem
}
