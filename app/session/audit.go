package session

import (
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth"
)

// AuditEvent is the kind of a record.
type AuditEvent string

const (
	AuditSignIn  AuditEvent = "sign-in"  // by the person, in a browser or with a code
	AuditRenewal AuditEvent = "renewal"  // silently; recorded at the start, at a change of account, and when it fails for good
	AuditSignOut AuditEvent = "sign-out" // by the person
	AuditDropped AuditEvent = "dropped"  // the provider has ended the sign-in
	AuditForget  AuditEvent = "forget"   // one for each account
	AuditPolicy  AuditEvent = "policy"   // IT has decided otherwise, while Portico runs
)

// Audit is one line of the record of sign-ins. Nothing of it is secret.
type Audit struct {
	Time  time.Time
	Event AuditEvent
	// Provider is the provider's id, Issuer its issuer if known.
	Provider, Issuer string
	// Account is the person's mail address, or the subject if there is none; "" while
	// nobody is known.
	Account string
	// Method is "browser", "device", "pasted", "silent" or "".
	Method string
	// Policies are the keys of an AuditPolicy.
	Policies []string
	// Problem is the cause of a failure, nil for success.
	Problem *localapi.Problem
}

// record is told of sign-ins, refusals and sign-outs.
type record struct {
	tell func(Audit) // nil for nobody
	now  func() time.Time
}

// of tells of an event. It comes before the state that follows from the event is shown,
// so the record has things in their order. client and account may be nil. The caller
// holds no lock of the state.
func (r *record) of(event AuditEvent, method string, client *auth.Client, account *auth.Account, p *localapi.Problem) {
	if r.tell == nil {
		return
	}
	a := Audit{Time: r.now(), Event: event, Method: method, Problem: p}
	if client != nil {
		a.Provider = client.Provider().ID
	}
	if account != nil {
		a.Provider, a.Issuer, a.Account = account.Provider, account.Issuer, account.Email
		if a.Account == "" {
			a.Account = account.Subject
		}
	}
	r.tell(a)
}

// silence is the record's memory of silent renewals: of the first success it tells, and
// of the first of several like failures.
type silence struct {
	// due: the next success is told.
	due bool
	// told is the code of the last told failure, "" for none.
	told localapi.Code
}

// worked says whether to tell of a success.
func (n *silence) worked() bool {
	due := n.due
	*n = silence{}
	return due
}

// failed says whether to tell of a failure for good.
func (n *silence) failed(p *localapi.Problem) bool {
	again := n.told == p.Code
	*n = silence{due: true, told: p.Code}
	return !again
}
