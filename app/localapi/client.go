package localapi

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"
)

// Client reaches a running agent. It implements [Agent] and is safe for
// concurrent use.
//
// Besides the problems that the agent reports, a call returns a *[Problem] with
// code [AgentGone] when the agent ended, one with code [AgentSilent] when it is there
// and has not answered for some seconds, one with code [VersionMismatch] when it
// speaks another version of this contract, and the context's own error when the
// context ended first.
type Client struct {
	http http.Client
	// patience is answerTime, except in tests.
	patience time.Duration
	// pid is the process that listens, as the system says, 0 where it does not.
	pid atomic.Int64
}

var _ Agent = (*Client)(nil)

// Dial finds the agent whose runtime directory is dir. The error wraps
// [ErrNoAgent] when nobody listens there, and [ErrUnsafe] when the place is not
// this user's alone; it is a *[Problem] of code [AgentSilent] when somebody listens
// and takes no connection in five seconds. Call [Client.Handshake] before anything else.
func Dial(ctx context.Context, dir string) (*Client, error) {
	return dialWithin(ctx, dir, answerTime)
}

func dialWithin(ctx context.Context, dir string, patience time.Duration) (*Client, error) {
	c := &Client{patience: patience}
	var http1 http.Protocols
	http1.SetHTTP1(true)
	c.http.Transport = &http.Transport{
		Protocols: &http1,
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
	// Where too many wait for a stopped agent already, nobody gets as far as asking it.
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

// Close lets go of the agent. Calls under way end with their contexts.
func (c *Client) Close() error {
	c.http.CloseIdleConnections()
	return nil
}

// Handshake asks the agent who it is. When it speaks another version of this
// contract the answer comes with a *[Problem] of code [VersionMismatch]; the
// only thing such an agent understands is [Client.Quit]. One that has not answered
// in five seconds is a problem of code [AgentSilent].
func (c *Client) Handshake(ctx context.Context) (Info, error) {
	var info Info
	if err := c.get(ctx, pathVersion, &info); err != nil {
		return Info{}, err
	}
	if info.API != Version {
		return info, mismatch(strconv.Itoa(info.API))
	}
	return info, nil
}

// State implements [Agent].
func (c *Client) State(ctx context.Context) (State, error) {
	var state State
	err := c.get(ctx, pathState, &state)
	return state, err
}

// CheckPortal implements [Agent].
func (c *Client) CheckPortal(ctx context.Context, req PortalRequest) (PortalCheck, error) {
	var check PortalCheck
	err := c.post(ctx, pathCheckPortal, req, &check)
	return check, err
}

// SetPortal implements [Agent].
func (c *Client) SetPortal(ctx context.Context, req PortalRequest) error {
	return c.post(ctx, pathSetPortal, req, nil)
}

// SignIn implements [Agent].
func (c *Client) SignIn(ctx context.Context, req SignInRequest) (SignIn, error) {
	var signIn SignIn
	err := c.post(ctx, pathSignIn, req, &signIn)
	return signIn, err
}

// CancelSignIn implements [Agent].
func (c *Client) CancelSignIn(ctx context.Context) error {
	return c.post(ctx, pathCancelSignIn, empty{}, nil)
}

// Paste implements [Agent].
func (c *Client) Paste(ctx context.Context, req PasteRequest) error {
	return c.post(ctx, pathPaste, req, nil)
}

// UseAccount implements [Agent].
func (c *Client) UseAccount(ctx context.Context, req AccountRequest) error {
	return c.post(ctx, pathUseAccount, req, nil)
}

// Providers implements [Agent].
func (c *Client) Providers(ctx context.Context) ([]ProviderSetup, error) {
	var providers []ProviderSetup
	err := c.get(ctx, pathProviders, &providers)
	return providers, err
}

// SetSecret implements [Agent].
func (c *Client) SetSecret(ctx context.Context, req SecretRequest) error {
	return c.post(ctx, pathSetSecret, req, nil)
}

// NewKey implements [Agent].
func (c *Client) NewKey(ctx context.Context, req KeyRequest) (ClientKey, error) {
	var key ClientKey
	err := c.post(ctx, pathNewKey, req, &key)
	return key, err
}

// DropKey implements [Agent].
func (c *Client) DropKey(ctx context.Context, req KeyRequest) error {
	return c.post(ctx, pathDropKey, req, nil)
}

// SetProxyPassword implements [Agent].
func (c *Client) SetProxyPassword(ctx context.Context, req ProxyPasswordRequest) error {
	return c.post(ctx, pathSetProxy, req, nil)
}

// ForgetProxy implements [Agent].
func (c *Client) ForgetProxy(ctx context.Context, req ProxyRequest) (ForgottenProxy, error) {
	var forgotten ForgottenProxy
	err := c.post(ctx, pathForgetProxy, req, &forgotten)
	return forgotten, err
}

// Proxies implements [Agent].
func (c *Client) Proxies(ctx context.Context) ([]Proxy, error) {
	var proxies []Proxy
	err := c.get(ctx, pathProxies, &proxies)
	return proxies, err
}

// Refresh implements [Agent].
func (c *Client) Refresh(ctx context.Context) (State, error) {
	var state State
	err := c.post(ctx, pathRefresh, empty{}, &state)
	return state, err
}

// SignOut implements [Agent].
func (c *Client) SignOut(ctx context.Context, req SignOutRequest) (SignOutReport, error) {
	var report SignOutReport
	err := c.post(ctx, pathSignOut, req, &report)
	return report, err
}

// Forget implements [Agent].
func (c *Client) Forget(ctx context.Context) (ForgetReport, error) {
	var report ForgetReport
	err := c.post(ctx, pathForget, empty{}, &report)
	return report, err
}

// Accounts implements [Agent].
func (c *Client) Accounts(ctx context.Context) ([]Account, error) {
	var accounts []Account
	err := c.get(ctx, pathAccounts, &accounts)
	return accounts, err
}

// Set implements [Agent].
func (c *Client) Set(ctx context.Context, req SettingRequest) error {
	return c.post(ctx, pathSet, req, nil)
}

// Policy implements [Agent].
func (c *Client) Policy(ctx context.Context) (PolicyReport, error) {
	var report PolicyReport
	err := c.post(ctx, pathPolicy, empty{}, &report)
	return report, err
}

// Check implements [Agent].
func (c *Client) Check(ctx context.Context) (CheckReport, error) {
	var report CheckReport
	err := c.post(ctx, pathCheck, empty{}, &report)
	return report, err
}

// Bundle implements [Agent].
func (c *Client) Bundle(ctx context.Context) (Bundle, error) {
	var bundle Bundle
	err := c.post(ctx, pathBundle, empty{}, &bundle)
	return bundle, err
}

// Logo implements [Agent].
func (c *Client) Logo(ctx context.Context, digest string) ([]byte, error) {
	var picture []byte
	err := c.call(ctx, http.MethodGet, pathLogo+url.PathEscape(digest), nil, typeBytes, func(body io.Reader) (err error) {
		picture, err = io.ReadAll(io.LimitReader(body, maxAnswer+1))
		if len(picture) > maxAnswer {
			return strange("a picture without end", nil)
		}
		return err
	})
	return picture, err
}

// Show implements [Agent].
func (c *Client) Show(ctx context.Context, req ShowRequest) (ShowReport, error) {
	var report ShowReport
	err := c.post(ctx, pathShow, req, &report)
	return report, err
}

// Shown implements [Agent].
func (c *Client) Shown(ctx context.Context, req ShowRequest) error {
	return c.post(ctx, pathShown, req, nil)
}

// Quit implements [Agent]. An agent of any version understands it.
func (c *Client) Quit(ctx context.Context) error { return c.post(ctx, pathQuit, empty{}, nil) }

// Watch implements [Agent]. When the context ends, its error is the last thing
// yielded; when the agent goes away, an [AgentGone] problem is.
func (c *Client) Watch(ctx context.Context) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		// Leaving the loop has to end the stream as well.
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		left := false
		err := c.call(ctx, http.MethodGet, pathEvents, nil, typeEvents, func(body io.Reader) error {
			lines := bufio.NewReader(body)
			for {
				// The limit of an answer is a limit of one event here.
				line, err := readLine(lines)
				if err != nil {
					return err
				}
				var event Event
				if err := json.Unmarshal(line, &event); err != nil {
					return strange("an event that is no JSON", err)
				}
				if !yield(event, nil) {
					left = true
					return nil
				}
			}
		})
		if !left && err != nil {
			yield(Event{}, err)
		}
	}
}

