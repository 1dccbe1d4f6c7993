// Package fetch reads small public documents over HTTP and keeps the last good
// copy on disk.
//
// It exists for documents needed at every start and rarely changed: a provider's
// metadata and keys, a portal's manifest. Conditional requests (RFC 9110, section 13)
// and max-age (RFC 9111, section 5.2.2) keep the network quiet; a limit on size and a
// bound on age keep the answers sane. It must not be used for anything secret: copies
// lie on disk as plain files.
package fetch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/portico-desktop/portico/auth/network"
	"github.com/portico-desktop/portico/auth/plain"
)

// Defaults of a [Getter].
const (
	DefaultMaxBytes = 1 << 20
	DefaultFresh    = 24 * time.Hour
	MaxFresh        = 24 * time.Hour
)

// Getter fetches documents. Its methods are safe for concurrent use, by several
// processes over one Dir as well.
type Getter struct {
	// HTTP makes the requests. Nil means http.DefaultClient, which follows redirects,
	// with the User-Agent of network.Options. A time limit is the caller's business:
	// give a client that has one.
	HTTP *http.Client
	// Redirects is how many redirects within one origin (RFC 6454, section 4) are
	// followed, by a client that follows none itself. 0, the default, means none. A
	// redirect to another origin is a *[StatusError].
	Redirects int
	// Dir is the folder of copies, created when needed. "" keeps none.
	Dir string
	// MaxBytes bounds a document. 0 means DefaultMaxBytes.
	MaxBytes int64
	// Fresh is how long a copy counts as fresh when the server says nothing,
	// at most MaxFresh. 0 means DefaultFresh.
	Fresh time.Duration
	// Now is the clock. Nil means time.Now.
	Now func() time.Time
	// Answered is told the host of each answer, and its header. Nil means nobody is.
	Answered func(host string, h http.Header)
}

// Document is one document as it was last fetched.
type Document struct {
	URL         string    `json:"url"`
	ETag        string    `json:"etag,omitempty"`
	ContentType string    `json:"content_type,omitempty"`
	Fetched     time.Time `json:"fetched"` // last fetched or confirmed
	Expires     time.Time `json:"expires"` // fresh until then
	Body        []byte    `json:"body"`
}

// StatusError is an answer other than 200 or 304.
type StatusError struct {
	URL    string
	Status int
	// RetryAfter is the server's wish (RFC 9110, section 10.2.3), 0 for none.
	RetryAfter time.Duration
	// Date is the server's clock, zero if it did not say.
	Date time.Time
	// RedirectHost is the target host of a redirect that was not followed, "" if the
	// answer is none.
	RedirectHost string
}

func (e *StatusError) Error() string { return fmt.Sprintf("GET %s: status %d", e.URL, e.Status) }

// TooLargeError is an answer over the limit.
type TooLargeError struct {
	URL   string
	Limit int64
	// Beginning is the beginning of the answer, at most 512 bytes, to tell its kind.
	Beginning []byte
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("GET %s: the answer is larger than %d bytes", e.URL, e.Limit)
}

// ErrInsecure is returned for addresses that are neither https nor loopback.
var ErrInsecure = errors.New("only https is allowed, except on this computer itself")

// CheckURL parses an address and requires https, or http to a loopback host, a host,
// and neither user information nor a fragment. Hosts that are off limits (see
// [network.OffLimits]) are none. The returned URL is ASCII alone; see [ASCII].
func CheckURL(address string) (*url.URL, error) {
	shown := plain.Text(address, maxShownAddress)
	plainly, err := plain.Address(address)
	if err != nil {
		return nil, fmt.Errorf("%q is not an address", shown)
	}
	u, err := url.Parse(plainly)
	if err != nil {
		return nil, fmt.Errorf("%q is not an address", shown)
	}
	if u.Host == "" || u.User != nil || u.Fragment != "" {
		return nil, fmt.Errorf("%q is not an address of a web server", shown)
	}
	if network.OffLimits(u.Hostname()) {
		return nil, fmt.Errorf("%q: %w", shown, network.ErrOffLimits)
	}
	if u.Scheme == "https" || u.Scheme == "http" && IsLoopback(u.Hostname()) {
		return u, nil
	}
	return nil, fmt.Errorf("%q: %w", shown, ErrInsecure)
}

