package localapi

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// typeUpload is the question, one JSON document in a line, and behind it the content.
const typeUpload = "application/vnd.portico.upload"

// upload is a call that hands over a content. A content refused before its end is not
// sent to its end.
type upload[In, Out any] string

func (u upload[In, Out]) do(ctx context.Context, c *Client, in In, content Content) (out Out, err error) {
	defer func() { _ = content.Body.Close() }()
	line, err := encode(in)
	if err != nil {
		return out, err
	}
	source := &measured{Reader: content.Body, size: content.Size}
	err = c.call(ctx, question{
		method: http.MethodPost, path: string(u), kind: typeUpload, size: content.Size,
		body: io.MultiReader(bytes.NewReader(append(line, '\n')), source),
	}, &out)
	if why := source.why(); err != nil && why != nil && ctx.Err() == nil {
		return out, fmt.Errorf("read what is sent: %w", why)
	}
	return out, err
}

func (u upload[In, Out]) serve(do func(context.Context, In, Content) (Out, error)) route {
	return route{method: http.MethodPost, path: string(u), serve: func(x exchange) {
		var in In
		content, err := x.receive(&in)
		if err != nil {
			x.fail(err)
			return
		}
		// A sender may take their time, but not when the agent ends.
		conn := http.NewResponseController(x.w)
		stop := context.AfterFunc(x.Context(), func() { _ = conn.SetReadDeadline(time.Now()) })
		defer stop()
		out, err := do(x.Context(), in, content)
		x.answer(out, err)
	}}
}

// receive reads the question, and returns the content behind it.
func (x exchange) receive(in any) (Content, error) {
	if err := isKind(x.Header, typeUpload); err != nil {
		return Content{}, err
	}
	conn := http.NewResponseController(x.w)
	if err := conn.SetReadDeadline(time.Now().Add(readTimeout)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return Content{}, fmt.Errorf("bound the request: %w", err)
	}
	body := bufio.NewReader(x.Body)
	line, err := readLine(body, maxRequest)
	_ = conn.SetReadDeadline(time.Time{})
	if err != nil {
		return Content{}, refuse(http.StatusBadRequest, "the first line could not be read: %v", err)
	}
	if err := parse(line, in); err != nil {
		return Content{}, err
	}
	size := length(x.Header)
	return Content{Size: size, Body: io.NopCloser(&sent{exchange: x, measured: &measured{Reader: body, size: size}})}, nil
}

// sent is the body of a content from another program.
type sent struct {
	exchange
	measured *measured
}

func (s *sent) Read(p []byte) (int, error) {
	n, err := s.measured.Read(p)
	if err != nil && err != io.EOF {
		if s.Context().Err() != nil {
			err = context.Cause(s.Context())
		}
		err = fmt.Errorf("receive the content: %w", err)
	}
	return n, err
}