// readLine is one line of at most maxAnswer bytes.
func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case len(line) > maxAnswer:
			return nil, strange("an event without end", nil)
		case err == nil:
			return line, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		}
	}
}

func (c *Client) get(ctx context.Context, path string, out any) error {
	return c.call(ctx, http.MethodGet, path, nil, typeJSON, into(out))
}

func (c *Client) post(ctx context.Context, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return &Problem{Code: Unexpected, Details: &Details{Error: fmt.Sprintf("encode the request: %v", err)}}
	}
	return c.call(ctx, http.MethodPost, path, body, typeJSON, into(out))
}

func into(out any) func(io.Reader) error {
	return func(body io.Reader) error {
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
}

// call makes one request and hands a good answer's body to read.
func (c *Client) call(ctx context.Context, method, path string, body []byte, kind string, read func(io.Reader) error) error {
	attended, answered, done := c.attended(ctx, path)
	defer done()
	gone := func(err error) error {
		if why := ended(ctx, attended); why != nil {
			return why
		}
		return broken(err)
	}
	req, err := http.NewRequestWithContext(attended, method, "http://portico"+path, bytes.NewReader(body))
	if err != nil {
		return &Problem{Code: Unexpected, Details: &Details{Error: err.Error()}}
	}
	req.Header.Set(apiHeader, strconv.Itoa(Version))
	if body != nil {
		req.Header.Set("Content-Type", typeJSON)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return gone(err)
	}
	answered()
	defer func() { _ = resp.Body.Close() }()
	got, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	switch {
	case got == typeProblem:
		var doc problemDocument
		if err := into(&doc)(resp.Body); err != nil {
			return gone(err)
		}
		if doc.Problem.Code == "" {
			return strange(fmt.Sprintf("status %d and no reason", doc.Status), nil)
		}
		return &doc.Problem
	case path != pathVersion && path != pathQuit && !speaks(resp.Header, Version):
		return mismatch(resp.Header.Get(apiHeader))
	case resp.StatusCode == http.StatusNoContent:
		return nil
	case resp.StatusCode != http.StatusOK || got != kind:
		return strange(fmt.Sprintf("status %d with %q", resp.StatusCode, got), nil)
	}
	if err := read(resp.Body); err != nil {
		return gone(err)
	}
	return nil
}

// broken is what a broken connection means.
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
