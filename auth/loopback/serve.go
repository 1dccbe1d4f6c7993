package loopback

import (
	"crypto/subtle"
	"errors"
	"io"
	"log"
	"mime"
	"net/http"
	"net/url"
	"time"
)

func silent() *log.Logger { return log.New(io.Discard, "", 0) }

func (l *Listener) serve(w http.ResponseWriter, r *http.Request) {
	control := http.NewResponseController(w)
	_ = control.SetWriteDeadline(time.Now().Add(writeTimeout))
	header(w.Header())
	if !l.hosts[r.Host] {
		// Another name for this address: DNS rebinding, or a proxy gone astray.
		l.refuse(w, http.StatusBadRequest, false)
		return
	}
	switch {
	case r.URL.Path == donePath && (r.Method == http.MethodGet || r.Method == http.MethodHead) && l.arrived():
		l.serveDone(w, r)
	case r.URL.Path == l.params.Path:
		l.serveResponse(w, r)
	default:
		l.refuse(w, http.StatusNotFound, false)
	}
}

// serveResponse accepts the response as a query or a posted form (OAuth 2.0
// Form Post Response Mode).
func (l *Listener) serveResponse(w http.ResponseWriter, r *http.Request) {
	var values url.Values
	switch r.Method {
	case http.MethodGet:
		v, err := url.ParseQuery(r.URL.RawQuery)
		if err != nil {
			l.refuse(w, http.StatusBadRequest, false)
			return
		}
		values = v
	case http.MethodPost:
		v, status := postedForm(w, r)
		if status != 0 {
			l.refuse(w, status, false)
			return
		}
		values = v
	default:
		w.Header().Set("Allow", "GET, POST")
		l.refuse(w, http.StatusMethodNotAllowed, false)
		return
	}
	state := values["state"]
	if len(state) != 1 || subtle.ConstantTimeCompare([]byte(state[0]), []byte(l.params.State)) != 1 {
		l.refuse(w, http.StatusBadRequest, values.Has("code") || values.Has("error") || values.Has("state"))
		return
	}
	for _, v := range values {
		if len(v) > 1 { // RFC 6749, section 3.1: no parameter more than once
			l.refuse(w, http.StatusBadRequest, false)
			return
		}
	}
	if !values.Has("code") && !values.Has("error") {
		l.refuse(w, http.StatusBadRequest, false)
		return
	}
	l.take(values)
	// See Other, so that neither a reload nor the history repeats the response.
	w.Header().Set("Location", donePath)
	w.WriteHeader(http.StatusSeeOther)
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
	if err != nil || r.URL.RawQuery != "" {
		return nil, http.StatusBadRequest
	}
	v, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, http.StatusBadRequest
	}
	return v, 0
}

// take passes the response on, once. A repetition is sent to the same final
// page, and its content is not looked at.
func (l *Listener) take(values url.Values) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.got {
		return
	}
	l.got = true
	l.response <- values
	close(l.taken)
}

func (l *Listener) arrived() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.got
}

func (l *Listener) refuse(w http.ResponseWriter, status int, looksLikeResponse bool) {
	l.mu.Lock()
	l.noise.Requests++
	if looksLikeResponse {
		l.noise.WrongState++
	}
	l.mu.Unlock()
	http.Error(w, http.StatusText(status), status)
}

// serveDone waits for the outcome, so that what the person reads is final.
func (l *Listener) serveDone(w http.ResponseWriter, r *http.Request) {
	control := http.NewResponseController(w)
	// The request has been read; its time limit must not end the wait.
	_ = control.SetReadDeadline(time.Time{})
	select {
	case <-l.final:
	case <-r.Context().Done():
		return
	}
	l.mu.Lock()
	page := l.page
	l.mu.Unlock()
	_ = control.SetWriteDeadline(time.Now().Add(writeTimeout))
	if err := page.write(w, r.Method == http.MethodHead); err == nil && r.Method == http.MethodGet {
		_ = control.Flush()
		l.once.shown.Do(func() { close(l.shown) })
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
