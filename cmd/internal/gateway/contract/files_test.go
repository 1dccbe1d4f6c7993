package contract

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/portico-desktop/portico/app/portal/api"
	"github.com/portico-desktop/portico/cmd/internal/gateway/desk"
)

func newsOf(title string) desk.News { return desk.News{Title: title, AckWanted: true} }

func upload(t *testing.T, size int64) api.Upload {
	t.Helper()
	content := make([]byte, size)
	_, _ = rand.Read(content)
	copy(content, "plain text ")
	for i := range content { // a text: no kind of file that is refused
		content[i] = 'a' + content[i]%26
	}
	return api.Upload{ID: uuid.NewString(), Name: "Größe 1.txt", Content: bytes.NewReader(content), Size: size}
}

// breaking is a network that resets each of its first connections after some bytes in one direction.
type breaking struct {
	net.Listener
	to string

	mu     sync.Mutex
	breaks []int64
	up     bool
	broken int
}

func newBreaking(t *testing.T, to string, up bool, breaks ...int64) *breaking {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &breaking{Listener: l, to: strings.TrimPrefix(to, "http://"), breaks: breaks, up: up}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { b.carry(conn.(*net.TCPConn)) })
		}
	})
	t.Cleanup(func() { l.Close(); all.Wait() })
	return b
}

// next is after how many bytes a connection breaks, -1 for never, and if it does so on the
// way up.
func (b *breaking) next() (after int64, up bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.breaks) == 0 {
		return -1, b.up
	}
	n := b.breaks[0]
	b.breaks = b.breaks[1:]
	b.broken++
	return n, b.up
}

// so is how many connections have been broken.
func (b *breaking) so() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.broken
}

func (b *breaking) carry(client *net.TCPConn) {
	defer client.Close()
	conn, err := net.Dial("tcp", b.to)
	if err != nil {
		return
	}
	server := conn.(*net.TCPConn)
	defer server.Close()
	limit, up := b.next()
	var both sync.WaitGroup
	pass := func(to, from *net.TCPConn, breaks bool) {
		if breaks && limit >= 0 {
			_, _ = io.CopyN(to, from, limit)
			_, _ = client.SetLinger(0), server.SetLinger(0)
		} else {
			_, _ = io.Copy(to, from)
		}
		client.Close()
		server.Close()
	}
	both.Go(func() { pass(server, client, up) })
	both.Go(func() { pass(client, server, !up) })
	both.Wait()
}

// through is a client whose files go through a breaking network, and its tokens not.
func through(t *testing.T, p *portal, b *breaking) *api.Client {
	t.Helper()
	direct, files := &http.Transport{}, &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "tcp", b.Addr().String())
		},
	}
	t.Cleanup(direct.CloseIdleConnections)
	door := api.NewExchange(api.ExchangeParams{URL: p.address, IDTokens: person{p.provider, "Ada", "contoso"}, Transport: p.contract.Transport(t, split{direct, files})})
	c, err := api.NewClient(api.Params{URL: p.address, Door: door, Jitter: hundredth})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// hundredth makes the client's waits those of a hurry: until the gateway has noticed a break, it refuses the file's next
// part.
func hundredth(limit time.Duration) time.Duration { return limit / 100 }

// split sends files another way than everything else.
type split struct{ direct, files http.RoundTripper }

// RoundTrip implements [http.RoundTripper].
func (s split) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasPrefix(r.URL.Path, "/v1/attachments/") {
		return s.files.RoundTrip(r)
	}
	return s.direct.RoundTrip(r)
}

func TestAnUploadGoesOnAfterBreaks(t *testing.T) {
	p := newPortal(t)
	b := newBreaking(t, p.address, true, 100<<10, 700<<10, 200, 300<<10)
	c := through(t, p, b)
	u := upload(t, 3<<20)
	var most, last int64
	u.Progress = func(sent int64) { most, last = max(most, sent), sent }
	file, err := c.Upload(t.Context(), u)
	if err != nil || file.Size != u.Size || file.Name != "Größe 1.txt" {
		t.Fatal(file, err)
	}
	if b.so() != 4 || most != u.Size || last != u.Size {
		t.Errorf("%d breaks, %d and %d bytes told", b.so(), most, last)
	}
	if again, err := c.Upload(t.Context(), u); err != nil || again != file {
		t.Error(again, err)
	}
	other := upload(t, 1000)
	other.ID = u.ID
	_, err = c.Upload(t.Context(), other)
	wantCode(t, "another file with this id", err, api.AttachmentConflict)
	_, err = c.Upload(t.Context(), upload(t, 5<<20))
	wantCode(t, "a large file", err, api.TooLarge)
	program := api.Upload{ID: uuid.NewString(), Name: "x.pdf", Content: strings.NewReader("MZ\x90\x00" + strings.Repeat("\x00", 500)), Size: 504}
	_, err = c.Upload(t.Context(), program)
	wantCode(t, "a program", err, api.WrongType)

	// And back.
	b = newBreaking(t, p.address, false, 200<<10, 100, 900<<10)
	c = through(t, p, b)
	var got bytes.Buffer
	if err := c.Download(t.Context(), api.Download{File: file, Into: &got}); err != nil {
		t.Fatal(err)
	}
	want, _ := io.ReadAll(io.NewSectionReader(u.Content, 0, u.Size))
	if !bytes.Equal(want, got.Bytes()) || b.so() != 3 {
		t.Errorf("%d bytes after %d breaks", got.Len(), b.so())
	}
	smaller := file
	smaller.Size = 100
	if err := c.Download(t.Context(), api.Download{File: smaller, Into: io.Discard}); !errors.Is(err, api.ErrDigest) {
		t.Error(err)
	}
	eve := p.client("Eve", "fabrikam")
	wantCode(t, "a foreign file", eve.Download(t.Context(), api.Download{File: file, Into: io.Discard}), api.NotFound)
}

// A file is never in memory as a whole.
func TestFilesNeedLittleMemory(t *testing.T) {
	p := newPortal(t)
	c := p.client("Ada", "contoso")
	u := upload(t, 4<<20)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	file, err := c.Upload(t.Context(), u)
	if err == nil {
		err = c.Download(t.Context(), api.Download{File: file, Into: io.Discard})
	}
	runtime.ReadMemStats(&after)
	if err != nil {
		t.Fatal(err)
	}
	// The gateway's and the store's are in it: both ways of a file are less than half of it.
	if used := after.TotalAlloc - before.TotalAlloc; used > 2<<20 {
		t.Errorf("%d bytes were allocated for a file of %d", used, u.Size)
	}
}
