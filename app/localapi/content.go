package localapi

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync/atomic"
)

// lengthHeader is the Size of a [Content], if known.
const lengthHeader = "Portico-Length"

// Content is something long on its way between the programs, such as a file. It is never
// whole in memory: it gets on as it is read.
type Content struct {
	// Size is its length in bytes, -1 if nobody knows that before its end.
	Size int64
	// Body gives io.EOF at the end of the whole content only: a broken connection, or an
	// ended program, is another error. A call closes a Content given to it, at its end;
	// the asker closes one that comes as an answer. It lives no longer than the context
	// of the call.
	Body io.ReadCloser
}

// Bytes is a content in memory.
func Bytes(b []byte) Content {
	return Content{Size: int64(len(b)), Body: io.NopCloser(bytes.NewReader(b))}
}

// Told is the same content with a reader that tells how many bytes have got through so
// far, in the goroutine of the reading.
func (c Content) Told(tell func(done int64)) Content {
	c.Body = &told{ReadCloser: c.Body, tell: tell}
	return c
}

type told struct {
	io.ReadCloser
	done int64
	tell func(int64)
}

func (t *told) Read(p []byte) (int, error) {
	n, err := t.ReadCloser.Read(p)
	if n > 0 {
		t.done += int64(n)
		t.tell(t.done)
	}
	return n, err
}

// whole reads a content of at most limit bytes, and closes it.
func (c Content) whole(limit int64) ([]byte, error) {
	defer func() { _ = c.Body.Close() }()
	b, err := io.ReadAll(io.LimitReader(c.Body, limit+1))
	switch {
	case err != nil:
		return nil, err
	case int64(len(b)) > limit:
		return nil, strange("a content without end", nil)
	}
	return b, nil
}

// measured holds a content to its stated size, and remembers why it could not be read.
type measured struct {
	io.Reader
	size, got int64
	// failed is read by other goroutines than the content's.
	failed atomic.Pointer[error]
}

// why is why the content could not be read, nil for no trouble.
func (m *measured) why() error {
	if err := m.failed.Load(); err != nil {
		return *err
	}
	return nil
}

func (m *measured) Read(p []byte) (int, error) {
	if err := m.why(); err != nil {
		return 0, err
	}
	n, err := m.Reader.Read(p)
	m.got += int64(n)
	switch {
	case m.size < 0:
	case m.got > m.size:
		n -= int(m.got - m.size)
		err = fmt.Errorf("more than the %d bytes that were to come: %w", m.size, io.ErrUnexpectedEOF)
	case err == io.EOF && m.got < m.size:
		err = fmt.Errorf("%d of the %d bytes that were to come: %w", m.got, m.size, io.ErrUnexpectedEOF)
	}
	if err != nil && err != io.EOF {
		m.failed.Store(&err)
	}
	return n, err
}

// length is the size in a header, -1 for none.
func length(header http.Header) int64 {
	size, err := strconv.ParseInt(header.Get(lengthHeader), 10, 64)
	if err != nil || size < 0 {
		return -1
	}
	return size
}