// CheckFrom is CheckURL for an address named by another one, in its content or by a
// redirect: https leads to https only. A portal or provider on the internet would have
// this computer ask its own programs otherwise. from may be anything, as the name of a
// file; only https counts.
func CheckFrom(from, address string) (*url.URL, error) {
	u, err := CheckURL(address)
	if err == nil && u.Scheme != "https" && strings.HasPrefix(strings.ToLower(from), "https:") {
		return nil, fmt.Errorf("%q: %w, where it is named", u, ErrInsecure)
	}
	return u, err
}

// IsLoopback is true if host names this computer (RFC 8252, section 7.3, and RFC 6761,
// section 6.3).
func IsLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// Get returns the fresh copy if there is one, and asks the server otherwise.
func (g *Getter) Get(ctx context.Context, address string) (*Document, error) {
	return g.GetUsable(ctx, address, nil)
}

// GetUsable is Get for a caller with new demands since the copy was kept: a copy that
// is not usable does not count. Nil finds every copy usable.
func (g *Getter) GetUsable(ctx context.Context, address string, usable func(body []byte) bool) (*Document, error) {
	if d, ok := g.Cached(address); ok && g.IsFresh(d) && (usable == nil || usable(d.Body)) {
		return d, nil
	}
	return g.RenewUsable(ctx, address, usable)
}

// Cached returns the copy on disk, however old, if there is one.
func (g *Getter) Cached(address string) (*Document, bool) {
	if g.Dir == "" {
		return nil, false
	}
	raw, err := ReadFile(g.path(address))
	if err != nil {
		return nil, false
	}
	var d Document
	if json.Unmarshal(raw, &d) != nil || d.URL != address || d.Fetched.After(g.now().Add(time.Hour)) {
		return nil, false
	}
	// Whatever wrote the file: nothing is fresh for longer than the limit.
	if most := d.Fetched.Add(MaxFresh); d.Expires.After(most) {
		d.Expires = most
	}
	return &d, true
}

// Copies are all copies on disk, however old.
func (g *Getter) Copies() []*Document {
	if g.Dir == "" {
		return nil
	}
	entries, err := os.ReadDir(g.Dir)
	if err != nil {
		return nil
	}
	var all []*Document
	for _, entry := range entries {
		file := filepath.Join(g.Dir, entry.Name())
		raw, err := ReadFile(file)
		var d Document
		if err != nil || json.Unmarshal(raw, &d) != nil || g.path(d.URL) != file {
			continue // it is something else
		}
		if kept, ok := g.Cached(d.URL); ok {
			all = append(all, kept)
		}
	}
	return all
}

// IsFresh is true if a copy need not be confirmed yet.
func (g *Getter) IsFresh(d *Document) bool { return g.now().Before(d.Expires) }

// Renew asks the server, conditionally when there is a copy. The caller checks the
// returned document and calls Keep for a good one, also for a copy merely confirmed by
// the server.
func (g *Getter) Renew(ctx context.Context, address string) (*Document, error) {
	return g.RenewUsable(ctx, address, nil)
}

// RenewUsable is Renew for a caller with new demands since the copy was kept. For a
// copy that is not usable the server is asked for the whole document, since it would
// confirm the copy for ever.
func (g *Getter) RenewUsable(ctx context.Context, address string, usable func(body []byte) bool) (*Document, error) {
	shown, err := ASCII(address)
	if err != nil {
		return nil, err
	}
	old, haveOld := g.Cached(address)
	haveOld = haveOld && (usable == nil || usable(old.Body))
	header := http.Header{"Accept": {"application/json, */*;q=0.1"}}
	if g.HTTP == nil {
		header.Set("User-Agent", network.UserAgent(""))
	}
	if haveOld && old.ETag != "" {
		header.Set("If-None-Match", old.ETag)
	}
	resp, err := g.ask(ctx, address, header)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()

	now := g.now()
	if resp.StatusCode == http.StatusNotModified && haveOld {
		old.Fetched, old.Expires = now, now.Add(g.freshness(resp.Header))
		return old, nil
	}
	// A proxy that has looked at the answer says so by 203 (RFC 9110, section 15.3.4).
	if resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusNonAuthoritativeInfo {
		date, _ := http.ParseTime(resp.Header.Get("Date"))
		e := &StatusError{URL: shown, Status: resp.StatusCode, RetryAfter: RetryAfter(resp.Header, now), Date: date}
		if to, err := resp.Location(); err == nil && resp.StatusCode < 400 {
			e.RedirectHost = Host(to)
		}
		return nil, e
	}
	limit := g.MaxBytes
	if limit == 0 {
		limit = DefaultMaxBytes
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err != nil {
		return nil, fmt.Errorf("reading the answer: %w", err)
	}
	if int64(len(body)) > limit {
		return nil, &TooLargeError{URL: shown, Limit: limit, Beginning: body[:min(len(body), 512)]}
	}
	d := &Document{
		URL: address, ETag: resp.Header.Get("ETag"), ContentType: resp.Header.Get("Content-Type"),
		Fetched: now, Expires: now.Add(g.freshness(resp.Header)), Body: body,
	}
	return d, nil
}

// ask makes the request, and follows redirects within the address' origin.
func (g *Getter) ask(ctx context.Context, address string, header http.Header) (*http.Response, error) {
	for followed := 0; ; followed++ {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return nil, err
		}
		req.Header = header.Clone()
		resp, err := g.client().Do(req)
		if err == nil && g.Answered != nil {
			g.Answered(req.URL.Host, resp.Header)
		}
		if err != nil || followed == g.Redirects {
			return resp, err
		}
		to, ok := withinOrigin(req.URL, resp)
		if !ok {
			return resp, nil
		}
		resp.Body.Close()
		address = to
	}
}

