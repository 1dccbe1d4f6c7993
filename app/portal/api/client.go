package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Door sends requests as the signed-in person. It puts a token on each, and answers a 401 once with another
// token, where [http.Request.GetBody] gives the body again. [Exchange] is one. A door follows no redirects, and
// keeps tokens out of its errors.
type Door interface {
	Do(req *http.Request) (*http.Response, error)
}

// Params make a client.
type Params struct {
	// URL is api.url of the portal's manifest, without the version. Required.
	URL string
	// Door is for all requests but the one about the portal itself. Required.
	Door Door
	// Open is for the request about the portal itself, sent without a token. Default: one that follows no
	// redirects.
	Open *http.Client
	// Program is the value of [HeaderClient]; empty leaves it out.
	Program string
	// Jitter is some length of time from 0 to less than a limit, for spreading requests. Default: a random
	// one.
	Jitter func(limit time.Duration) time.Duration
}

// Client speaks Portal API 1 as one person. It is safe for concurrent use and holds no content.
//
// Its methods return a *[Problem] for each refusal, [ErrNotPortal] for answers of somebody else, and otherwise the
// door's errors and those of the connection. Only [Client.Follow], [Client.Upload] and [Client.Download] try
// again by themselves. Writes go again under their own key, whenever the caller wants.
type Client struct {
	Params
	following sync.Mutex
}

// NewClient makes a client.
func NewClient(p Params) (*Client, error) {
	at, err := url.Parse(p.URL)
	if err != nil || at.Host == "" || at.RawQuery != "" || at.Fragment != "" || at.User != nil || at.Scheme != "https" && at.Scheme != "http" {
		return nil, fmt.Errorf("the address of the portal's API is %q; it has to be an https address without a query", p.URL)
	}
	p.URL = strings.TrimSuffix(p.URL, "/")
	if p.Open == nil {
		p.Open = &http.Client{CheckRedirect: stay, Timeout: patience}
	}
	if p.Jitter == nil {
		p.Jitter = random
	}
	return &Client{Params: p}, nil
}

const (
	// patience is how long an answer may take, beyond the time asked for, and how long a file may
	// stand still.
	patience = 30 * time.Second
	// mostAnswer bounds a document, and mostRefusal a refusal, in bytes.
	mostAnswer, mostRefusal = 32 << 20, 1 << 20
)

// ErrNotPortal is for an answer of something else than a portal, such as the sign-in page of a network.
var ErrNotPortal = errors.New("the answer is not a portal's")

// ErrUnchanged says that a document is as it was (304).
var ErrUnchanged = errors.New("unchanged")

// stay follows no redirect: the API has none, and a token is for one host.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// ask is one request.
type ask struct {
	method string
	path   []string // segments behind the version, not yet escaped
	query  url.Values
	header http.Header
	body   any // JSON; nil for none
	open   bool
}

// request makes the request of an ask.
func (c *Client) request(ctx context.Context, a ask) (*http.Request, error) {
	address := c.URL + "/" + Version
	for _, segment := range a.path {
		address += "/" + url.PathEscape(segment)
	}
	if len(a.query) > 0 {
		address += "?" + a.query.Encode()
	}
	var body io.Reader
	if a.body != nil {
		raw, err := json.Marshal(a.body)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, a.method, address, body)
	if err != nil {
		return nil, err
	}
	for name, values := range a.header {
		req.Header[name] = values
	}
	if a.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.Program != "" {
		req.Header.Set(HeaderClient, c.Program)
	}
	return req, nil
}

// send sends a request. Its answer is no refusal; the caller closes it.
func (c *Client) send(req *http.Request, open bool) (*http.Response, error) {
	send := c.Open.Do
	if !open {
		send = c.Door.Do
	}
	res, err := send(req)
	if err != nil {
		return nil, err
	}
	if res.StatusCode/100 == 2 || res.StatusCode == http.StatusNotModified {
		return res, nil
	}
	defer res.Body.Close()
	return nil, refusal(res)
}

// refusal is the error in a refusal.
func refusal(res *http.Response) error {
	if res.StatusCode < 400 {
		return fmt.Errorf("%w: status %d", ErrNotPortal, res.StatusCode)
	}
	p := &Problem{Title: http.StatusText(res.StatusCode), Status: res.StatusCode}
	if kind, _, err := mime.ParseMediaType(res.Header.Get("Content-Type")); err == nil && kind == ProblemType {
		raw, err := io.ReadAll(io.LimitReader(res.Body, mostRefusal))
		told := &Problem{}
		if err == nil && json.Unmarshal(raw, told) == nil {
			p = told
			p.Status = res.StatusCode
		}
	}
	p.RetryAfter = retryAfter(res.Header)
	return p
}

// retryAfter reads Retry-After (RFC 9110, section 10.2.3): seconds, or a date beside the answer's own.
func retryAfter(h http.Header) int {
	said := strings.TrimSpace(h.Get("Retry-After"))
	if n, err := strconv.Atoi(said); err == nil {
		return max(n, 0)
	}
	at, err := http.ParseTime(said)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	return max(int((at.Sub(now)+time.Second-1)/time.Second), 0)
}

// call sends an ask and reads its answer into into, unless that is nil or the answer is empty.
func (c *Client) call(ctx context.Context, a ask, into any) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	req, err := c.request(ctx, a)
	if err != nil {
		return nil, err
	}
	res, err := c.send(req, a.open)
	if err != nil {
		return nil, err
	}
	return res, read(res, into)
}

// read reads an answer and closes it.
func read(res *http.Response, into any) error {
	defer res.Body.Close()
	switch {
	case res.StatusCode == http.StatusNotModified:
		return ErrUnchanged
	case res.StatusCode == http.StatusNoContent || into == nil:
		_, err := io.CopyN(io.Discard, res.Body, mostRefusal)
		if err == io.EOF {
			err = nil
		}
		return err
	}
	if kind, _, err := mime.ParseMediaType(res.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return fmt.Errorf("%w: its type is %q", ErrNotPortal, res.Header.Get("Content-Type"))
	}
	raw, err := io.ReadAll(io.LimitReader(res.Body, mostAnswer+1))
	if err != nil {
		return err
	}
	if len(raw) > mostAnswer {
		return fmt.Errorf("%w: it has more than %d bytes", ErrNotPortal, mostAnswer)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("%w: %w", ErrNotPortal, err)
	}
	return nil
}
