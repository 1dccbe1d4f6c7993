package front

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"

	"github.com/portico-desktop/portico/app/portal/api"
)

// problem is a refusal of this room.
func problem(status int, code api.Code, detail string) *api.Problem {
	return &api.Problem{Title: http.StatusText(status), Status: status, Code: code, Detail: detail}
}

func notFound() *api.Problem { return problem(http.StatusNotFound, api.NotFound, "") }

func badRequest(detail string, values ...any) *api.Problem {
	return problem(http.StatusBadRequest, api.BadRequest, fmt.Sprintf(detail, values...))
}

// writeProblem answers with a problem document (RFC 9457).
func writeProblem(w http.ResponseWriter, told *api.Problem) {
	p := *told
	if p.Type == "" {
		p.Type = "about:blank"
	}
	p.RequestID = w.Header().Get(api.HeaderRequestID)
	body, err := json.Marshal(&p)
	if err != nil {
		body = []byte(`{"status":500,"code":api.Internal}`)
	}
	h := w.Header()
	for _, name := range []string{"Content-Length", "Content-Encoding", "Content-Disposition", "ETag", "Last-Modified", "Accept-Ranges"} {
		h.Del(name)
	}
	h.Set("Content-Type", api.ProblemType)
	h.Set("Cache-Control", "no-store")
	if p.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(p.RetryAfter))
	}
	w.WriteHeader(p.Status)
	w.Write(body)
}

// fail answers with an error: the client's own as it is, others as 500 with no word of it.
func (c *call) fail(err error) {
	var told *api.Problem
	var wrong *errJSON
	var large *http.MaxBytesError
	var broken *brokenBody
	switch {
	case errors.As(err, &told):
	case errors.As(err, &wrong):
		told = badRequest("%s", wrong.detail)
	case errors.As(err, &large): // before the next: a body is broken by it as well
		told = tooLarge(large.Limit)
	case errors.Is(err, os.ErrDeadlineExceeded):
		c.w.Header().Set("Connection", "close")
		told = problem(http.StatusRequestTimeout, api.BadRequest, "The request came too slowly.")
	case c.r.Context().Err() != nil || errors.Is(err, context.Canceled):
		c.w.abandoned = true // nobody reads an answer
		panic(http.ErrAbortHandler)
	case errors.As(err, &broken):
		c.w.Header().Set("Connection", "close")
		told = badRequest("The body broke off.")
	default:
		c.f.Log.Error("a request failed", "error", err, "route", c.w.route, "request", c.id)
		told = problem(http.StatusInternalServerError, api.Internal, "")
	}
	if c.w.status != 0 { // the answer has begun
		panic(http.ErrAbortHandler)
	}
	if told.Status/100 == 5 && told.Status != http.StatusServiceUnavailable {
		c.f.Metrics.Count("portico_failures_total", "route", c.w.route)
	}
	writeProblem(c.w, told)
}

// brokenBody is for a body that did not arrive as a whole.
type brokenBody struct{ error }

func (b *brokenBody) Unwrap() error { return b.error }

func tooLarge(limit int64) *api.Problem {
	return problem(http.StatusRequestEntityTooLarge, api.TooLarge, fmt.Sprintf("The body may have %d bytes at most.", limit))
}

// textToProblem turns other handlers' refusals in plain text into problem documents.
type textToProblem struct {
	http.ResponseWriter
	turned bool
}

func (t *textToProblem) WriteHeader(status int) {
	if kind := t.Header().Get("Content-Type"); status < 400 || !strings.HasPrefix(kind, "text/plain") {
		t.ResponseWriter.WriteHeader(status)
		return
	}
	t.turned = true
	code := map[int]api.Code{
		http.StatusNotFound: api.NotFound, http.StatusMethodNotAllowed: api.MethodNotAllowed,
		http.StatusRequestedRangeNotSatisfiable: api.WrongRange, http.StatusPreconditionFailed: api.Changed,
	}[status]
	switch {
	case code != "":
	case status >= 500:
		code = api.Internal
	default:
		code = api.BadRequest
	}
	writeProblem(t.ResponseWriter, problem(status, code, ""))
}

func (t *textToProblem) Write(b []byte) (int, error) {
	if t.turned {
		return len(b), nil
	}
	return t.ResponseWriter.Write(b)
}

func (t *textToProblem) Unwrap() http.ResponseWriter { return t.ResponseWriter }
