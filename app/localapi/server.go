package localapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
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

// Serve answers windows and consoles on l, on behalf of a, until ctx ends or l
// fails. It closes l, tells running commands through their context, and
// returns when all of them have returned; nil when ctx ended. An unset API and
// PID of i are filled in.
//
// It costs nothing while nobody is connected: no timer runs, and a connection
// that is only open waits in one goroutine.
func Serve(ctx context.Context, l net.Listener, a Agent, i Info) error {
	if i.API == 0 {
		i.API = Version
	}
	if i.PID == 0 {
		i.PID = os.Getpid()
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var http1 http.Protocols
	http1.SetHTTP1(true)
	srv := &http.Server{
		Handler:           &handler{agent: a, info: i},
		ReadHeaderTimeout: readTimeout,
		MaxHeaderBytes:    16 << 10,
		Protocols:         &http1,
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
	// Not bounded: every command ends with its context, and one that does not
	// would go on working on a session that the next agent has taken over.
	closing := srv.Shutdown(context.WithoutCancel(ctx))
	if orderly {
		return nil
	}
	return fmt.Errorf("serve the local API: %w", errors.Join(err, closing))
}

// handler is the agent as HTTP.
type handler struct {
	agent Agent
	info  Info
}

// ServeHTTP finds the route itself instead of using a ServeMux, which answers
// in plain text and redirects where a problem document is due.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set(apiHeader, strconv.Itoa(h.info.API))
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	method, serve := h.route(r.URL.Path)
	switch {
	case serve == nil:
		h.fail(w, r, refuse(http.StatusNotFound, "there is no %s", r.URL.Path))
	case r.Method != method:
		w.Header().Set("Allow", method)
		h.fail(w, r, refuse(http.StatusMethodNotAllowed, "%s wants %s", r.URL.Path, method))
	case !speaks(r.Header, h.info.API) && r.URL.Path != pathVersion && r.URL.Path != pathQuit:
		h.fail(w, r, &refusal{
			status: http.StatusBadRequest, code: VersionMismatch,
			reason: fmt.Sprintf("the agent speaks version %d, the caller %q", h.info.API, r.Header.Get(apiHeader)),
		})
	default:
		serve(w, r)
	}
}

func (h *handler) route(path string) (method string, serve http.HandlerFunc) {
	switch path {
	case pathVersion:
		return http.MethodGet, func(w http.ResponseWriter, r *http.Request) { h.answer(w, r, h.info, nil) }
	case pathState:
		return http.MethodGet, func(w http.ResponseWriter, r *http.Request) {
			state, err := h.agent.State(r.Context())
			h.answer(w, r, state, err)
		}
	case pathEvents:
		return http.MethodGet, h.events
	case pathAccounts:
		return http.MethodGet, func(w http.ResponseWriter, r *http.Request) {
			accounts, err := h.agent.Accounts(r.Context())
			if accounts == nil {
				accounts = []Account{}
			}
			h.answer(w, r, accounts, err)
		}
	case pathCheckPortal:
		return command(h, h.agent.CheckPortal)
	case pathSetPortal:
		return command(h, func(ctx context.Context, req PortalRequest) (any, error) {
			return nil, h.agent.SetPortal(ctx, req)
		})
	case pathSignIn:
		return command(h, h.agent.SignIn)
	case pathCancelSignIn:
		return command(h, nothing(h.agent.CancelSignIn))
	case pathPaste:
		return command(h, func(ctx context.Context, req PasteRequest) (any, error) {
			return nil, h.agent.Paste(ctx, req)
		})
	case pathUseAccount:
		return command(h, func(ctx context.Context, req AccountRequest) (any, error) {
			return nil, h.agent.UseAccount(ctx, req)
		})
	case pathProviders:
		return http.MethodGet, func(w http.ResponseWriter, r *http.Request) {
			providers, err := h.agent.Providers(r.Context())
			if providers == nil {
				providers = []ProviderSetup{}
			}
			h.answer(w, r, providers, err)
		}
	case pathSetSecret:
		return command(h, func(ctx context.Context, req SecretRequest) (any, error) {
			return nil, h.agent.SetSecret(ctx, req)
		})
	case pathProxies:
		return http.MethodGet, func(w http.ResponseWriter, r *http.Request) {
			proxies, err := h.agent.Proxies(r.Context())
			if proxies == nil {
				proxies = []Proxy{}
			}
			h.answer(w, r, proxies, err)
		}
	case pathSetProxy:
		return command(h, func(ctx context.Context, req ProxyPasswordRequest) (any, error) {
			return nil, h.agent.SetProxyPassword(ctx, req)
		})
	case pathForgetProxy:
		return command(h, h.agent.ForgetProxy)
	case pathNewKey:
		return command(h, h.agent.NewKey)
	case pathDropKey:
		return command(h, func(ctx context.Context, req KeyRequest) (any, error) {
			return nil, h.agent.DropKey(ctx, req)
		})
	case pathRefresh:
		return command(h, func(ctx context.Context, _ empty) (State, error) { return h.agent.Refresh(ctx) })
	case pathSignOut:
		return command(h, h.agent.SignOut)
	case pathForget:
		return command(h, func(ctx context.Context, _ empty) (ForgetReport, error) { return h.agent.Forget(ctx) })
	case pathSet:
		return command(h, func(ctx context.Context, req SettingRequest) (any, error) {
			return nil, h.agent.Set(ctx, req)
		})
	case pathPolicy:
		return command(h, func(ctx context.Context, _ empty) (PolicyReport, error) { return h.agent.Policy(ctx) })
	case pathCheck:
		return command(h, func(ctx context.Context, _ empty) (CheckReport, error) { return h.agent.Check(ctx) })
	case pathBundle:
		return command(h, func(ctx context.Context, _ empty) (Bundle, error) { return h.agent.Bundle(ctx) })
	case pathShow:
		return command(h, h.agent.Show)
	case pathShown:
		return command(h, func(ctx context.Context, req ShowRequest) (any, error) {
			return nil, h.agent.Shown(ctx, req)
		})
	case pathQuit:
		return command(h, nothing(h.agent.Quit))
	}
	if name, ok := strings.CutPrefix(path, pathLogo); ok && isDigest(name) {
		return http.MethodGet, func(w http.ResponseWriter, r *http.Request) { h.logo(w, r, name) }
	}
	return "", nil
}

// empty is the body of a command that says nothing more.
type empty struct{}

func nothing(do func(context.Context) error) func(context.Context, empty) (any, error) {
	return func(ctx context.Context, _ empty) (any, error) { return nil, do(ctx) }
}

// command is a POST: a body in, an answer or a problem out.
func command[In, Out any](h *handler, do func(context.Context, In) (Out, error)) (string, http.HandlerFunc) {
	return http.MethodPost, func(w http.ResponseWriter, r *http.Request) {
		var in In
		if err := h.read(w, r, &in); err != nil {
			h.fail(w, r, err)
			return
		}
		out, err := do(r.Context(), in)
		h.answer(w, r, out, err)
	}
}

func (h *handler) read(w http.ResponseWriter, r *http.Request, v any) error {
	conn := http.NewResponseController(w)
	if err := conn.SetReadDeadline(time.Now().Add(readTimeout)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return fmt.Errorf("bound the request: %w", err)
	}
	err := decode(r.Header, http.MaxBytesReader(w, r.Body, maxRequest), v)
	// The command itself may take longer; a deadline left in place would look
	// like a caller who went away.
	_ = conn.SetReadDeadline(time.Time{})
	return err
}

// answer writes v, or err when there is one. A nil v has nothing to say.
func (h *handler) answer(w http.ResponseWriter, r *http.Request, v any, err error) {
	if err != nil {
		h.fail(w, r, err)
		return
	}
	if v == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	body, err := json.Marshal(v)
	if err != nil {
		h.fail(w, r, fmt.Errorf("encode the answer: %w", err))
		return
	}
	h.write(w, http.StatusOK, typeJSON, body)
}

func (h *handler) fail(w http.ResponseWriter, r *http.Request, err error) {
	if cause := r.Context().Err(); cause != nil && errors.Is(err, cause) {
		// Either the caller has gone and reads nothing, or the agent is ending.
		err = &Problem{Code: AgentGone, Details: &Details{Error: "the agent is ending"}}
	}
	doc := document(err)
	body, err := json.Marshal(doc)
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	h.write(w, doc.Status, typeProblem, body)
}

func (h *handler) write(w http.ResponseWriter, status int, kind string, body []byte) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(writeTimeout))
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	// A caller that does not take its answer is the only one to miss it.
	_, _ = w.Write(body)
}

