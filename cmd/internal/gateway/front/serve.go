package front

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"time"

	"github.com/portico-desktop/portico/app/portal/api"
)

const (
	maxTarget = 16 << 10 // bytes of path and query
	v1        = "/v1"
)

// ServeHTTP implements [http.Handler].
func (f *Front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.recorded(w, r, requestID(r.Header), f.serve)
}

// recorded runs a request with the headers that each answer has, and tells log and metrics
// of it. id is the client's, or "". A parked request is told of when it is answered.
func (f *Front) recorded(rw http.ResponseWriter, r *http.Request, id string, serve func(*call) error) {
	given := id
	if id == "" {
		id = rand.Text()
	}
	c := &call{f: f, given: given, w: &writer{ResponseWriter: rw, route: "other"}, r: r, id: id, from: f.Now()}
	h := rw.Header()
	h.Set(api.HeaderRequestID, id)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	if f.secure.Load() {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
	defer c.told()
	defer func() {
		switch wrong := recover(); wrong {
		case nil:
		case http.ErrAbortHandler:
			panic(wrong)
		default:
			f.Log.Error("a request failed", "error", fmt.Sprint(wrong), "stack", string(debug.Stack()), "route", c.w.route, "request", id)
			f.Metrics.Count("portico_failures_total", "route", c.w.route)
			if c.w.status != 0 {
				panic(http.ErrAbortHandler)
			}
			writeProblem(c.w, problem(http.StatusInternalServerError, api.Internal, ""))
		}
	}()
	if err := serve(c); err != nil {
		c.fail(err)
	}
}

// told tells log and metrics of an answered request: the route, never the path or the
// query, in which ids and searches stand.
func (c *call) told() {
	if c.w.parked {
		return
	}
	status := c.w.status
	if status == 0 && !c.w.abandoned {
		status = http.StatusOK
	}
	took := c.f.Now().Sub(c.from)
	c.f.Metrics.Count("portico_http_requests_total", "route", c.w.route, "method", method(c.r), "status", fmt.Sprint(status))
	c.f.Metrics.took(c.w.route, took)
	who := ""
	if c.who != nil {
		who = c.who.ID
	}
	c.f.Log.LogAttrs(c.r.Context(), levelOf(status), "request", attrs(c, status, took, who)...)
}

// serve finds the operation and runs it.
func (f *Front) serve(c *call) error {
	r := c.r
	if len(r.RequestURI) > maxTarget {
		return problem(http.StatusRequestURITooLong, api.BadRequest, fmt.Sprintf("The address may have %d bytes at most.", maxTarget))
	}
	path := r.URL.EscapedPath()
	if path != v1 && !strings.HasPrefix(path, v1+"/") {
		c.w.route = "manifest"
		if path != manifestPath {
			c.w.route = "public"
		}
		// What is published may be shown and read elsewhere.
		c.w.Header().Del("Cross-Origin-Resource-Policy")
		f.Manifest.ServeHTTP(&textToProblem{ResponseWriter: c.w}, r)
		return nil
	}
	here, ids := f.routes.find(path)
	if len(here) == 0 {
		return notFound()
	}
	c.ids, c.w.route = ids, here[0].path
	for _, one := range here {
		if one.method == r.Method || r.Method == http.MethodHead && one.open && one.method == http.MethodGet {
			return f.run(one, c)
		}
	}
	c.w.Header().Set("Allow", allowed(here))
	return problem(http.StatusMethodNotAllowed, api.MethodNotAllowed, "")
}

const manifestPath = "/.well-known/portico.json"

// run checks whatever all operations have in common, the token among it, and runs one.
func (f *Front) run(one route, c *call) error {
	f.Metrics.client(c.r.Header.Get(api.HeaderClient))
	if !one.open {
		token := bearer(c.r.Header)
		if token == "" {
			c.w.Header().Set("WWW-Authenticate", `Bearer realm="portico"`)
			return problem(http.StatusUnauthorized, api.Unauthorized, "A bearer token is missing.")
		}
		who, err := f.Tokens.Check(c.r.Context(), token)
		var later *api.Problem
		if errors.As(err, &later) {
			return c.busy(later.Status, time.Duration(later.RetryAfter)*time.Second)
		}
		if err != nil {
			c.w.Header().Set("WWW-Authenticate", `Bearer realm="portico", error="invalid_token"`)
			return problem(http.StatusUnauthorized, api.Unauthorized, "The token does not count, or no longer.")
		}
		c.who = who
		if wait := f.people.admit(who.Row); wait > 0 {
			return c.busy(http.StatusTooManyRequests, wait)
		}
	}
	if !accepts(c.r.Header) && !strings.HasPrefix(one.path, "/v1/attachments/") {
		return problem(http.StatusNotAcceptable, api.BadRequest, "The answer is application/json.")
	}
	if c.r.Method == http.MethodGet && c.r.ContentLength != 0 {
		return badRequest("A GET has no body.")
	}
	if _, err := url.ParseQuery(c.r.URL.RawQuery); err != nil {
		return badRequest("The query cannot be read.")
	}
	return one.serve(f, c)
}
