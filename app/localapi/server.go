package localapi

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"
)

const (
	// readTimeout bounds how long a request may take to arrive.
	readTimeout = 10 * time.Second
	// writeTimeout bounds how long an answer may take to leave.
	writeTimeout = 10 * time.Second
	// farewell is how long a stream may take to get rid of its last event when
	// the agent ends.
	farewell = time.Second
)

// Server answers windows and consoles on behalf of an agent.
type Server struct {
	Agent Agent
	// Info is the answer of the handshake. An unset API and PID are filled in.
	Info Info
	// Attend is called when a call begins, and done when it has ended. waits is false for
	// calls that only look or end the agent: nobody waits for them, and they may be cut
	// off. Nil means that nobody counts.
	Attend func(waits bool) (done func())
}

// Serve answers on l until ctx ends or l fails. It closes l, tells running commands
// through their context, and returns when all of them have returned; nil when ctx ended.
//
// It costs nothing while nobody is connected: no timer runs, and an idle connection waits
// in one goroutine.
func (s Server) Serve(ctx context.Context, l net.Listener) error {
	s.Info.API = cmp.Or(s.Info.API, Version)
	s.Info.PID = cmp.Or(s.Info.PID, os.Getpid())
	return s.serve(ctx, l, allRoutes(s.Agent, s.Info))
}

func (s Server) serve(ctx context.Context, l net.Listener, all []route) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	srv := &http.Server{
		Handler:           &handler{Server: s, routes: byPath(all)},
		ReadHeaderTimeout: readTimeout,
		MaxHeaderBytes:    16 << 10,
		Protocols:         protocols(),
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ErrorLog:          slog.NewLogLogger(slog.Default().Handler(), slog.LevelWarn),
	}
	ended := make(chan error, 1)
	go func() { ended <- srv.Serve(l) }()
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer stop()
	err := <-ended
	orderly := ctx.Err() != nil
	// A listener that failed by itself has told the commands nothing yet.
	cancel()
	// Not bounded: every command ends with its context. One that went on would work on a
	// session already taken over by the next agent.
	closing := srv.Shutdown(context.WithoutCancel(ctx))
	if orderly {
		return nil
	}
	return fmt.Errorf("serve the local API: %w", errors.Join(err, closing))
}

// allRoutes are all calls, subject by subject.
func allRoutes(a Agent, i Info) []route {
	all := []route{version.serve(func(context.Context) (Info, error) { return i, nil }).glance()}
	for _, subject := range [][]route{
		serveStates(a), servePortals(a), serveSessions(a), serveRegistrations(a),
		serveProxyPasswords(a), serveSettings(a), serveDiagnostics(a), serveWindows(a),
	} {
		all = append(all, subject...)
	}
	return all
}

func byPath(all []route) map[string]route {
	routes := make(map[string]route, len(all))
	for _, r := range all {
		routes[r.path] = r
	}
	return routes
}

// handler is the agent as HTTP.
type handler struct {
	Server
	routes map[string]route
}

// exchange is a request and the way to answer it.
type exchange struct {
	*http.Request
	w http.ResponseWriter
}

// ServeHTTP finds the route itself instead of using a ServeMux: that answers in plain
// text and redirects in place of a problem document.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set(apiHeader, strconv.Itoa(h.Info.API))
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	x := exchange{Request: r, w: w}
	route, known := h.routes[r.URL.Path]
	switch {
	case !known:
		x.fail(refuse(http.StatusNotFound, "there is no %s", r.URL.Path))
	case r.Method != route.method:
		w.Header().Set("Allow", route.method)
		x.fail(refuse(http.StatusMethodNotAllowed, "%s wants %s", r.URL.Path, route.method))
	case !speaks(r.Header, h.Info.API) && !anyVersion(r.URL.Path):
		x.fail(&refusal{
			status: http.StatusBadRequest, code: VersionMismatch,
			reason: fmt.Sprintf("the agent speaks version %d, the caller %q", h.Info.API, r.Header.Get(apiHeader)),
		})
	default:
		if h.Attend != nil {
			defer h.Attend(!route.looks)()
		}
		route.serve(x)
	}
}

func (x exchange) read(v any) error {
	conn := http.NewResponseController(x.w)
	if err := conn.SetReadDeadline(time.Now().Add(readTimeout)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return fmt.Errorf("bound the request: %w", err)
	}
	err := decode(x.Header, http.MaxBytesReader(x.w, x.Body, maxRequest), v)
	// The command itself may take longer; a deadline left in place would look like the
	// caller's going away.
	_ = conn.SetReadDeadline(time.Time{})
	return err
}

// answer writes v, or err when there is one. A nil v has nothing to say.
func (x exchange) answer(v any, err error) {
	if err != nil {
		x.fail(err)
		return
	}
	if v == nil {
		x.w.WriteHeader(http.StatusNoContent)
		return
	}
	body, err := json.Marshal(v)
	if err != nil {
		x.fail(fmt.Errorf("encode the answer: %w", err))
		return
	}
	x.write(http.StatusOK, typeJSON, body)
}

func (x exchange) fail(err error) {
	doc := document(x.why(err))
	body, err := json.Marshal(doc)
	if err != nil {
		x.w.WriteHeader(http.StatusInternalServerError)
		return
	}
	x.write(doc.Status, typeProblem, body)
}

// why is err, or AgentGone if the agent's end is the reason. A caller already gone reads
// nothing.
func (x exchange) why(err error) error {
	if cause := x.Context().Err(); cause != nil && errors.Is(err, cause) {
		return &Problem{Code: AgentGone, Details: &Details{Error: "the agent is ending"}}
	}
	return err
}

func (x exchange) write(status int, kind string, body []byte) {
	_ = http.NewResponseController(x.w).SetWriteDeadline(time.Now().Add(writeTimeout))
	x.w.Header().Set("Content-Type", kind)
	x.w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	x.w.WriteHeader(status)
	// A caller who does not take their answer is the only one to miss it.
	_, _ = x.w.Write(body)
}
