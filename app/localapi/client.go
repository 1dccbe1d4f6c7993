package localapi

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"
)

// Client reaches an agent: the one found by [Dial], or with [Open] one that it may start.
// It implements [Agent] and is safe for concurrent use.
//
// Besides the agent's own problems, a call returns a *[Problem] with code [AgentGone]
// when the agent ended, one with code [AgentSilent] when it is there and has not answered
// for some seconds, one with code [VersionMismatch] when it speaks another version of
// this contract, and the context's own error when the context ended first.
type Client struct {
	http http.Client
	// patience is answerTime, except in tests.
	patience time.Duration
	// pid is the listening process by the system's word, 0 if unknown.
	pid atomic.Int64
	// starting is set by Open.
	starting *starting
}

var _ Agent = (*Client)(nil)

// Dial finds the agent with the runtime directory dir. The error wraps [ErrNoAgent] when
// nobody listens there, and [ErrUnsafe] when the place is not this user's alone; it is a
// *[Problem] of code [AgentSilent] when somebody listens and takes no connection in five
// seconds. Call [Client.Handshake] before anything else.
func Dial(ctx context.Context, dir string) (*Client, error) {
	return dialWithin(ctx, dir, answerTime)
}

func dialWithin(ctx context.Context, dir string, patience time.Duration) (*Client, error) {
	c := newClient(dir, patience)
	// Behind a long queue for a stopped agent, nobody gets as far as asking it.
	within, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	conn, err := dial(within, dir)
	switch {
	case err != nil && within.Err() != nil && ctx.Err() == nil:
		return nil, c.silence()
	case err != nil:
		return nil, err
	}
	c.pid.Store(peerPID(conn))
	if err := conn.Close(); err != nil {
		return nil, fmt.Errorf("try the agent: %w", err)
	}
	return c, nil
}

func newClient(dir string, patience time.Duration) *Client {
	c := &Client{patience: patience}
	c.http.Transport = &http.Transport{
		Protocols: protocols(),
		// On a local socket a connection costs less than keeping one open: no
		// goroutine waits at either end between calls, and none is stale.
		DisableKeepAlives:  true,
		DisableCompression: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			conn, err := dial(ctx, dir)
			if err == nil {
				c.pid.Store(peerPID(conn))
			}
			return conn, err
		},
	}
	return c
}

// over has the client make all its calls over one connection, one after the other.
func (c *Client) over(conn net.Conn) *Client {
	only := make(chan net.Conn, 1)
	only <- conn
	c.pid.Store(peerPID(conn))
	c.http.Transport = &http.Transport{
		Protocols: protocols(), DisableCompression: true,
		DialContext: func(context.Context, string, string) (net.Conn, error) {
			select {
			case conn := <-only:
				return conn, nil
			default:
				return nil, ErrNoAgent // it has gone, and whoever listens now is another
			}
		},
	}
	return c
}

func protocols() *http.Protocols {
	var http1 http.Protocols
	http1.SetHTTP1(true)
	return &http1
}

// Close lets go of the agent. Calls under way end with their contexts.
func (c *Client) Close() error {
	c.http.CloseIdleConnections()
	return nil
}

// Handshake asks the agent who it is. When it speaks another version of this contract the
// answer comes with a *[Problem] of code [VersionMismatch]; such an agent understands
// only [Client.Quit]. One that has not answered in five seconds is a problem of code
// [AgentSilent].
func (c *Client) Handshake(ctx context.Context) (Info, error) {
	info, err := version.do(ctx, c)
	if err != nil {
		return Info{}, err
	}
	if info.API != Version {
		return info, mismatch(strconv.Itoa(info.API))
	}
	return info, nil
}

// question is a request as it is sent.
type question struct {
	method, path string
	kind         string // of the body, "" for none
	body         io.Reader
	size         int64  // of a content in it, -1 if not known
	accepts      string // the kind of a good answer, "" for JSON
	// lasting: the answer takes as long as the call, and the agent is asked meanwhile for
	// a sign of life.
	lasting bool
}

// answer is a good answer before its body is read.
type answer struct {
	*http.Response
	// failed gives an error of reading it its meaning.
	failed func(error) error
	// done ends the call.
	done func()
}

