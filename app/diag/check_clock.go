package diag

import (
	"fmt"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/session"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/network"
)

const (
	// clockSlack is how far clocks may be apart for signing in; see package auth.
	clockSlack = 5 * time.Minute
	// From clockAhead on a clock is too far ahead for sure. Below it, that depends on
	// the lifetime of the provider's answers.
	clockAhead = 10 * time.Minute
)

// checkClock compares this computer's clock with the servers'. One server that agrees
// is enough: then the others are wrong, or something in between.
func (x *examination) checkClock() {
	const id = "clock"
	closest := (*host)(nil)
	for _, h := range x.hosts {
		if h.dated && (closest == nil || h.ahead.Abs() < closest.ahead.Abs()) {
			closest = h
		}
	}
	if closest == nil {
		x.clockByCertificates()
		return
	}
	fact := fmt.Sprintf("%s, compared with %s", apart(closest.ahead), closest.name())
	problem := session.Explain(&auth.ClockError{Ahead: closest.ahead, Err: fmt.Errorf("the clock is %s", fact)}, session.About{}, x.Now())
	switch ahead := closest.ahead; {
	case ahead.Abs() <= clockSlack:
		*x.clock = *good(id, groupWay, "", fact)
	case ahead > 0 && ahead <= clockAhead:
		*x.clock = *warning(id, groupWay, "", problem, fact)
	default:
		*x.clock = *bad(id, groupWay, "", problem, fact)
	}
	// By the right time a certificate may be good although it looks out of date.
	right := x.Now().Add(-closest.ahead)
	for _, h := range x.hosts {
		f := h.fault
		if f == nil || f.Kind != network.CertExpired {
			continue
		}
		h.tls.because = nil
		if right.After(f.NotBefore) && right.Before(f.NotAfter) {
			h.tls.because = x.clock
		} else if f.NotYet {
			h.tls.Problem = x.problem(localapi.CertificateExpired, f, "host", h.name()) // and not the clock's doing
		}
	}
}

// clockByCertificates is for when nobody has told the time: a certificate is not
// published before it is good.
func (x *examination) clockByCertificates() {
	const id = "clock"
	for _, h := range x.hosts {
		if f := h.fault; f != nil && f.Kind == network.CertExpired && f.NotYet {
			fact := fmt.Sprintf("at least %s behind; the certificate of %s is good only from %s on", f.NotBefore.Sub(x.Now()).Round(time.Minute), h.name(), day(f.NotBefore))
			*x.clock = *bad(id, groupWay, "", h.tls.Problem, fact)
			return
		}
	}
	*x.clock = *skipped(id, groupWay, "", "no server was reached that could tell the time")
	for _, h := range x.hosts {
		if h.tls != nil && h.tls.Status == localapi.CheckBad && h.tls.because == nil {
			x.clock.because = h.tls
		}
	}
}

// apart words how far two clocks are apart. Servers tell whole seconds.
func apart(ahead time.Duration) string {
	if ahead.Abs() < 2*time.Second {
		return "right"
	}
	return ahead.Abs().Round(time.Second).String() + " " + direction(ahead)
}

func direction(ahead time.Duration) string {
	if ahead < 0 {
		return "behind"
	}
	return "ahead"
}
