package front

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"

	"github.com/google/uuid"
)

// requestWith is a request as the server would have read it.
func requestWith(method, target, body string, header ...string) *http.Request {
	r := httptest.NewRequest(method, "http://localhost"+target, strings.NewReader(body))
	r.RequestURI = target
	if method == http.MethodPost || method == http.MethodPut {
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", uuid.Must(uuid.NewV7()).String())
	}
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Set(name, value)
	}
	return r
}

func requestOf(method, path string) *http.Request {
	return &http.Request{Method: method, URL: &url.URL{Path: path}}
}

func escape(text string) string { return url.PathEscape(text) }

func printable(r rune) rune {
	if r < ' ' || r > '~' {
		return -1
	}
	return r
}

func newRecorded() *recorded { return &recorded{header: http.Header{}} }
