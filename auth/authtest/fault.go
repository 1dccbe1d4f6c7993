package authtest

import (
	"net/http"
	"net/url"
	"slices"
	"time"
)

// A Fault is something that goes wrong at a provider. It lasts from [Provider.Fault] until it
// is lifted, or for the number of uses in [Fault.Times].
type Fault struct {
	point point
	grant string // only for this grant type
	uses  int    // 0: any number
	after int    // so many requests pass before

	answer   func(http.ResponseWriter, *http.Request, <-chan struct{}) // instead of the endpoint's own
	lose     bool                                                      // the endpoint does its work, and its answer is lost
	metadata func(map[string]any)
	claims   func(map[string]any)
	sign     func(*Provider, map[string]any) (string, error)
	omit     bool // the ID token
	tokens   func(map[string]any)
	fields   func(map[string]any) // of the document at the point
	response func(url.Values)
	dateless bool // no Date header
	reword   func(header http.Header, body string) string
	skew     time.Duration
}

// point is where a fault takes effect.
type point string

const (
	pointMetadata point = "the metadata"
	pointIDToken  point = "an ID token"
	pointTokens   point = "a token answer"
	pointKeys     point = "the key set"
	pointUserInfo point = "the person's claims"
	pointDevice   point = "a device code's answer"
	pointResponse point = "an authorization response"
	pointDate     point = "the Date header"
	pointClock    point = "the clock"
)

func at(e Endpoint) point { return point(e) }

// Times limits a fault to its first n uses.
func (f Fault) Times(n int) Fault {
	f.uses = n
	return f
}

// After lets n requests pass before the fault takes effect.
func (f Fault) After(n int) Fault {
	f.after = n
	return f
}

// ForGrant limits a fault of the token endpoint, or of ID tokens, to one grant type, such as
// "refresh_token".
func (f Fault) ForGrant(grantType string) Fault {
	f.grant = grantType
	return f
}

// activeFault is a fault in force.
type activeFault struct {
	Fault
	left   int
	lifted chan struct{}
}

// Fault puts faults in force, beside the present ones. If several would answer the same request,
// the first one does. lift takes these ones away and releases the requests held by them; it may
// be called more than once.
func (p *Provider) Fault(faults ...Fault) (lift func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var mine []*activeFault
	for _, f := range faults {
		mine = append(mine, &activeFault{Fault: f, left: f.uses, lifted: make(chan struct{})})
	}
	p.faults = append(p.faults, mine...)
	return func() { p.lift(func(a *activeFault) bool { return slices.Contains(mine, a) }) }
}

// Heal takes all faults away and releases the requests held by them.
func (p *Provider) Heal() {
	p.lift(func(*activeFault) bool { return true })
}

func (p *Provider) lift(which func(*activeFault) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = slices.DeleteFunc(p.faults, func(a *activeFault) bool {
		if !which(a) {
			return false
		}
		close(a.lifted)
		return true
	})
}

// take returns the faults in force at a point, and counts this as a use of each.
func (p *Provider) take(where point, grant string) []*activeFault {
	p.mu.Lock()
	defer p.mu.Unlock()
	var found []*activeFault
	for _, a := range p.faults {
		if a.point != where || a.grant != "" && a.grant != grant || a.uses > 0 && a.left == 0 {
			continue
		}
		if a.after > 0 {
			a.after--
			continue
		}
		a.left--
		found = append(found, a)
	}
	return found
}
