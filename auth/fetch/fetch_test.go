package fetch

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// source is a server with one document, and a Getter whose clock a test moves.
type source struct {
	*Getter
	url    string
	header http.Header
	body   string
	status int
	now    time.Time
	asked  []http.Header
}

func newSource(t *testing.T) *source {
	t.Helper()
	s := &source{header: http.Header{}, body: `{"a":1}`, status: http.StatusOK, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked = append(s.asked, r.Header)
		for name, values := range s.header {
			w.Header()[name] = values
		}
		if tag := s.header.Get("ETag"); tag != "" && r.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.WriteHeader(s.status)
		fmt.Fprint(w, s.body)
	}))
	t.Cleanup(server.Close)
	s.url = server.URL + "/doc"
	s.Getter = &Getter{HTTP: server.Client(), Dir: filepath.Join(t.TempDir(), "copies"), Now: func() time.Time { return s.now }}
	return s
}

// kept fetches the document and keeps it.
func (s *source) kept(t *testing.T) *Document {
	t.Helper()
	d, err := s.Get(t.Context(), s.url)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Keep(d); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestFreshness(t *testing.T) {
	tests := map[string]struct {
		control []string
		fresh   time.Duration // of the Getter
		want    time.Duration
	}{
		"nothing said":              {nil, 0, DefaultFresh},
		"the caller's default":      {nil, time.Hour, time.Hour},
		"a default over the limit":  {nil, 48 * time.Hour, MaxFresh},
		"max-age":                   {[]string{"public, max-age=600"}, 0, 10 * time.Minute},
		"quoted, in capitals":       {[]string{`Max-Age="600"`}, 0, 10 * time.Minute},
		"max-age over the limit":    {[]string{"max-age=31536000"}, 0, MaxFresh},
		"max-age beyond numbers":    {[]string{"max-age=99999999999999999999"}, time.Hour, time.Hour},
		"negative":                  {[]string{"max-age=-1"}, time.Hour, time.Hour},
		"zero":                      {[]string{"max-age=0"}, time.Hour, 0},
		"no-store":                  {[]string{"no-store"}, time.Hour, 0},
		"no-cache":                  {[]string{"no-cache"}, time.Hour, 0},
		"no-cache before a max-age": {[]string{"no-cache, max-age=600"}, 0, 0},
		"no-store after a max-age":  {[]string{"max-age=600, no-store"}, 0, 0},
		"two lines":                 {[]string{"public", "max-age=600"}, 0, 10 * time.Minute},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newSource(t)
			s.Fresh = test.fresh
			s.header["Cache-Control"] = test.control
			if d := s.kept(t); d.Expires.Sub(d.Fetched) != test.want {
				t.Errorf("fresh for %v, want %v", d.Expires.Sub(d.Fetched), test.want)
			}
		})
	}
}

func TestFreshCopyCostsNoRequestAndAStaleOneIsConfirmed(t *testing.T) {
	s := newSource(t)
	s.header.Set("ETag", `"1"`)
	s.header.Set("Cache-Control", "max-age=60")
	first := s.kept(t)
	s.now = s.now.Add(59 * time.Second)
	if d := s.kept(t); len(s.asked) != 1 || string(d.Body) != s.body {
		t.Errorf("a fresh copy: %d requests, body %q", len(s.asked), d.Body)
	}
	s.now = s.now.Add(time.Second)
	s.body = "not looked at"
	d := s.kept(t)
	if len(s.asked) != 2 || s.asked[1].Get("If-None-Match") != `"1"` {
		t.Errorf("requests = %v", s.asked)
	}
	if string(d.Body) != string(first.Body) || !d.Fetched.Equal(s.now) || !s.IsFresh(d) {
		t.Errorf("confirmed = %+v", d)
	}
	if kept, ok := s.Cached(s.url); !ok || !kept.Fetched.Equal(s.now) {
		t.Errorf("the copy on disk = %+v, %v", kept, ok)
	}
}

func TestConfirmedCopyThatCannotBeWrittenIsStillGood(t *testing.T) {
	s := newSource(t)
	s.header.Set("ETag", `"1"`)
	s.kept(t)
	// A directory in the file's place cannot be replaced, but neither can it be
	// read; so the copy is read first and its place is taken before it is written.
	s.Now = func() time.Time {
		if len(s.asked) == 2 {
			_ = os.Remove(s.path(s.url))
			_ = os.MkdirAll(filepath.Join(s.path(s.url), "full"), 0o700)
		}
		return s.now
	}
	if d, err := s.Renew(t.Context(), s.url); err != nil || string(d.Body) != s.body {
		t.Errorf("renewed = %+v, %v", d, err)
	}
}

