package front

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/portico-desktop/portico/app/portal/api"
	"github.com/portico-desktop/portico/cmd/internal/gateway/attachments"
)

const (
	// A file in motion has to go at this rate, after a first moment, or is cut.
	slowest      = 2 << 10 // bytes a second
	firstMoments = 30 * time.Second
)

// attach takes a file in, as it comes.
func (f *Front) attach(c *call) error {
	id, err := uuid.Parse(c.ids[0])
	if err != nil || len(c.ids[0]) != 36 {
		return notFound()
	}
	if c.r.ContentLength < 0 {
		return problem(http.StatusLengthRequired, api.LengthRequired, "The Content-Length is missing.")
	}
	if coding := c.r.Header.Get("Content-Encoding"); coding != "" && coding != "identity" {
		return problem(http.StatusUnsupportedMediaType, api.WrongType, "The body must not be compressed.")
	}
	u := attachments.Upload{Length: c.r.ContentLength}
	if u.Range, err = attachments.ParseRange(c.r.Header.Get("Content-Range"), u.Length); err != nil {
		return badRequest("Content-Range: %s.", err)
	}
	if u.Content, err = attachments.ParseDigest(c.r.Header.Get("Content-Digest")); err != nil {
		return badRequest("Content-Digest: %s.", err)
	}
	if u.Whole, err = attachments.ParseDigest(c.r.Header.Get("Repr-Digest")); err != nil {
		return badRequest("Repr-Digest: %s.", err)
	}
	name, err := fileName(c.r.Header.Get("Content-Disposition"))
	if err != nil {
		return err
	}
	control := http.NewResponseController(c.w)
	if err := errors.Join(control.SetReadDeadline(time.Now().Add(firstMoments)), control.SetWriteDeadline(time.Time{})); err != nil {
		return err
	}
	body := &moving{Reader: c.r.Body, began: time.Now(), deadline: control.SetReadDeadline}
	u.Body = body
	a, err := f.Desk.Attach(c.r.Context(), c.who, id, name, u)
	if err != nil && body.broken != nil {
		err = body.broken
	}
	if e := control.SetWriteDeadline(time.Now().Add(writeTimeout)); e != nil {
		return e
	}
	return c.answer(a, err)
}

// fileName is the name in a Content-Disposition (RFC 6266); "" for none.
func fileName(header string) (string, error) {
	if header == "" {
		return "", nil
	}
	_, parameters, err := mime.ParseMediaType(header)
	if err != nil {
		return "", badRequest("Content-Disposition cannot be read.")
	}
	return parameters["filename"], nil
}

// moving is a body that has to keep moving: its deadline goes on with each byte.
type moving struct {
	io.Reader
	began    time.Time
	n        int64
	broken   error
	deadline func(time.Time) error
}

func (m *moving) Read(p []byte) (int, error) {
	n, err := m.Reader.Read(p)
	m.n += int64(n)
	if n > 0 && err == nil {
		err = m.deadline(m.began.Add(firstMoments + time.Duration(m.n)*time.Second/slowest))
	}
	if err != nil && !errors.Is(err, io.EOF) {
		m.broken = &brokenBody{err}
	}
	return n, err
}

// file sends a file, or a part of it. It is never shown in a browser.
func (f *Front) file(c *call) error {
	file, err := f.Desk.File(c.r.Context(), c.who, c.ids[0])
	if err != nil {
		return err
	}
	defer file.Close()
	h := c.w.Header()
	h.Set("Content-Type", "application/octet-stream")
	if kind, _, err := mime.ParseMediaType(file.Type); err == nil {
		h.Set("Content-Type", kind)
	}
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": file.Name}))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", "private, max-age=31536000, immutable")
	h.Set("Vary", "Authorization")
	h.Set("ETag", etag(c.ids[0]))
	if file.Digest != "" {
		h.Set("Repr-Digest", file.Digest)
	}
	c.r.Header.Del("If-Match") // reading depends on no version
	if strings.Contains(c.r.Header.Get("Range"), ",") {
		c.r.Header.Del("Range") // several parts in one answer: RFC 9110 allows to send the whole
	}
	if err := http.NewResponseController(c.w).SetWriteDeadline(time.Now().Add(firstMoments + time.Duration(file.Size)*time.Second/slowest)); err != nil {
		return fmt.Errorf("sending an attachment: %w", err)
	}
	http.ServeContent(&textToProblem{ResponseWriter: c.w}, c.r, "", time.Time{}, file)
	return nil
}
