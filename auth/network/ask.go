package network

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"
)

// The limits of asking a proxy script.
const (
	scriptLimit  = 10 * time.Second // nothing waits longer, however many hosts are asked about
	instantLimit = 2 * time.Second  // if it has answered before
	// failureAge is how long a failed script is left alone.
	failureAge = 30 * time.Second
	// maxHosts bounds the kept answers. The names of hosts come from servers, too.
	maxHosts = 256
)

var (
	// errNoScript is automatic detection without a find. It is no failure.
	errNoScript = errors.New("this network offers no proxy script")
	// errHangs is a script that nobody waits for any more.
	errHangs = fmt.Errorf("the proxy script has not answered within %s", scriptLimit)
	errSlow  = fmt.Errorf("the proxy script has not answered within %s", instantLimit)
)

// ScriptError is a proxy script that could not be asked, or not be found.
type ScriptError struct {
	// Script is its address, "" for the network's own offer (WPAD).
	Script string
	Err    error
}

func (e *ScriptError) Error() string {
	return fmt.Sprintf("the proxy script %s cannot be asked: %v", cmp.Or(e.Script, "of this network (WPAD)"), e.Err)
}

func (e *ScriptError) Unwrap() error { return e.Err }

// evaluated is a script's answer for an address.
type evaluated struct {
	ways []*url.URL // nil is directly
	// plain: it came over http, if only for a part of the way.
	plain bool
}

// evaluator asks a script about an address; "" is the network's own offer.
type evaluator func(ctx context.Context, s system, script string, address *url.URL) (evaluated, error)

// answer is how requests to a host leave, and why.
type answer struct {
	ways     []candidate
	script   string // of the answer, without credentials, "" for none
	detected bool
	at       time.Time // when it said so
	kept     bool      // it could not be asked now
	err      error     // why not
}

// answers are the scripts' answers, host by host.
type answers struct {
	now      func() time.Time
	evaluate evaluator
	keep     keeper
	// whole and instant are scriptLimit and instantLimit.
	whole, instant time.Duration

	mu sync.Mutex
	// turn counts changes of the network and the settings, so no answer is taken for
	// another one's.
	turn  int
	hosts map[string]*hostAnswers
	// since is the time of the oldest question without an answer, zero if scripts
	// answer.
	since time.Time
}

// hostAnswers are the answers for one host.
type hostAnswers struct {
	good   *answer       // a script's last one
	latest *answer       // good, or why there is none
	asking chan struct{} // closed when there is no more to wait for, nil while no script is asked
}

func newAnswers(now func() time.Time, evaluate evaluator, file string) *answers {
	return &answers{
		now: now, evaluate: evaluate, keep: keeper{file: file}, whole: scriptLimit, instant: instantLimit,
		hosts: map[string]*hostAnswers{},
	}
}

// question is an address as scripts get to see it: nothing but the host, because the
// rest may hold a code or a token.
func question(u *url.URL) *url.URL {
	return &url.URL{Scheme: u.Scheme, Host: strings.ToLower(u.Host), Path: "/"}
}

// forget drops everything: the network is another one.
func (a *answers) forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.next()
	a.hosts = map[string]*hostAnswers{}
	a.keep.drop()
}

// renew has scripts asked again, and keeps their answers for when they cannot be.
func (a *answers) renew() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.next()
}

// next has everything asked anew, also for those who wait for an answer now.
func (a *answers) next() {
	a.turn++
	a.since = time.Time{}
	for _, h := range a.hosts {
		if h.asking != nil {
			close(h.asking)
		}
		h.latest, h.asking = nil, nil
	}
}

// distrust drops a script's earlier answer for a host.
func (a *answers) distrust(u *url.URL) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if h := a.hosts[question(u).String()]; h != nil {
		h.good = nil
	}
}

// of tells how to reach an address, asking a script if its answer is not known. The
// rules are taken again if they change meanwhile.
func (a *answers) of(ctx context.Context, current func() *rules, u *url.URL) answer {
	u = question(u)
	for begun := a.now(); ; {
		if out, same := a.once(ctx, current(), u, begun); same {
			return out
		}
	}
}

