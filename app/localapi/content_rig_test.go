package localapi_test

import (
	"context"
	"crypto/sha256"
	"hash"
	"io"
	"net"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/portico-desktop/portico/app/localapi"
)

// fileSize is that of the files that go up and down: more than all buffers on the way hold.
const fileSize = 6 << 20

// files are what a test does with what goes up and down.
type files struct {
	up   func(ctx context.Context, req localapi.FileRequest, content localapi.Content) (localapi.FileReport, error)
	down func(ctx context.Context, req localapi.FileRequest) (localapi.Content, error)
}

func (f files) Up(ctx context.Context, req localapi.FileRequest, content localapi.Content) (localapi.FileReport, error) {
	return f.up(ctx, req, content)
}

func (f files) Down(ctx context.Context, req localapi.FileRequest) (localapi.Content, error) {
	return f.down(ctx, req)
}

// exchange is an agent with files that listens.
type exchange struct {
	*localapi.Client
	// cut breaks all connections, as the end of the agent's process does.
	cut func()
	// stop ends the agent, and waits for it.
	stop func() error
}

// cuttable is a listener whose connections can be broken.
type cuttable struct {
	net.Listener
	mu    sync.Mutex
	conns []net.Conn
}

func (c *cuttable) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err == nil {
		c.mu.Lock()
		c.conns = append(c.conns, conn)
		c.mu.Unlock()
	}
	return conn, err
}

func (c *cuttable) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range c.conns {
		_ = conn.Close()
	}
}

func serveFiles(t *testing.T, f files) exchange {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	l, err := localapi.Listen(dir)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	conns := &cuttable{Listener: l}
	go func() { ended <- localapi.ServeFiles(ctx, conns, newAgent(), f) }()
	stop := sync.OnceValue(func() error {
		cancel()
		return <-ended
	})
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Errorf("serve ended with %v", err)
		}
	})
	client, err := localapi.Dial(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return exchange{Client: client, cut: conns.cut, stop: stop}
}

// made is a file that is made as it is read: size bytes and then err, or at once where it
// has no size.
type made struct {
	size    int64
	err     error // io.EOF for a good end
	at      func(done int64)
	read    atomic.Int64
	sum     hash.Hash
	closed  atomic.Bool
	blocked chan struct{} // where not nil, nothing comes at the end before it is closed
}

func (m *made) Read(p []byte) (int, error) {
	done := m.read.Load()
	if m.at != nil {
		m.at(done)
	}
	if done == m.size {
		if m.blocked != nil {
			<-m.blocked
		}
		return 0, m.err
	}
	n := int(min(int64(len(p)), m.size-done))
	for i := range p[:n] {
		p[i] = byte((done + int64(i)) * 7 >> 3)
	}
	if m.sum != nil {
		m.sum.Write(p[:n])
	}
	m.read.Add(int64(n))
	return n, nil
}

func (m *made) Close() error {
	if !m.closed.Swap(true) && m.blocked != nil {
		close(m.blocked)
	}
	return nil
}

// whole is a file of this size.
func whole(size int64) *made { return &made{size: size, err: io.EOF, sum: sha256.New()} }

// half is a file that fails in its middle.
func half(err error) *made { return &made{size: fileSize / 2, err: err} }

// stuck is a file of which nothing more comes after so many bytes, until it is closed.
func stuck(after int64) *made { return &made{size: after, err: io.EOF, blocked: make(chan struct{})} }
