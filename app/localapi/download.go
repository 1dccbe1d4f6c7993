package localapi

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"time"
)

const (
	// problemTrailer says why a [Content] could not be brought to its end. Without it,
	// the end of the body is the end of the content.
	problemTrailer = "Portico-Problem"
	// maxTrailer bounds it; net/http reads trailers of 4 KiB.
	maxTrailer = 3 << 10
)

// download is a call with a content as its answer.
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
	return Content{Size: size, Body: &arriving{answer: a, measured: &measured{Reader: a.Body, size: size}}}, nil
}

// arriving is the body of a content from the agent.
type arriving struct {
	*answer
	measured *measured
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
// leave room for a reason when it breaks off.
func (x exchange) send(c Content) {
	defer func() { _ = c.Body.Close() }()
	conn := http.NewResponseController(x.w)
	// A reader may take their time, but not when the agent ends.
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
	if why := source.why(); err != nil && why != nil {
		header.Set(problemTrailer, trailer(document(x.why(why))))
	}
}

// trailer is a problem document, without its details if they are too long.
func trailer(doc problemDocument) string {
	body, err := json.Marshal(doc)
	if err != nil || len(body) > maxTrailer {
		body, _ = json.Marshal(problemDocument{Type: doc.Type, Title: doc.Title, Status: doc.Status, Problem: Problem{Code: doc.Problem.Code}})
	}
	return string(body)
}