// call makes one request and reads its answer into out, nil for one without.
func (c *Client) call(ctx context.Context, q question, out any) error {
	a, err := c.send(ctx, q)
	if err != nil {
		return err
	}
	defer a.done()
	if a.StatusCode == http.StatusNoContent {
		return nil
	}
	if err := into(a.Body, out); err != nil {
		return a.failed(err)
	}
	return nil
}

// send makes one request. The caller reads a good answer, and then calls its done.
func (c *Client) send(ctx context.Context, q question) (*answer, error) {
	run, err := c.starting.ready(ctx, q.path)
	if err != nil {
		return nil, err
	}
	attended, answered, done := c.attended(ctx, q.path)
	failed := func(err error) error {
		if why := ended(ctx, attended); why != nil {
			err = why
		} else {
			err = broken(err)
		}
		c.starting.note(run, q.path, err)
		return err
	}
	a, err := c.exchange(attended, q, failed)
	if err != nil {
		done()
		return nil, err
	}
	if !q.lasting {
		answered()
	}
	a.done = func() {
		_ = a.Body.Close()
		done()
	}
	return a, nil
}

func (c *Client) exchange(ctx context.Context, q question, failed func(error) error) (*answer, error) {
	req, err := http.NewRequestWithContext(ctx, q.method, "http://portico"+q.path, q.body)
	if err != nil {
		return nil, &Problem{Code: Unexpected, Details: &Details{Error: err.Error()}}
	}
	req.Header.Set(apiHeader, strconv.Itoa(Version))
	if q.kind != "" {
		req.Header.Set("Content-Type", q.kind)
	}
	if q.kind == typeUpload && q.size >= 0 {
		req.Header.Set(lengthHeader, strconv.FormatInt(q.size, 10))
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, failed(err)
	}
	if err := look(resp, q); err != nil {
		err = failed(err)
		_ = resp.Body.Close()
		return nil, err
	}
	return &answer{Response: resp, failed: failed}, nil
}

// look is the trouble with an answer: the agent's own problem, or an answer of the wrong
// kind.
func look(resp *http.Response, q question) error {
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	switch {
	case kind == typeProblem:
		var doc problemDocument
		if err := into(resp.Body, &doc); err != nil {
			return err
		}
		if doc.Problem.Code == "" {
			return strange(fmt.Sprintf("status %d and no reason", doc.Status), nil)
		}
		return &doc.Problem
	case !anyVersion(q.path) && !speaks(resp.Header, Version):
		return mismatch(resp.Header.Get(apiHeader))
	case resp.StatusCode == http.StatusNoContent:
		return nil
	case resp.StatusCode != http.StatusOK || kind != cmp.Or(q.accepts, typeJSON):
		return strange(fmt.Sprintf("status %d with %q", resp.StatusCode, kind), nil)
	}
	return nil
}

// into reads one JSON document into out, nil for an answer without.
func into(body io.Reader, out any) error {
	raw, err := io.ReadAll(io.LimitReader(body, maxAnswer+1))
	switch {
	case err != nil:
		return err
	case out == nil:
		return nil
	case len(raw) > maxAnswer:
		return strange("an answer without end", nil)
	}
	if err := json.Unmarshal(raw, out); err != nil {
		return strange("an answer that is not understood", err)
	}
	return nil
}

// broken is the meaning of a broken connection.
func broken(err error) error {
	var problem *Problem
	if errors.As(err, &problem) {
		return problem
	}
	var at *url.Error
	if errors.As(err, &at) {
		err = at.Err // the address says nothing, it is the same for every agent
	}
	return &Problem{Code: AgentGone, Details: &Details{Error: err.Error()}}
}

func strange(what string, err error) *Problem {
	if err != nil {
		what += ": " + err.Error()
	}
	return &Problem{Code: Unexpected, Details: &Details{Error: "the agent sent " + what}}
}

func mismatch(theirs string) *Problem {
	return &Problem{Code: VersionMismatch, Details: &Details{
		Error: fmt.Sprintf("the agent speaks version %q, this program %d", theirs, Version),
	}}
}
