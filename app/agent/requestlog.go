package agent

import (
	"log/slog"
	"net/http"
	"time"
)

// logged tells the log, at debug level, of every request: its host and path, its outcome
// and its duration. Queries and bodies hold secrets, and stay out of the log.
type logged struct {
	http.RoundTripper
	log *slog.Logger
}

// withLog is a client with a log of its requests.
func withLog(c *http.Client, log *slog.Logger) *http.Client {
	told := *c
	base := c.Transport
	if base == nil {
		base = http.DefaultTransport
	}
	told.Transport = logged{base, log}
	return &told
}

func (l logged) RoundTrip(req *http.Request) (*http.Response, error) {
	if !l.log.Enabled(req.Context(), slog.LevelDebug) {
		return l.RoundTripper.RoundTrip(req)
	}
	begun := time.Now()
	resp, err := l.RoundTripper.RoundTrip(req)
	about := []any{"method", req.Method, "host", req.URL.Host, "path", req.URL.Path, "took", time.Since(begun).Round(time.Millisecond)}
	if err != nil {
		l.log.Debug("request", append(about, "error", err)...)
		return nil, err
	}
	l.log.Debug("request", append(about, "status", resp.StatusCode)...)
	return resp, nil
}
