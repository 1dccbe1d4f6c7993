package proxyauth

import "context"

// Answerer says how a proxy may be answered.
type Answerer struct {
	// Host is the proxy's name without a port, as it was set: Kerberos knows it by this.
	Host string
	// Allowed are the schemes that may be used; none while it is empty.
	Allowed []Scheme
	// NotVouched: the network has named the proxy, and nobody trusted by this computer.
	// It gets Kerberos alone, because anything else can be taken to another server or
	// guessed at.
	NotVouched bool
	// LogOn is the person's log-on, nil for none.
	LogOn LogOn
	// Password gives the name and the password for the proxy, nil for none. It fails with
	// a [LackError].
	Password func(context.Context) (*Attempt, error)
	// Before is what is known of the proxy from earlier times.
	Before Known
}

// Known is what is known of a proxy.
type Known struct {
	// Offered are the schemes it offered when it last let somebody through, and Used the
	// scheme of that time; "" for never.
	Offered []Scheme
	Used    Scheme
}

// LogOn is a log-on that a person has already: SSPI's on Windows, Kerberos tickets
// elsewhere. It is safe for concurrent use.
type LogOn interface {
	// Begin begins a conversation. It fails with a [LackError] that names the missing
	// part.
	Begin(ctx context.Context, ask Ask) (Exchange, error)
}

// Ask is the purpose of a log-on.
type Ask struct {
	// Scheme is Negotiate or NTLM.
	Scheme Scheme
	// Host is the proxy's name; its service is HTTP/host.
	Host string
	// KerberosOnly: Negotiate must not bring NTLM.
	KerberosOnly bool
}

// Exchange makes the messages of one conversation. Its log-on is never delegated.
type Exchange interface {
	// Next is the answer to the proxy's message. That is nil at first.
	Next(ctx context.Context, from []byte) ([]byte, error)
	// Close frees what it holds; it may be called twice.
	Close()
}

// Attempt is the right to try a name and a password at a proxy, once.
type Attempt struct {
	Name, Password string
	// Done tells the outcome, exactly once. nil is for callers that do not want to know.
	Done func(Outcome)
}

func (a *Attempt) done(o Outcome) {
	if a.Done != nil {
		a.Done(o)
	}
}

// Outcome is what came of an [Attempt].
type Outcome int

// The outcomes.
const (
	Unsent     Outcome = iota // it was not sent
	Unanswered                // sent, and the connection ended before an answer
	Taken
	Refused
)