func TestCopiesThatCannotBeTrustedAreIgnored(t *testing.T) {
	overwrite := func(content string) func(*testing.T, *source) {
		return func(t *testing.T, s *source) {
			if err := os.WriteFile(s.path(s.url), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	tests := map[string]func(*testing.T, *source){
		"cut off":                 overwrite(`{"url":"`),
		"empty":                   overwrite(""),
		"of another address":      overwrite(`{"url":"https://other.example/doc","body":"e30="}`),
		"a clock that went back":  func(_ *testing.T, s *source) { s.now = s.now.Add(-2 * time.Hour) },
		"removed":                 func(t *testing.T, s *source) { _ = os.Remove(s.path(s.url)) },
		"no directory for copies": func(_ *testing.T, s *source) { s.Dir = "" },
	}
	for name, spoil := range tests {
		t.Run(name, func(t *testing.T) {
			s := newSource(t)
			s.kept(t)
			spoil(t, s)
			if d, ok := s.Cached(s.url); ok {
				t.Errorf("the copy was used: %+v", d)
			}
			if d := s.kept(t); string(d.Body) != s.body || len(s.asked) != 2 {
				t.Errorf("after %d requests: %+v", len(s.asked), d)
			}
		})
	}
}

// A newer version may demand more of a document than the one that kept it did.
func TestCopiesOfNoUseAreNotConfirmed(t *testing.T) {
	asJSON := func(body []byte) bool { return strings.HasPrefix(string(body), "{") }
	s := newSource(t)
	s.header.Set("ETag", `"1"`)
	s.body = "something older"
	s.kept(t)
	s.body = `{"a":1}`
	if d, err := s.GetUsable(t.Context(), s.url, asJSON); err != nil || string(d.Body) != s.body {
		t.Errorf("a fresh copy of no use: %+v, %v", d, err)
	}
	d, err := s.RenewUsable(t.Context(), s.url, asJSON)
	if err != nil || string(d.Body) != s.body {
		t.Errorf("renewing a copy of no use: %+v, %v", d, err)
	}
	if sent := s.asked[len(s.asked)-1].Get("If-None-Match"); sent != "" {
		t.Errorf("the server was asked to confirm it, by %s", sent)
	}
	if err := s.Keep(d); err != nil {
		t.Fatal(err)
	}
	before := len(s.asked)
	if _, err := s.GetUsable(t.Context(), s.url, asJSON); err != nil || len(s.asked) != before {
		t.Errorf("a fresh copy that is of use took %d requests, %v", len(s.asked)-before, err)
	}
	if _, err := s.RenewUsable(t.Context(), s.url, asJSON); err != nil || s.asked[before].Get("If-None-Match") != `"1"` {
		t.Errorf("a copy that is of use was not confirmed: %v, %v", s.asked[before:], err)
	}
}

func TestRedirectsThatAreNotFollowedAreNamed(t *testing.T) {
	s := newSource(t)
	s.HTTP.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	s.status = http.StatusFound
	for location, want := range map[string]string{"https://wifi.example:8443/log-on?from=x": "wifi.example:8443", "/here": strings.TrimSuffix(s.url, "/doc")[len("http://"):], "": ""} {
		s.header.Set("Location", location)
		if location == "" {
			s.header.Del("Location")
		}
		var status *StatusError
		if _, err := s.Renew(t.Context(), s.url); !errors.As(err, &status) || status.Status != http.StatusFound || status.RedirectHost != want {
			t.Errorf("to %q: %+v", location, err)
		}
	}
	s.status = http.StatusNotFound
	s.header.Set("Location", "https://wifi.example/")
	var status *StatusError
	if _, err := s.Renew(t.Context(), s.url); !errors.As(err, &status) || status.RedirectHost != "" {
		t.Errorf("no redirect: %+v", err)
	}
}

func TestNothingIsKeptUnlessTheCallerSaysSo(t *testing.T) {
	s := newSource(t)
	if _, err := s.Renew(t.Context(), s.url); err != nil {
		t.Fatal(err)
	}
	if _, ok := s.Cached(s.url); ok {
		t.Error("an answer that nobody has checked was kept")
	}
}

func TestSizeIsBounded(t *testing.T) {
	s := newSource(t)
	s.MaxBytes = 10
	s.body = strings.Repeat("x", 10)
	if _, err := s.Renew(t.Context(), s.url); err != nil {
		t.Errorf("at the limit: %v", err)
	}
	s.body += "x"
	var large *TooLargeError
	if _, err := s.Renew(t.Context(), s.url); !errors.As(err, &large) || large.Limit != 10 {
		t.Errorf("over the limit: %v", err)
	}
}

func TestStatusesAreReported(t *testing.T) {
	s := newSource(t)
	s.status = http.StatusServiceUnavailable
	s.header.Set("Retry-After", "120")
	date := s.now.Add(time.Hour)
	s.header.Set("Date", date.Format(http.TimeFormat))
	var status *StatusError
	if _, err := s.Renew(t.Context(), s.url); !errors.As(err, &status) ||
		status.Status != 503 || status.RetryAfter != 2*time.Minute || !status.Date.Equal(date) {
		t.Errorf("err = %+v", err)
	}
}

// A server that says 304 to whoever has nothing must not make an empty document.
func TestNotModifiedWithoutACopyIsAFault(t *testing.T) {
	s := newSource(t)
	s.status, s.body = http.StatusNotModified, ""
	var status *StatusError
	if _, err := s.Renew(t.Context(), s.url); !errors.As(err, &status) || status.Status != http.StatusNotModified {
		t.Errorf("err = %v", err)
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"":                              0,
		"soon":                          0,
		"7":                             7 * time.Second,
		" 7 ":                           7 * time.Second,
		"0":                             0,
		"-7":                            0,
		"1000000":                       24 * time.Hour,
		"Sun, 01 Mar 2026 12:05:00 GMT": 5 * time.Minute,
		"Sun, 01 Mar 2026 11:00:00 GMT": 0,
		"Sun, 01 Mar 2037 12:00:00 GMT": 24 * time.Hour,
	} {
		if got := RetryAfter(http.Header{"Retry-After": {value}}, now); got != want {
			t.Errorf("RetryAfter(%q) = %v, want %v", value, got, want)
		}
	}
}

func TestCheckURL(t *testing.T) {
	for address, insecure := range map[string]bool{
		"http://portal.example/":        true,
		"http://127.0.0.1.example/":     true,
		"http://localhost.example/":     true,
		"http://[::2]/":                 true,
		"http://10.0.0.1/":              true,
		"ftp://127.0.0.1/":              true,
		"https://user:pw@host.example/": false,
		"https://host.example/#part":    false,
		"https:///path":                 false,
		"https:opaque":                  false,
		"host.example":                  false,
		"":                              false,
		"https://host.example/%zz":      false,
	} {
		if _, err := CheckURL(address); err == nil || errors.Is(err, ErrInsecure) != insecure {
			t.Errorf("CheckURL(%q) = %v, want insecure: %v", address, err, insecure)
		}
	}
	for _, address := range []string{
		"https://host.example", "https://host.example:8443/a?b=c", "http://127.0.0.1:80/", "http://127.9.9.9/",
		"http://localhost:1/", "http://LOCALHOST/", "http://[::1]:1/",
	} {
		if _, err := CheckURL(address); err != nil {
			t.Errorf("CheckURL(%q) = %v", address, err)
		}
	}
}

func TestInsecureAddressesAreNotAsked(t *testing.T) {
	s := newSource(t)
	if _, err := s.Renew(t.Context(), "http://portal.example/doc"); !errors.Is(err, ErrInsecure) {
		t.Errorf("err = %v", err)
	}
}

func TestWriteFileReplacesAsAWholeAndForThisUserOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "file")
	contents := []string{strings.Repeat("a", 1<<16), strings.Repeat("b", 1<<16)}
	if err := WriteFile(path, []byte(contents[0])); err != nil {
		t.Fatal(err)
	}
	var writing sync.WaitGroup
	for _, c := range contents {
		writing.Go(func() {
			for range 20 {
				if err := WriteFile(path, []byte(c)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 200 {
		if got, err := os.ReadFile(path); err != nil || string(got) != contents[0] && string(got) != contents[1] {
			t.Fatalf("read %d bytes of a mixture, %v", len(got), err)
		}
	}
	writing.Wait()
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if runtime.GOOS == "windows" {
		return // its permissions are inherited from the profile
	}
	for path, want := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): 0o700} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s is %v, want %v (%v)", path, info.Mode().Perm(), want, err)
		}
	}
}

func TestWriteFileThatFailsLeavesTheOldContent(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	if err := os.MkdirAll(filepath.Join(path, "full"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(path, []byte("x")); err == nil {
		t.Error("a directory was replaced")
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}
