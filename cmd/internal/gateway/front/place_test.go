package front

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/portico-desktop/portico/app/portal/api"
	"github.com/portico-desktop/portico/cmd/internal/gateway/attachments"
	"github.com/portico-desktop/portico/cmd/internal/gateway/desk"
	"github.com/portico-desktop/portico/cmd/internal/selfsigned"
)

// shelf is a small desk in memory, for what the front does by itself: each person has a
// number, and is told when it has moved. It keeps the last call.
type shelf struct {
	mu    sync.Mutex
	seq   map[int64]int
	last  string
	write desk.Write
	fails error
	file  []byte
}

func (s *shelf) note(format string, args ...any) (desk.Answer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = fmt.Sprintf(format, args...)
	if s.fails != nil {
		return desk.Answer{}, s.fails
	}
	return desk.Answer{Status: 200, Body: map[string]string{"did": s.last}}, nil
}

func (s *shelf) at(row int64) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strconv.Itoa(s.seq[row])
}

func (s *shelf) move(row int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seq[row]++
}

func (s *shelf) Ahead(who *desk.Person, cursor string) bool { return s.at(who.Row) != cursor }

func (s *shelf) Sync(_ context.Context, who *desk.Person, cursor string, _ int) (*api.Sync, error) {
	if s.fails != nil {
		return nil, s.fails
	}
	if at := s.at(who.Row); at != cursor {
		return &api.Sync{Cursor: at}, nil
	}
	return nil, nil
}

func (s *shelf) Menus(context.Context, *desk.Person) (desk.Answer, error) { return s.note("menus") }
func (s *shelf) Forms(context.Context, *desk.Person) (desk.Answer, error) { return s.note("forms") }

func (s *shelf) Options(_ context.Context, _ *desk.Person, form, field, q, answers string) (desk.Answer, error) {
	return s.note("options %s %s %s %s", form, field, q, answers)
}

func (s *shelf) People(_ context.Context, _ *desk.Person, q string) (desk.Answer, error) {
	return s.note("people %s", q)
}

func (s *shelf) Articles(_ context.Context, _ *desk.Person, q string) (desk.Answer, error) {
	return s.note("articles %s", q)
}

func (s *shelf) Tickets(_ context.Context, _ *desk.Person, q api.TicketQuery) (desk.Answer, error) {
	return s.note("tickets %v", q)
}

func (s *shelf) Ticket(_ context.Context, _ *desk.Person, id string) (desk.Answer, error) {
	a, err := s.note("ticket %s", id)
	a.ETag = "7"
	return a, err
}

func (s *shelf) Entries(_ context.Context, _ *desk.Person, id, before string) (desk.Answer, error) {
	return s.note("entries %s %s", id, before)
}

func (s *shelf) wrote(w desk.Write, status int, format string, args ...any) (desk.Answer, error) {
	a, err := s.note(format, args...)
	s.write = w
	a.Status = status
	return a, err
}

func (s *shelf) Create(_ context.Context, _ *desk.Person, w desk.Write, t api.NewTicket) (desk.Answer, error) {
	return s.wrote(w, 201, "create %s", t.Subject)
}

func (s *shelf) Reply(_ context.Context, _ *desk.Person, w desk.Write, id string, e api.NewEntry) (desk.Answer, error) {
	return s.wrote(w, 201, "reply %s %s", id, e.Body)
}

func (s *shelf) Act(_ context.Context, _ *desk.Person, w desk.Write, id string, a api.Act) (desk.Answer, error) {
	return s.wrote(w, 200, "act %s %s", id, a.Action)
}

func (s *shelf) Decide(_ context.Context, _ *desk.Person, w desk.Write, id string, d api.Decision) (desk.Answer, error) {
	return s.wrote(w, 200, "decide %s %s", id, d.Decision)
}

func (s *shelf) Feedback(_ context.Context, _ *desk.Person, w desk.Write, id string, b api.Feedback) (desk.Answer, error) {
	return s.wrote(w, 200, "feedback %s %v", id, b.Score)
}

func (s *shelf) Acknowledge(_ context.Context, _ *desk.Person, w desk.Write, id string) (desk.Answer, error) {
	a, err := s.wrote(w, 204, "acknowledge %s", id)
	a.Body = nil
	return a, err
}

func (s *shelf) Attach(_ context.Context, _ *desk.Person, id uuid.UUID, name string, u attachments.Upload) (desk.Answer, error) {
	raw, err := io.ReadAll(u.Body)
	if err != nil {
		return desk.Answer{}, err
	}
	s.file = raw
	a, err := s.note("attach %s %s %d %v", id, name, len(raw), u.Range)
	a.Status = 201
	return a, err
}

