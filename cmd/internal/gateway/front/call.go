package front

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/portico-desktop/portico/app/portal/api"
	"github.com/portico-desktop/portico/cmd/internal/gateway/desk"
)

// call is one request of a person.
type call struct {
	f     *Front
	w     *writer
	r     *http.Request
	id    string // Request-Id
	given string // the same if it is the client's
	who   *desk.Person
	ids   []string // of the path, in order
	from  time.Time
}

// writer remembers for log and metrics how a request was answered.
type writer struct {
	http.ResponseWriter
	route     string
	status    int
	bytes     int64
	parked    bool
	abandoned bool
}

func (w *writer) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *writer) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// ReadFrom has the kernel send files.
func (w *writer) ReadFrom(r io.Reader) (int64, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := io.Copy(w.ResponseWriter, r)
	w.bytes += n
	return n, err
}

// Unwrap is for [http.ResponseController].
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// query is a parameter of the query, once. A second one is a mistake, or an attempt to
// have two programs read two different values.
func (c *call) query(name string, most int) (string, error) {
	values := c.r.URL.Query()[name]
	switch {
	case len(values) == 0:
		return "", nil
	case len(values) > 1:
		return "", badRequest("The parameter %s is there twice.", name)
	case len(values[0]) > most:
		return "", badRequest("The parameter %s may have %d bytes at most.", name, most)
	}
	return values[0], nil
}

// number is a number in the query, or a default.
func (c *call) number(name string, otherwise, most int) (int, error) {
	text, err := c.query(name, 20)
	if err != nil || text == "" {
		return otherwise, err
	}
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil || n == 0 || n > uint64(most) {
		return 0, badRequest("The parameter %s has to be a number from 1 to %d.", name, most)
	}
	return int(n), nil
}

// body reads a JSON document, strictly.
func (c *call) body() ([]byte, error) {
	if kind, parameters, err := mime.ParseMediaType(c.r.Header.Get("Content-Type")); err != nil || kind != "application/json" ||
		parameters["charset"] != "" && parameters["charset"] != "utf-8" && parameters["charset"] != "UTF-8" {
		return nil, problem(http.StatusUnsupportedMediaType, api.WrongType, "The body has to be application/json.")
	}
	if coding := c.r.Header.Get("Content-Encoding"); coding != "" && coding != "identity" {
		return nil, problem(http.StatusUnsupportedMediaType, api.WrongType, "The body must not be compressed.")
	}
	if c.r.ContentLength > maxBody {
		return nil, tooLarge(maxBody)
	}
	var b bytes.Buffer
	if c.r.ContentLength > 0 {
		// No more than a little for what is only said.
		b.Grow(int(min(c.r.ContentLength, 16<<10)) + bytes.MinRead)
	}
	if _, err := b.ReadFrom(http.MaxBytesReader(c.w, c.r.Body, maxBody)); err != nil {
		return nil, &brokenBody{err}
	}
	return b.Bytes(), nil
}

// write reads the parts of a change that all changes have, and its body into into, unless
// that is nil. A PUT may come without a key.
func (c *call) write(into any) (desk.Write, error) {
	var w desk.Write
	keys := c.r.Header.Values(api.HeaderIdempotencyKey)
	switch {
	case len(keys) == 1:
		key, err := uuid.Parse(keys[0])
		if err != nil || key.Version() != 7 || len(keys[0]) != 36 {
			return w, badRequest("The Idempotency-Key has to be a UUID of version 7.")
		}
		w.Key = key
	case len(keys) > 1:
		return w, badRequest("There are two Idempotency-Keys.")
	case c.r.Method != http.MethodPut:
		return w, badRequest("The Idempotency-Key is missing.")
	}
	version, ok := ifMatch(c.r.Header)
	if !ok {
		return w, badRequest("If-Match has to be one version, in quotes.")
	}
	w.IfMatch = version
	var raw []byte
	if into != nil {
		var err error
		if raw, err = c.body(); err != nil {
			return w, err
		}
		if err := decode(raw, into); err != nil {
			return w, err
		}
	} else if n, err := io.ReadFull(c.r.Body, make([]byte, 1)); n > 0 {
		return w, badRequest("This request has no body.")
	} else if !errors.Is(err, io.EOF) {
		return w, &brokenBody{err}
	}
	w.Hash = hash(c.r.Method, c.r.URL.EscapedPath(), version, raw)
	return w, nil
}

// writeFrom is write for a change that has to name the version it goes out from.
func (c *call) writeFrom(into any) (desk.Write, error) {
	w, err := c.write(into)
	if err == nil && w.IfMatch == "" {
		err = problem(http.StatusPreconditionRequired, api.MatchRequired, "If-Match is missing: the version that the change goes out from.")
	}
	return w, err
}

// answer answers with the desk's result.
func (c *call) answer(a desk.Answer, err error) error {
	if err != nil {
		return err
	}
	return c.send(a, "no-store")
}

// cached answers a GET with an entity tag: the version, or the body's digest.
func (c *call) cached(a desk.Answer, err error, control string) error {
	if err != nil {
		return err
	}
	c.w.Header().Set("Vary", "Authorization")
	return c.send(a, control)
}

func (c *call) send(a desk.Answer, control string) error {
	h := c.w.Header()
	h.Set("Cache-Control", control)
	if a.Status == 0 {
		a.Status = http.StatusOK
	}
	var raw []byte
	if a.Body != nil {
		var err error
		if raw, err = json.Marshal(a.Body); err != nil {
			return err
		}
		if a.ETag == "" && control != "no-store" {
			sum := sha256.Sum256(raw)
			a.ETag = digestOf(sum[:])
		}
	}
	if a.ETag != "" {
		h.Set("ETag", etag(a.ETag))
		if c.r.Method != http.MethodPost && c.r.Method != http.MethodPut && a.Status == http.StatusOK && noneMatch(c.r.Header, a.ETag) {
			c.w.WriteHeader(http.StatusNotModified)
			return nil
		}
	}
	if raw == nil {
		c.w.WriteHeader(a.Status)
		return nil
	}
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(raw)))
	c.w.WriteHeader(a.Status)
	_, err := c.w.Write(raw)
	return err
}

// busy asks a client to come again.
func (c *call) busy(status int, wait time.Duration) *api.Problem {
	told := problem(status, api.Unavailable, "")
	if status == http.StatusTooManyRequests {
		told.Code = api.TooMany
	}
	told.RetryAfter = int(max(1, (wait+time.Second-1)/time.Second))
	return told
}