// once is of; the answer is worthless if the network or the settings have changed
// meanwhile.
func (a *answers) once(ctx context.Context, r *rules, u *url.URL, begun time.Time) (out answer, same bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	h := a.host(r, u)
	if h.latest != nil && a.isFresh(h.latest) {
		return a.settled(r, u, h, h.latest.err), true
	}
	now, turn := a.now(), a.turn
	if h.asking == nil {
		h.asking = make(chan struct{})
		go a.ask(r, u, h, h.asking, turn) // ends by itself; see there
	}
	if a.since.IsZero() {
		a.since = now
	}
	limit, late := a.whole-max(now.Sub(a.since), now.Sub(begun)), errHangs
	if h.good != nil && a.instant < limit {
		limit, late = a.instant, errSlow
	}
	asked := a.wait(ctx, h.asking, limit)
	switch {
	case turn != a.turn && ctx.Err() == nil:
		return answer{}, false
	case asked && turn == a.turn:
		return a.settled(r, u, h, h.latest.err), true
	case ctx.Err() != nil:
		late = ctx.Err()
	}
	return a.settled(r, u, h, &ScriptError{Script: r.shown.PAC, Err: late}), true
}

// wait waits for an answer without holding the lock, and returns true if it has come.
func (a *answers) wait(ctx context.Context, asking <-chan struct{}, limit time.Duration) bool {
	a.mu.Unlock()
	defer a.mu.Lock()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-asking:
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	return false
}

// host are the answers for a host, from before this program's start too.
func (a *answers) host(r *rules, u *url.URL) *hostAnswers {
	key := u.String()
	h := a.hosts[key]
	if h == nil {
		h = &hostAnswers{good: a.keep.read(r.asked(), key)}
		if len(a.hosts) >= maxHosts {
			clear(a.hosts) // asking anew costs little, and nobody has so many
		}
		a.hosts[key] = h
	}
	return h
}

// isFresh is true if a script need not be asked again yet.
func (a *answers) isFresh(known *answer) bool {
	limit := settingsAge
	if known.err != nil {
		limit = failureAge
	}
	age := a.now().Sub(known.at)
	return age <= limit && age >= 0 // a clock set back must not make it last
}

// settled is the answer in force for a host: the script's, else its last one, else the
// other settings.
func (a *answers) settled(r *rules, u *url.URL, h *hostAnswers, err error) answer {
	switch {
	case err == nil:
		return *h.latest
	case h.good != nil:
		kept := *h.good
		kept.kept, kept.err = true, err
		return kept
	}
	ways, settingErr := r.set(u)
	if settingErr != nil {
		ways = []candidate{{}}
	}
	return answer{ways: ways, err: err}
}

// ask asks the scripts about a host and notes the answer. The limit ends everything but a
// call of the system's: it cannot be ended, and its answer still counts when it comes.
func (a *answers) ask(r *rules, u *url.URL, h *hostAnswers, asking chan struct{}, turn int) {
	ctx, cancel := context.WithTimeout(context.Background(), a.whole)
	defer cancel()
	found := a.askAll(ctx, r, u)
	a.mu.Lock()
	defer a.mu.Unlock()
	if h.asking == asking { // else nobody waits for it any more
		close(asking) // whoever waits takes the lock first
		h.asking = nil
	}
	if a.turn != turn {
		return
	}
	found.at = a.now()
	h.latest = &found
	if ctx.Err() == nil {
		a.since = time.Time{} // yes or no, it was an answer
	}
	if found.err == nil {
		h.good = &found
		a.keep.write(r.asked(), u.String(), found)
	}
}

// askAll asks one script after the other until one can be asked.
func (a *answers) askAll(ctx context.Context, r *rules, u *url.URL) answer {
	var failed error
	for _, script := range r.scripts {
		said, err := a.evaluate(ctx, r.system, script, u)
		shown := ""
		if script != "" {
			shown = r.shown.PAC
		}
		switch {
		case err == nil:
			out := answer{script: shown, detected: script == ""}
			for _, proxy := range said.ways {
				out.ways = append(out.ways, candidate{proxy: proxy, named: originOf(script, said)})
			}
			return out
		case script == "" && errors.Is(err, errNoScript):
			continue
		case ctx.Err() != nil:
			err = errHangs
		}
		failed = cmp.Or(failed, error(&ScriptError{Script: shown, Err: err}))
	}
	ways, err := r.set(u)
	if err != nil {
		failed, ways = cmp.Or(failed, err), []candidate{{}}
	}
	return answer{ways: ways, err: failed}
}

// originOf names who stands behind a script's answer.
func originOf(script string, said evaluated) origin {
	scheme, _, _ := strings.Cut(strings.ToLower(script), "://")
	switch {
	case script == "":
		return byDetection
	case said.plain, scheme == "http":
		return byPlainScript
	}
	return byScript
}