// withinOrigin is the target of a redirect, if it stays within the origin.
func withinOrigin(asked *url.URL, resp *http.Response) (address string, ok bool) {
	switch resp.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return "", false
	}
	to, err := asked.Parse(resp.Header.Get("Location"))
	if err != nil || resp.Header.Get("Location") == "" || !SameOrigin(to, asked) {
		return "", false
	}
	to.Fragment, to.RawFragment = "", ""
	_, err = CheckURL(to.String())
	return to.String(), err == nil
}

// SameOrigin compares the scheme, host and port of two addresses (RFC 6454, section 5).
func SameOrigin(a, b *url.URL) bool {
	return a.Host != "" && strings.EqualFold(a.Scheme, b.Scheme) && hostAndPort(a) == hostAndPort(b)
}

func hostAndPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[strings.ToLower(u.Scheme)]
	}
	return net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}

// Keep writes a document, found good by the caller, to disk.
func (g *Getter) Keep(d *Document) error {
	if g.Dir == "" {
		return nil
	}
	raw, err := json.Marshal(d)
	if err != nil {
		return err
	}
	return WriteFile(g.path(d.URL), raw)
}

func (g *Getter) path(address string) string {
	sum := sha256.Sum256([]byte(address))
	return filepath.Join(g.Dir, hex.EncodeToString(sum[:16])+".json")
}

func (g *Getter) client() *http.Client {
	if g.HTTP == nil {
		return http.DefaultClient
	}
	return g.HTTP
}

func (g *Getter) now() time.Time {
	if g.Now == nil {
		return time.Now()
	}
	return g.Now()
}

// freshness reads max-age, no-cache and no-store. The last two mean that a copy is
// never fresh. It is kept all the same, for the time without a network.
func (g *Getter) freshness(h http.Header) time.Duration {
	fresh := g.Fresh
	if fresh == 0 {
		fresh = DefaultFresh
	}
	for _, directive := range strings.Split(strings.Join(h.Values("Cache-Control"), ","), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
		switch strings.ToLower(name) {
		case "no-store", "no-cache":
			return 0 // whatever else is said
		case "max-age":
			if s, err := strconv.ParseInt(strings.Trim(value, `"`), 10, 64); err == nil && s >= 0 {
				fresh = time.Duration(min(s, int64(MaxFresh/time.Second))) * time.Second
			}
		}
	}
	return min(fresh, MaxFresh)
}

// RetryAfter reads the header Retry-After, in either of its forms, 0 if there is none
// or it lies in the past.
func RetryAfter(h http.Header, now time.Time) time.Duration {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if s, err := strconv.Atoi(v); err == nil && s > 0 {
		return time.Duration(min(s, 86400)) * time.Second
	}
	if t, err := http.ParseTime(v); err == nil && t.After(now) {
		return min(t.Sub(now), 24*time.Hour)
	}
	return 0
}

// ReadFile reads a file that WriteFile has written. Anything but a file has no content:
// a named pipe would be waited for without end.
func ReadFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &os.PathError{Op: "read", Path: path, Err: errors.New("it is not a file")}
	}
	return os.ReadFile(path)
}

// WriteFile replaces a file as a whole, readable by this user only: whoever
// reads it sees the old or the new content, never a part.
func WriteFile(path string, content []byte) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(dir, "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) // gone already after the rename
	if _, err := tmp.Write(content); err != nil {
		tmp.Close()
		return err
	}
	if err := tmp.Sync(); err != nil {
		tmp.Close()
		return err
	}
	if err := tmp.Close(); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}
