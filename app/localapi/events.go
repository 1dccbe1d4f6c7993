package localapi

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"iter"
	"net/http"
	"time"
)

// stream is a call with events as its answer, a JSON document a line.
type stream string

func (s stream) do(ctx context.Context, c *Client) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		// Leaving the loop has to end the stream as well.
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		a, err := c.send(ctx, question{method: http.MethodGet, path: string(s), accepts: typeEvents})
		if err != nil {
			yield(Event{}, err)
			return
		}
		defer a.done()
		lines := bufio.NewReader(a.Body)
		for {
			event, err := readEvent(lines)
			if err != nil {
				yield(Event{}, a.failed(err))
				return
			}
			if !yield(event, nil) {
				return
			}
		}
	}
}

func readEvent(lines *bufio.Reader) (event Event, err error) {
	// The limit of an answer is a limit of one event here.
	line, err := readLine(lines, maxAnswer)
	if errors.Is(err, errNoEnd) {
		return Event{}, strange("an event without end", nil)
	}
	if err != nil {
		return Event{}, err
	}
	if err := json.Unmarshal(line, &event); err != nil {
		return Event{}, strange("an event that is no JSON", err)
	}
	return event, nil
}

var errNoEnd = errors.New("a line without end")

// readLine is one line of at most limit bytes.
func readLine(r *bufio.Reader, limit int) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case len(line) > limit:
			return nil, errNoEnd
		case err == nil:
			return line, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		}
	}
}

func (s stream) serve(watch func(context.Context) iter.Seq2[Event, error]) route {
	return route{method: http.MethodGet, path: string(s), serve: func(x exchange) { x.stream(watch) }}
}

// stream tells events until the agent ends or the caller goes away; the connection itself
// tells of both, so nothing is sent to keep it alive.
func (x exchange) stream(watch func(context.Context) iter.Seq2[Event, error]) {
	ctx := x.Context()
	conn := http.NewResponseController(x.w)
	// A window may be stopped, not gone: it blocks a write for as long as it likes, but
	// not the agent's end.
	stop := context.AfterFunc(ctx, func() { _ = conn.SetWriteDeadline(time.Now().Add(farewell)) })
	defer stop()

	begun := false
	var line bytes.Buffer
	for event, err := range watch(ctx) {
		switch {
		case err != nil && !begun:
			x.fail(err)
			return
		case err != nil:
			// Once the stream has begun an error can only end it: the caller
			// sees the connection close and asks again.
			return
		case !begun:
			x.w.Header().Set("Content-Type", typeEvents)
			begun = true
		}
		line.Reset()
		if json.NewEncoder(&line).Encode(event) != nil {
			return
		}
		if _, err := x.w.Write(line.Bytes()); err != nil {
			return
		}
		if conn.Flush() != nil {
			return
		}
	}
	if !begun {
		x.fail(errors.New("the agent has nothing to watch"))
	}
}