func (s *shelf) File(_ context.Context, _ *desk.Person, id string) (*desk.File, error) {
	if _, err := s.note("file %s", id); err != nil {
		return nil, err
	}
	return &desk.File{
		ReadSeekCloser: struct {
			io.ReadSeeker
			io.Closer
		}{bytes.NewReader(s.file), io.NopCloser(nil)},
		ID: id, Name: "Größe \"1\".html", Size: int64(len(s.file)), Type: "text/html", Digest: "sha-256=:x:",
	}, nil
}

// badges are tokens like "person-1-laptop": the person of row 1, at the laptop.
type badges struct{}

func (badges) Check(_ context.Context, token string) (*desk.Person, error) {
	var row int64
	if _, err := fmt.Sscanf(token, "person-%d-", &row); err != nil {
		return nil, errors.New("no badge")
	}
	return &desk.Person{Row: row, ID: fmt.Sprintf("p%d", row), Organization: "o", OrganizationRow: 1}, nil
}

// place is a front that is served, its desk and its log.
type place struct {
	*Front
	t     *testing.T
	shelf *shelf
	log   *lockedBuffer
	addr  string
	tls   *tls.Config
	held  func(http.RoundTripper) http.RoundTripper // holds traffic to the contract; nil: nothing does
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// newPlace serves a front; change may change it before.
func newPlace(t *testing.T, secure bool, change func(*Params)) *place {
	t.Helper()
	p := &place{t: t, shelf: &shelf{seq: map[int64]int{}}, log: &lockedBuffer{}}
	params := Params{
		Desk: p.shelf, Tokens: badges{}, Log: slog.New(slog.NewJSONHandler(p.log, nil)),
		Exchange: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			io.WriteString(w, `{"access_token":"person-1-x","grant":"`+r.FormValue("grant_type")+`"}`)
		}),
		Manifest: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != manifestPath {
				http.NotFound(w, r)
				return
			}
			io.WriteString(w, "{}")
		}),
		Portal: func() *api.Portal { return &api.Portal{Name: "Test"} },
		Limits: Limits{Requests: Rate{1000, 1000}, Syncs: Rate{1000, 1000}},
	}
	if change != nil {
		change(&params)
	}
	var err error
	if p.Front, err = New(params); err != nil {
		t.Fatal(err)
	}
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.addr = inner.Addr().String()
	var server *tls.Config
	if secure {
		cert := certificate(t)
		server = &tls.Config{Certificates: []tls.Certificate{cert}}
		roots := x509.NewCertPool()
		roots.AddCert(cert.Leaf)
		p.tls = &tls.Config{RootCAs: roots, ServerName: "localhost"}
	}
	served := make(chan error, 1)
	go func() { served <- p.Serve(inner, server) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer cancel() // connections that a test has left in the middle are cut
		if err := p.Shutdown(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return p
}

func certificate(t *testing.T) tls.Certificate {
	t.Helper()
	c, err := selfsigned.New("localhost")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// answer is an answer that was read.
type answer struct {
	*http.Response
	body string
}

// request sends a request as person 1. Header are lines "Name: value", which take the
// place of the usual ones; an empty value takes them away.
func (p *place) request(method, path, body string, header ...string) answer {
	p.t.Helper()
	r, err := p.begin(method, path, body, header...)
	if err != nil {
		p.t.Fatal(err)
	}
	return r
}

func (p *place) client() *http.Client {
	over := http.RoundTripper(&http.Transport{
		DisableKeepAlives: true, TLSClientConfig: p.tls, DisableCompression: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "tcp", p.addr)
		},
	})
	if p.held != nil {
		over = p.held(over)
	}
	return &http.Client{Timeout: 30 * time.Second, Transport: over}
}

func (p *place) begin(method, path, body string, header ...string) (answer, error) {
	scheme := "http://localhost"
	if p.tls != nil {
		scheme = "https://localhost"
	}
	r, err := http.NewRequest(method, scheme+path, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	r.Header.Set("Authorization", "Bearer person-1-laptop")
	if method == http.MethodPost || body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if method == http.MethodPost || method == http.MethodPut {
		r.Header.Set("Idempotency-Key", uuid.Must(uuid.NewV7()).String())
	}
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		if r.Header.Del(name); value != "" {
			r.Header.Set(name, value)
		}
	}
	res, err := p.client().Do(r)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	return answer{res, string(raw)}, err
}