func (h *handler) logo(w http.ResponseWriter, r *http.Request, digest string) {
	picture, err := h.agent.Logo(r.Context(), digest)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	h.write(w, http.StatusOK, typeBytes, picture)
}

// isDigest keeps everything that could be a path away from the agent.
func isDigest(s string) bool {
	plain := func(r rune) bool {
		return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '-' || r == '_'
	}
	return s != "" && len(s) <= 128 && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0
}

// events streams what happens, a line each, until the agent ends or the caller
// goes away; the connection itself tells, so nothing is sent to keep it alive.
func (h *handler) events(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	conn := http.NewResponseController(w)
	// A window that is stopped, not gone, blocks a write for as long as it
	// likes, but not the agent's end.
	stop := context.AfterFunc(ctx, func() { _ = conn.SetWriteDeadline(time.Now().Add(farewell)) })
	defer stop()

	begun := false
	var line bytes.Buffer
	for event, err := range h.agent.Watch(ctx) {
		switch {
		case err != nil && !begun:
			h.fail(w, r, err)
			return
		case err != nil:
			// Once the stream has begun an error can only end it: the caller
			// sees the connection close and asks again.
			return
		case !begun:
			w.Header().Set("Content-Type", typeEvents)
			begun = true
		}
		line.Reset()
		if json.NewEncoder(&line).Encode(event) != nil {
			return
		}
		if _, err := w.Write(line.Bytes()); err != nil {
			return
		}
		if conn.Flush() != nil {
			return
		}
	}
	if !begun {
		h.fail(w, r, errors.New("the agent has nothing to watch"))
	}
}
