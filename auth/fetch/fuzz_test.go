package fetch

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// now is when all fuzzing happens.
var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func FuzzRetryAfter(f *testing.F) {
	for _, seed := range []string{"120", "-1", "0", "9223372036854775808", " 7 ", "1.5", "Sun, 22 Nov 2026 12:05:00 GMT", "Sunday, 22-Nov-26 12:05:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if d := RetryAfter(http.Header{"Retry-After": {value}}, now); d < 0 || d > 24*time.Hour {
			t.Errorf("%q is %v", value, d)
		}
	})
}

func FuzzFreshness(f *testing.F) {
	for _, seed := range []string{"max-age=60", "max-age=-1", "max-age=99999999999999999999", "no-store, max-age=5", `max-age="7"`, "public;max-age=1", ",,=,"} {
		f.Add(seed, int64(time.Hour))
	}
	f.Fuzz(func(t *testing.T, value string, fresh int64) {
		g := Getter{Fresh: time.Duration(max(0, fresh))}
		d := g.freshness(http.Header{"Cache-Control": {value}})
		if d < 0 || d > MaxFresh {
			t.Errorf("%q is fresh for %v", value, d)
		}
		if lower := strings.ToLower(value); d > 0 && (lower == "no-store" || lower == "no-cache") {
			t.Errorf("%q is fresh for %v", value, d)
		}
	})
}

func FuzzCheckURL(f *testing.F) {
	for _, seed := range []string{
		"https://provider.example/a?b", "http://127.0.0.1:1/", "http://[::1]/", "http://localhost.evil.example/", "http://127.1/", "http://2130706433/",
		"https://user@host/", "https://host/#f", "javascript:alert(1)", "file:///etc/passwd", "https:opaque", "HTTPS://HOST", "//host/", "http://localhost@evil.example/", "https://ho\tst/", "https://[::1%25eth0]/",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, address string) {
		u, err := CheckURL(address)
		if err != nil {
			return
		}
		if u.Host == "" || u.User != nil || u.Fragment != "" || u.Opaque != "" {
			t.Errorf("%q was taken", address)
		}
		if u.Scheme != "https" && (u.Scheme != "http" || !IsLoopback(u.Hostname())) {
			t.Errorf("%q was taken, which is neither https nor this computer", address)
		}
		again, err := CheckURL(u.String())
		if err != nil || again.Host != u.Host || again.Scheme != u.Scheme {
			t.Errorf("%q becomes %q: %v", address, u, err)
		}
		if _, err := http.NewRequest(http.MethodGet, address, nil); err != nil {
			t.Errorf("%q was taken and cannot be asked: %v", address, err)
		}
	})
}

// FuzzCopy: whatever lies in the folder is the document that was asked for, or
// nothing.
func FuzzCopy(f *testing.F) {
	const address = "https://provider.example/keys"
	f.Add(`{"url":"https://provider.example/keys","fetched":"2026-11-22T11:00:00Z","expires":"2026-11-22T13:00:00Z","body":"e30="}`)
	f.Add(`{"url":"https://evil.example/keys","fetched":"2026-11-22T11:00:00Z","body":"e30="}`)
	f.Add(`{"url":"https://provider.example/keys","fetched":"2999-01-01T00:00:00Z","expires":"9999-12-31T23:59:59Z"}`)
	f.Add("")
	g := &Getter{Dir: f.TempDir(), Now: func() time.Time { return now }}
	f.Fuzz(func(t *testing.T, content string) {
		if err := os.WriteFile(g.path(address), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		d, ok := g.Cached(address)
		if !ok {
			return
		}
		if d.URL != address || d.Fetched.After(now.Add(time.Hour)) {
			t.Errorf("%q is taken for the document: %+v", content, d)
		}
		if g.IsFresh(d) && d.Expires.Sub(d.Fetched) > MaxFresh+time.Hour {
			t.Errorf("%q is fresh until %v", content, d.Expires)
		}
		if name := filepath.Base(g.path(content)); strings.ContainsAny(name, `/\`) || len(name) != 37 {
			t.Errorf("the file of %q is %q", content, name)
		}
		if _, err := url.Parse(d.URL); err != nil {
			t.Error(err)
		}
	})
}
