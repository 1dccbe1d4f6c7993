package localapi

import (
	"context"
	"net"
	"time"
)

// For tests of what a client never sends.
var (
	Connect  = connect
	Decode   = decode
	Document = document
)

// DialWithin is Dial with a patience of the test's own.
var DialWithin = dialWithin

// Paths are those of all calls; each stands once.
func Paths() []string {
	var paths []string
	for _, r := range allRoutes(Parts{}, Info{}) {
		paths = append(paths, r.path)
	}
	return paths
}

// Files is a subject that only tests have: files that go up and down.
type Files interface {
	Up(ctx context.Context, req FileRequest, content Content) (FileReport, error)
	Down(ctx context.Context, req FileRequest) (Content, error)
}

const (
	up   upload[FileRequest, FileReport] = "/v1/files/up"
	down download[FileRequest]           = "/v1/files/down"
)

// Up sends a file.
func (c *Client) Up(ctx context.Context, req FileRequest, content Content) (FileReport, error) {
	return up.do(ctx, c, req, content)
}

// Down fetches one.
func (c *Client) Down(ctx context.Context, req FileRequest) (Content, error) {
	return down.do(ctx, c, req)
}

// FileRequest names a file.
type FileRequest struct {
	Name string `json:"name"`
}

// FileReport says what has arrived.
type FileReport struct {
	Bytes int64 `json:"bytes"`
}

// ServeFiles is Serve with files besides.
func ServeFiles(ctx context.Context, l net.Listener, a Agent, f Files) error {
	s := Server{Agent: a, Info: Info{API: Version}}
	return s.serve(ctx, l, append(allRoutes(s.Agent, s.Info), up.serve(f.Up), down.serve(f.Down)))
}

// OpenLogo is Logo before it has been read.
func (c *Client) OpenLogo(ctx context.Context, digest string) (Content, error) {
	return logo.do(ctx, c, logoRequest{Digest: digest})
}

// StartAgain sets how long after its start an agent that has ended is started again.
func (c *Client) StartAgain(after time.Duration) { c.starting.again = after }
