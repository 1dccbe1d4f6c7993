package front

import (
	"log/slog"
	"net/http"
	"slices"
	"time"
)

func levelOf(status int) slog.Level {
	if status >= 500 && status != http.StatusServiceUnavailable {
		return slog.LevelError
	}
	return slog.LevelInfo
}

// attrs are the log's words on a request. The person is an opaque id.
func attrs(c *call, status int, took time.Duration, who string) []slog.Attr {
	return []slog.Attr{
		slog.String("method", method(c.r)), slog.String("route", c.w.route), slog.Int("status", status),
		slog.Int64("bytes", c.w.bytes), slog.Duration("took", took), slog.String("person", who), slog.String("request", c.id),
	}
}

// method is a request's method, if it is one of those known: a client chooses its name.
func method(r *http.Request) string {
	if slices.Contains([]string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodOptions}, r.Method) {
		return r.Method
	}
	return "other"
}
