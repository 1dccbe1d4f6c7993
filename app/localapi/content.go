package localapi

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

const (
	// lengthHeader is the Size of a [Content], where it is known.
	lengthHeader = "Portico-Length"
	// problemTrailer says why a [Content] could not be brought to its end. Where it is
	// not there, the end of the body is the end of the content.
	problemTrailer = "Portico-Problem"
	// maxTrailer bounds it; net/http reads trailers of 4 KiB.
	maxTrailer = 3 << 10
)

// Content is something long on its way between the programs, such as a file. It is never
// whole in memory: it gets on as it is read.
type Content struct {
	// Size is its length in bytes, -1 where nobody knows that before its end.
	Size int64
	// Body gives io.EOF at the end of the whole content only: a connection that breaks, or
	// a program that ends, is another error. A call that is given a Content closes it, at
	// its end; one that comes as an answer is closed by who has asked for it. It lives no
	// longer than the context of the call.
	Body io.ReadCloser
}

// Bytes is a content that is in memory.
func Bytes(b []byte) Content {
	return Content{Size: int64(len(b)), Body: io.NopCloser(bytes.NewReader(b))}
}

// Told is the same content, whose reader tells how many bytes have got through so far,
// in the goroutine that reads.
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

// measured holds a content to the size that was said, and remembers why it could not
// be read.
type measured struct {
	io.Reader
	size, got int64
	err       error
}

func (m *measured) Read(p []byte) (int, error) {
	n, err := m.Reader.Read(p)
	m.got += int64(n)
	switch {
	case m.size >= 0 && m.got > m.size, err == io.EOF && m.size >= 0 && m.got < m.size:
		err = fmt.Errorf("%d bytes were to come, and %d have: %w", m.size, m.got, io.ErrUnexpectedEOF)
	}
	if err != nil && err != io.EOF {
		m.err = err
	}
	return n, err
}

// download is a call that is answered with a content.
type download[In any] string

func (d download[In]) do(ctx context.Context, c *Client, in In) (Content, error) {
	body, err := encode(in)
	if err != nil {
		return Content{}, err
	}
	a, err := c.send(ctx, question{
		method: http.MethodPost, path: string(d), kind: typeJSON, body: bytes.NewReader(body), accepts: typeBytes, lasting: true,
	})
	if err != nil {
		return Content{}, err
	}
	size := length(a.Header)
	return Content{Size: size, Body: &arriving{answer: a, measured: measured{Reader: a.Body, size: size}}}, nil
}

// length is the size that a header tells, -1 for none.
func length(header http.Header) int64 {
	size, err := strconv.ParseInt(header.Get(lengthHeader), 10, 64)
	if err != nil || size < 0 {
		return -1
	}
	return size
}

// arriving is the body of a content that the agent sends.
type arriving struct {
	*answer
	measured measured
	ended    error
}

func (a *arriving) Read(p []byte) (int, error) {
	if a.ended != nil {
		return 0, a.ended
	}
	n, err := a.measured.Read(p)
	if err != nil {
		a.ended = a.end(err)
	}
	return n, a.ended
}

func (a *arriving) end(err error) error {
	said := a.Trailer.Get(problemTrailer)
	if said == "" {
		if err == io.EOF {
			return io.EOF
		}
		return a.failed(err)
	}
	var doc problemDocument
	if json.Unmarshal([]byte(said), &doc) != nil || doc.Problem.Code == "" {
		return strange("half a content, and no reason", nil)
	}
	return a.failed(&doc.Problem)
}

func (a *arriving) Close() error {
	a.done()
	return nil
}

func (d download[In]) serve(do func(context.Context, In) (Content, error)) route {
	return route{method: http.MethodPost, path: string(d), serve: func(x exchange) {
		var in In
		if err := x.read(&in); err != nil {
			x.fail(err)
			return
		}
		content, err := do(x.Context(), in)
		if err != nil {
			x.fail(err)
			return
		}
		x.send(content)
	}}
}

// send answers with a content. Chunks tell its end from the end of the connection, and
// leave room for a reason where it breaks off.
func (x exchange) send(c Content) {
	defer func() { _ = c.Body.Close() }()
	conn := http.NewResponseController(x.w)
	// Whoever reads may take their time, but not when the agent ends.
	stop := context.AfterFunc(x.Context(), func() { _ = conn.SetWriteDeadline(time.Now().Add(farewell)) })
	defer stop()
	header := x.w.Header()
	header.Set("Content-Type", typeBytes)
	header.Set("Trailer", problemTrailer)
	if c.Size >= 0 {
		header.Set(lengthHeader, strconv.FormatInt(c.Size, 10))
	}
	source := &measured{Reader: c.Body, size: c.Size}
	_, err := io.Copy(x.w, source)
	if err != nil && source.err != nil {
		header.Set(problemTrailer, trailer(document(x.why(source.err))))
	}
}

// trailer is a problem document, without its details where they are too long.
func trailer(doc problemDocument) string {
	body, err := json.Marshal(doc)
	if err != nil || len(body) > maxTrailer {
		body, _ = json.Marshal(problemDocument{Type: doc.Type, Title: doc.Title, Status: doc.Status, Problem: Problem{Code: doc.Problem.Code}})
	}
	return string(body)
}
