package api

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"
)

// Upload is a file to send.
type Upload struct {
	// ID is a UUID made for this file.
	ID string
	// Name is shown to people.
	Name string
	// Content has the bytes, and Size is their number, 1 at least. It is read in small pieces, each
	// several times at most.
	Content io.ReaderAt
	Size    int64
	// Progress is told how many bytes the portal may have by now. It can fall after a broken connection.
	Progress func(sent int64)
}

// mostTries is how often a transfer is tried again that does not get on.
const mostTries = 8

// ErrDigest says that a file has not arrived as it was sent.
var ErrDigest = errors.New("the file has another digest")

// errStill is for a transfer without a byte in patience.
var errStill = errors.New("no byte in 30 seconds")

// Upload sends a file. After a broken connection it asks how much the portal has, and sends the rest. It gives
// up after eight failures in a row without progress.
//
// Problems among others: [TooLarge], [WrongType], [AttachmentConflict].
func (c *Client) Upload(ctx context.Context, u Upload) (File, error) {
	sum := sha256.New()
	if n, err := io.Copy(sum, io.NewSectionReader(u.Content, 0, u.Size)); err != nil || n != u.Size || n == 0 {
		return File{}, fmt.Errorf("read the file to send: %d bytes of %d: %w", n, u.Size, errors.Join(err, io.ErrUnexpectedEOF))
	}
	s := &sending{Client: c, Upload: u, digest: digestField(sum.Sum(nil))}
	p := pauses{jitter: c.Jitter}
	for {
		before := s.begin
		file, err := s.part(ctx)
		var told *Problem
		switch {
		case err == nil:
			return file, nil
		case ctx.Err() != nil:
			return File{}, context.Cause(ctx)
		case errors.As(err, &told) && told.Code == Incomplete && told.Offset != nil:
			if *told.Offset < 0 || *told.Offset >= u.Size {
				return File{}, fmt.Errorf("%w: of %d bytes it has %d", ErrNotPortal, u.Size, *told.Offset)
			}
			if s.begin, s.asking = *told.Offset, false; s.begin > before {
				p.tries = 0
			}
			if p.tries == 0 {
				continue
			}
		case !passing(err):
			return File{}, err
		default:
			s.asking = true
		}
		if p.tries >= mostTries {
			return File{}, err
		}
		wait, _ := p.after(err)
		if err := sleep(ctx, wait); err != nil {
			return File{}, err
		}
	}
}

// digestField is a SHA-256 as a field (RFC 9530, section 2).
func digestField(sum []byte) string {
	return "sha-256=:" + base64.StdEncoding.EncodeToString(sum) + ":"
}

// sending is an upload under way.
type sending struct {
	*Client
	Upload
	digest string
	// begin is how much the portal has; asking: that is to be asked first.
	begin  int64
	asking bool
}

// part sends the bytes from begin on, or asks for their number.
func (s *sending) part(ctx context.Context) (File, error) {
	ctx, still := watch(ctx)
	defer still.Stop()
	req, err := s.request(ctx, ask{method: http.MethodPut, path: []string{"attachments", s.ID}})
	if err != nil {
		return File{}, err
	}
	if name := mime.FormatMediaType("attachment", map[string]string{"filename": s.Name}); name != "" {
		req.Header.Set("Content-Disposition", name)
	}
	req.Header.Set("Repr-Digest", s.digest)
	total := strconv.FormatInt(s.Size, 10)
	switch {
	case s.asking:
		req.Header.Set("Content-Range", "bytes */"+total)
		req.Body, req.ContentLength = http.NoBody, 0
	case s.begin > 0:
		req.Header.Set("Content-Range", "bytes "+strconv.FormatInt(s.begin, 10)+"-"+strconv.FormatInt(s.Size-1, 10)+"/"+total)
	default:
		req.Header.Set("Content-Digest", s.digest)
	}
	if !s.asking {
		req.Header.Set("Content-Type", "application/octet-stream")
		req.ContentLength = s.Size - s.begin
		req.GetBody = func() (io.ReadCloser, error) {
			return &moving{r: io.NewSectionReader(s.Content, s.begin, s.Size-s.begin), at: s.begin, still: still, told: s.Progress}, nil
		}
		if req.Body, err = req.GetBody(); err != nil {
			return File{}, err
		}
	}
	res, err := s.send(req, false)
	if err != nil {
		return File{}, still.explain(err)
	}
	var file File
	if res.StatusCode == http.StatusAccepted {
		res.Body.Close()
		return File{}, fmt.Errorf("%w: it waits for more than the whole file", ErrNotPortal)
	}
	if err := read(res, &file); err != nil {
		return File{}, still.explain(err)
	}
	return file, nil
}

// stillness ends a transfer without a byte in patience.
type stillness struct {
	timer  *time.Timer
	cancel context.CancelFunc
	struck atomic.Bool
}

func watch(ctx context.Context) (context.Context, *stillness) {
	ctx, cancel := context.WithCancel(ctx)
	s := &stillness{cancel: cancel}
	s.timer = time.AfterFunc(patience, func() {
		s.struck.Store(true)
		cancel()
	})
	return ctx, s
}

func (s *stillness) moved() {
	if !s.struck.Load() {
		s.timer.Reset(patience)
	}
}

// Stop ends the watch and its context.
func (s *stillness) Stop() {
	s.timer.Stop()
	s.cancel()
}

func (s *stillness) explain(err error) error {
	if err != nil && s.struck.Load() {
		return fmt.Errorf("%w: %w", errStill, err)
	}
	return err
}

// moving reads a file and tells of it.
type moving struct {
	r     io.Reader
	at    int64
	still *stillness
	told  func(int64)
}

func (m *moving) Read(b []byte) (int, error) {
	n, err := m.r.Read(b)
	if n > 0 {
		m.still.moved()
		if m.at += int64(n); m.told != nil {
			m.told(m.at)
		}
	}
	return n, err
}

func (m *moving) Close() error { return nil }
