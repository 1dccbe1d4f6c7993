package loopback

import (
	"crypto/subtle"
	"errors"
	"io"
	"log"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
)

func silent() *log.Logger { return log.New(io.Discard, "", 0) }

func (l *Listener) serve(w http.ResponseWriter, r *http.Request) {
	control := http.NewResponseController(w)
	_ = control.SetWriteDeadline(time.Now().Add(writeTimeout))
	header(w.Header())
	l.whole(1)
	if r.Method == http.MethodPost {
		_ = control.EnableFullDuplex()
		defer drain(control, r)
	}
	if !l.hosts[r.Host] {
		// Another name for this address: DNS rebinding, or a proxy gone astray.
		l.refuse(w, http.StatusBadRequest)
		return
	}
	switch {
	case l.isDone(r.URL.Path) && (r.Method == http.MethodGet || r.Method == http.MethodHead) && l.arrived():
		l.serveDone(w, r)
	case strings.HasPrefix(r.URL.Path, againPath) && r.Method == http.MethodGet:
		l.serveAgain(w, r)
	case r.URL.Path == l.params.Path:
		l.serveResponse(w, r)
	default:
		l.refuse(w, http.StatusNotFound)
	}
}

const (
	drainLimit = 1 << 20
	drainTime  = 2 * time.Second
)

// drain takes in, unread, the rest of a body once its request is answered. Closing the
// socket before would reset the connection, and the browser might show this instead of
// following the answer.
func drain(control *http.ResponseController, r *http.Request) {
	if control.Flush() != nil || control.SetReadDeadline(time.Now().Add(drainTime)) != nil {
		return
	}
	_, _ = io.CopyN(io.Discard, r.Body, drainLimit)
}

// donePath is the address of the page at the end. Only a browser with a response knows
// it: the page may lead on to a request, and nobody else may learn that request's
// state.
func (l *Listener) donePath() string { return donePrefix + l.doneKey }

func (l *Listener) isDone(path string) bool {
	return subtle.ConstantTimeCompare([]byte(path), []byte(l.donePath())) == 1
}

// whole counts requests that came whole.
func (l *Listener) whole(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.requests += n
}

// serveResponse accepts the response as a query or a posted form (OAuth 2.0
// Form Post Response Mode).
func (l *Listener) serveResponse(w http.ResponseWriter, r *http.Request) {
	values := ParseForm(r.URL.RawQuery)
	switch {
	case r.Method == http.MethodGet:
	case r.Method == http.MethodPost && values.Has("state"):
		// A provider that answers its own form with 307 makes the browser post that
		// form here. The response is in the address; the body is what the person has
		// told the provider, a password perhaps, and is not read.
	case r.Method == http.MethodPost:
		l.whole(-1) // as long as its body has not come
		form, status := postedForm(w, r)
		l.whole(1)
		if status == 0 && shareName(values, form) {
			status = http.StatusBadRequest // twice the same parameter, in two places
		}
		if status != 0 {
			l.refuse(w, status)
			return
		}
		values = form
	default:
		w.Header().Set("Allow", "GET, POST")
		l.refuse(w, http.StatusMethodNotAllowed)
		return
	}
	switch {
	case l.carriesDetour(values):
		l.serveDetour(w, r, values)
	case !l.carriesState(values):
		l.refuseResponse(w, r, values)
	case !isResponse(values):
		l.refuse(w, http.StatusBadRequest)
	default:
		l.take(values, false)
		// See Other, so neither a reload nor the history repeats the response.
		seeOther(w, l.donePath())
	}
}

// shareName is true if a parameter is in both.
func shareName(a, b url.Values) bool {
	for name := range a {
		if b.Has(name) {
			return true
		}
	}
	return false
}

// carriesState compares in constant time. The state of a taken response still counts,
// so a repetition is no noise.
func (l *Listener) carriesState(values url.Values) bool {
	l.mu.Lock()
	state := l.state
	l.mu.Unlock()
	return hasState(values, state)
}

func (l *Listener) carriesDetour(values url.Values) bool {
	l.mu.Lock()
	state := l.onward.Detour
	l.mu.Unlock()
	return state != "" && hasState(values, state) && single(values)
}

func hasState(values url.Values, state string) bool {
	got := values["state"]
	return len(got) == 1 && subtle.ConstantTimeCompare([]byte(got[0]), []byte(state)) == 1
}

// single is RFC 6749, section 3.1: no parameter more than once.
func single(values url.Values) bool {
	for _, v := range values {
		if len(v) > 1 {
			return false
		}
	}
	return true
}

// isResponse knows a response by its deciding parameters, each of them there once.
// Others, such as a session_state, may be there twice.
func isResponse(values url.Values) bool {
	for _, name := range []string{"state", "code", "iss", "error", "claims", "response"} {
		if len(values[name]) > 1 {
			return false
		}
	}
	return values.Has("code") || values.Has("error")
}

