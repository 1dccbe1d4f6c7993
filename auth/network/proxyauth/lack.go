package proxyauth

import (
	"errors"
	"fmt"
	"strings"
)

// Lack is what kept a scheme from being answered.
type Lack string

// The lacks. Those of a log-on come from the [LogOn], the others from a [Conversation].
const (
	NoTicket    Lack = "no-ticket"    // nobody is logged on with Kerberos, or the tickets were removed
	TicketEnded Lack = "ticket-ended" // the ticket's time is over
	NoService   Lack = "no-service"   // Kerberos knows no HTTP service of the proxy's name
	KDCSilent   Lack = "kdc-silent"   // no server of the realm answers
	ClockWrong  Lack = "clock"        // this computer's clock and the realm's differ by too much
	NotHere     Lack = "not-here"     // this system, or this kind of ticket cache, cannot

	NotAllowed      Lack = "not-allowed"      // Answerer.Allowed leaves it out
	NotVouched      Lack = "not-vouched"      // the network has named the proxy, and nobody else
	NoPassword      Lack = "no-password"      // a person has to be asked
	PasswordRefused Lack = "password-refused" // what the person has said is wrong
	LogOnRefused    Lack = "log-on-refused"   // the proxy does not take the person's log-on
	Weakened        Lack = "weakened"         // the proxy has offered something stronger before
	Closed          Lack = "closed"           // the proxy ended the connection in the middle
	Failing         Lack = "failing"          // anything else
)

// LackError is a scheme that could not be answered.
type LackError struct {
	Scheme Scheme
	Lack   Lack
	// Err says more, for support; nil for nothing. It holds no secret.
	Err error
}

func (e *LackError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("%s: %s", e.Scheme, e.Lack)
	}
	return fmt.Sprintf("%s: %s: %v", e.Scheme, e.Lack, e.Err)
}

func (e *LackError) Unwrap() error { return e.Err }

// lackOf puts an error of a scheme into a LackError.
func lackOf(scheme Scheme, err error) *LackError {
	var lack *LackError
	if errors.As(err, &lack) {
		return &LackError{Scheme: scheme, Lack: lack.Lack, Err: lack.Err}
	}
	return &LackError{Scheme: scheme, Lack: Failing, Err: err}
}

// RefusedError is a conversation at its end: the proxy wants what nobody here can give.
type RefusedError struct {
	// Offered are the proxy's schemes that can be answered, the strongest first.
	Offered []Scheme
	// Missing says of each scheme considered what kept it back, the strongest first.
	Missing []*LackError
}

func (e *RefusedError) Error() string {
	if len(e.Missing) == 0 {
		return "the proxy offers no scheme that can be answered"
	}
	var all []string
	for _, m := range e.Missing {
		all = append(all, m.Error())
	}
	return "the proxy cannot be answered: " + strings.Join(all, "; ")
}

// Lacks is true if one of the lacks is among the missing parts.
func (e *RefusedError) Lacks(lacks ...Lack) bool {
	for _, m := range e.Missing {
		for _, l := range lacks {
			if m.Lack == l {
				return true
			}
		}
	}
	return false
}

// Facts looks into an error with a RefusedError. lack is what was missing for the
// strongest of the person's log-ons, "" for nothing, and refused is true if a password
// was refused.
func Facts(err error) (lack Lack, detail string, refused bool) {
	var e *RefusedError
	if !errors.As(err, &e) {
		return "", "", false
	}
	refused = e.Lacks(PasswordRefused)
	for _, m := range e.Missing {
		if m.Lack == PasswordRefused || m.Lack == NoPassword || m.Lack == Weakened {
			continue
		}
		if m.Err != nil {
			detail = m.Err.Error()
		}
		return m.Lack, detail, refused
	}
	return "", "", refused
}

// WantsPassword is true if a person's name and password would help.
func (e *RefusedError) WantsPassword() bool { return e.Lacks(NoPassword, PasswordRefused) }