func seeOther(w http.ResponseWriter, address string) {
	w.Header().Set("Location", address)
	w.Header().Set("Content-Length", "0")
	w.WriteHeader(http.StatusSeeOther)
}

// serveAgain leads the browser to a new authorization request. Only this listener's own
// page knows the address.
func (l *Listener) serveAgain(w http.ResponseWriter, r *http.Request) {
	for _, why := range []Why{ByItself, ByPerson} {
		if subtle.ConstantTimeCompare([]byte(r.URL.Path), []byte(l.again(why))) == 1 {
			l.lead(w, r, why)
			return
		}
	}
	l.refuse(w, http.StatusNotFound)
}

func (l *Listener) serveDetour(w http.ResponseWriter, r *http.Request, values url.Values) {
	l.mu.Lock()
	arrived := l.onward.Arrived
	l.mu.Unlock()
	if arrived != nil && !arrived(values) {
		seeOther(w, l.donePath())
		return
	}
	l.lead(w, r, AfterDetour)
}

func (l *Listener) lead(w http.ResponseWriter, r *http.Request, why Why) {
	l.leading.Lock()
	defer l.leading.Unlock()
	l.mu.Lock()
	request := l.onward.Request
	l.mu.Unlock()
	to := l.donePath()
	if request != nil {
		address, state, err := request(r.Context(), why)
		if err == nil && l.expect(state) {
			to = address
		}
	}
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(writeTimeout))
	seeOther(w, to)
}

func postedForm(w http.ResponseWriter, r *http.Request) (url.Values, int) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return nil, http.StatusBadRequest
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return nil, http.StatusRequestEntityTooLarge
	}
	if err != nil {
		return nil, http.StatusBadRequest
	}
	return ParseForm(string(body)), 0
}

// take passes the response on, once. A repetition is sent to the same page, and
// its content is not looked at.
func (l *Listener) take(values url.Values, pasted bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.awaiting {
		return
	}
	l.awaiting, l.onward = false, Onward{}
	l.round = &round{decided: make(chan struct{}), shown: make(chan struct{}), pasted: pasted}
	if l.final != nil {
		l.decide(*l.final)
	}
	l.response <- values
	if !closed(l.taken) {
		close(l.taken)
	}
}

func (l *Listener) arrived() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.round != nil
}

func (l *Listener) refuse(w http.ResponseWriter, status int) {
	l.ignore(false)
	http.Error(w, http.StatusText(status), status)
}

// refuseResponse is about answers with no state or another one. It tells so to a person
// whose browser brings an answer of another sign-in, and repeats nothing of the
// request.
func (l *Listener) refuseResponse(w http.ResponseWriter, r *http.Request, values url.Values) {
	answer := values.Has("code") || values.Has("error")
	l.ignore(answer || values.Has("state"))
	if !answer || l.params.Stray.Title == "" || !isVisit(r) {
		http.Error(w, http.StatusText(http.StatusBadRequest), http.StatusBadRequest)
		return
	}
	_ = l.params.Stray.send(w, http.StatusBadRequest, false)
}

// isVisit is true if a person may see the answer in a browser's window (Fetch Metadata
// Request Headers, sections 2.1 and 2.2). Without those headers, the wanted kind of
// answer has to do.
func isVisit(r *http.Request) bool {
	mode, dest, accept := r.Header.Get("Sec-Fetch-Mode"), r.Header.Get("Sec-Fetch-Dest"), r.Header.Get("Accept")
	return (mode == "" || mode == "navigate") && (dest == "" || dest == "document") &&
		(accept == "" || strings.Contains(accept, "text/html") || strings.Contains(accept, "*/*"))
}

// ignore counts a request other than the response.
func (l *Listener) ignore(looksLikeResponse bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.noise.Requests++
	if looksLikeResponse {
		l.noise.WrongState++
	}
}

// serveDone waits for the outcome, so the person reads the truth.
func (l *Listener) serveDone(w http.ResponseWriter, r *http.Request) {
	control := http.NewResponseController(w)
	// The request has been read; its time limit must not end the wait.
	_ = control.SetReadDeadline(time.Time{})
	l.mu.Lock()
	owed := l.round
	l.mu.Unlock()
	l.sockets.keep(r.Context())
	select {
	case <-owed.decided:
	case <-r.Context().Done():
		return
	}
	l.mu.Lock()
	page := owed.page
	l.mu.Unlock()
	_ = control.SetWriteDeadline(time.Now().Add(writeTimeout))
	show := page.write
	if page.leadTo != "" {
		show = page.lead
	}
	if err := show(w, r.Method == http.MethodHead); err == nil && r.Method == http.MethodGet {
		_ = control.Flush()
		l.mu.Lock()
		defer l.mu.Unlock()
		if !closed(owed.shown) {
			close(owed.shown)
		}
	}
}

func header(h http.Header) {
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Connection", "close")
}
