package auth_test

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/loopback"
)

const (
	noiseRequests = 10_000
	noiseSockets  = 200
	// noiseMemory bounds what the noise may cost at any moment. 200 sockets cost
	// some 32 KiB each here, both ends and their goroutines; the garbage of the
	// requests is at most as much as what is alive, as long as no request leaves
	// anything behind. 10,000 that each left 4 KiB would be 40 MiB.
	noiseMemory = 32 << 20
)

// A junk request is what the redirect port gets to see and must not care about.
// In it HOST stands for the listener's own name, STATE for the right state.
func junk() []string {
	const form = "Content-Type: application/x-www-form-urlencoded\r\n"
	get := func(target, header string) string {
		return "GET " + target + " HTTP/1.1\r\nHost: HOST\r\n" + header + "\r\n"
	}
	post := func(header, body string) string {
		return fmt.Sprintf("POST / HTTP/1.1\r\nHost: HOST\r\n%sContent-Length: %d\r\n\r\n%s", header, len(body), body)
	}
	all := []string{
		get("/?state=wrong&code=x", ""),
		get("/?code=x", ""),
		get("/?state=&code=x", ""),
		get("/?state=STATE", ""),
		get("/?state=STATE&state=STATE&code=x", ""),
		get("/?state=STATE&code=x&code=y", ""),
		get("/?state=STATE&code=x&iss=a&iss=b", ""),
		get("/?state=%zz", ""),
		get("/?state=STATE;state=STATE&code=x", ""),
		get("/?code=x;state=STATE", ""),
		get("/?state=STATE&st%61te=STATE&code=x", ""),
		get("/?state=STATE%ff&code=x", ""),
		get("/?error=access_denied&error_description=x", ""),
		get("/favicon.ico", ""), get("/apple-touch-icon.png", ""), get("/robots.txt", ""), get("/.well-known/appspecific/com.chrome.devtools.json", ""),
		get("/done", ""), get("/again/guess/itself", ""), get("/../../etc/passwd", ""), get("//evil.example/?state=STATE&code=x", ""),
		strings.Replace(get("/?state=STATE&code=x", ""), "HOST", "evil.example", 1),
		strings.Replace(get("/?state=STATE&code=x", ""), "Host: HOST\r\n", "", 1),
		"OPTIONS / HTTP/1.1\r\nHost: HOST\r\nOrigin: https://evil.example\r\nAccess-Control-Request-Private-Network: true\r\nAccess-Control-Request-Method: POST\r\n\r\n",
		post(form, "state=wrong&code=x"),
		post(form, "state=STATE&code=x&code=y"),
		post("Content-Type: application/json\r\n", `{"state":"STATE","code":"x"}`),
		post("Content-Type: text/plain\r\n", "state=STATE&code=x"),
		post("", "state=STATE&code=x"),
		strings.Replace(post(form, "state=STATE&code=x"), "POST /", "POST /?state=wrong&code=x", 1),
		strings.Replace(post(form, "state=STATE&code=x"), "POST /", "POST /?code=x", 1),
		strings.Replace(post(form, "state=STATE&code=x"), "POST /", "POST /?state=STATE&state=STATE&code=x", 1),
		"POST / HTTP/1.1\r\nHost: HOST\r\n" + form + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
		"POST / HTTP/1.1\r\nHost: HOST\r\n" + form + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"GET /?state=wrong HTTP/0.9\r\n\r\n", "GET\r\n\r\n", "\r\n\r\n\r\n", "\x00\x01\x02\x03",
		"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + strings.Repeat("\x00", 512), // a TLS ClientHello's beginning
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00",       // HTTP/2's preface
		"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n",
	}
	all = append(slices.Repeat(all, 10),
		get("/?"+strings.Repeat("a=b&", 4000), ""),
		get("/", "X-Large: "+strings.Repeat("x", 60<<10)+"\r\n"),
		post(form, "state=STATE&code=x&pad="+strings.Repeat("p", loopback.MaxBody)),
	)
	for _, method := range []string{"HEAD", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "get"} {
		all = append(all, method+" /?state=STATE&code=x HTTP/1.1\r\nHost: HOST\r\n\r\n")
	}
	return all
}

// held are the beginnings of requests by senders that never go on.
func held() []string {
	return []string{
		"", "G", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: HOST\r\nX-Slow: ",
		"POST / HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 60000\r\n\r\nstate=",
		"\x16\x03\x01",
	}
}

// redirectPort is the port of a sign-in, as the noise sees it.
type redirectPort struct {
	t           *testing.T
	host, state string
}

func (p redirectPort) send(text string) net.Conn {
	c, err := net.Dial("tcp", p.host)
	if err != nil {
		p.t.Error(err)
		return nil
	}
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	_, _ = io.WriteString(c, strings.NewReplacer("HOST", p.host, "STATE", p.state).Replace(text))
	return c
}

// pester sends a junk request and waits until it has been dealt with.
func (p redirectPort) pester(text string) {
	c := p.send(text)
	if c == nil {
		return
	}
	_ = c.(*net.TCPConn).CloseWrite()
	answer := make([]byte, 12)
	n, _ := io.ReadFull(c, answer)
	if got := string(answer[:n]); strings.HasPrefix(got, "HTTP/1.1 2") || strings.HasPrefix(got, "HTTP/1.1 3") {
		p.t.Errorf("%.60q is answered %q", text, got)
	}
	_, _ = io.Copy(io.Discard, c)
	c.Close()
}

// inUse is the memory of everything that is alive or not yet collected.
func inUse() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}

func TestSignInCompletesAmidTenThousandJunkRequests(t *testing.T) {
	log := &transcript{}
	d := newDesk(t, authtest.WithFormPost())
	web := d.provider.Client()
	web.Timeout = 10 * time.Second
	c, err := auth.New(auth.Params{
		Provider: auth.Provider{ID: "work", Authority: d.provider.URL, ClientID: authtest.ClientID},
		Accounts: d.accounts(), CacheDir: d.dir, HTTP: web, Log: slog.New(slog.NewTextHandler(log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Metadata(t.Context()); err != nil {
		t.Fatal(err)
	}
	web.CloseIdleConnections()
	goroutines := runtime.NumGoroutine()
	runtime.GC()
	before := inUse()

	in, err := c.Begin(t.Context(), auth.BeginOptions{})
	if err != nil {
		t.Fatal(err)
	}
	type outcome struct {
		tokens *auth.Tokens
		err    error
	}
	done := make(chan outcome, 1)
	go func() { tokens, err := in.Wait(); done <- outcome{tokens, err} }()

	asked, _ := url.Parse(in.URL())
	redirect, _ := url.Parse(asked.Query().Get("redirect_uri"))
	port := redirectPort{t: t, host: redirect.Host, state: asked.Query().Get("state")}
	var holding []net.Conn
	for n := range noiseSockets {
		holding = append(holding, port.send(held()[n%len(held())]))
	}
	during := makeNoise(port)
	select {
	case o := <-done:
		t.Fatalf("the noise ended the sign-in: %v", o.err)
	default:
	}
	if resp, err := d.provider.Browse(t.Context(), in.URL()); err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("the browser: %v, %v", resp, err)
	}
	if o := <-done; o.err != nil || o.tokens.Account.Subject != authtest.Ada().Subject {
		t.Errorf("the sign-in: %v, %v", o.tokens, o.err)
	}
	if during > before && during-before > noiseMemory {
		t.Errorf("the noise cost %d KiB, more than %d", (during-before)>>10, noiseMemory>>10)
	}

	c.Close()
	for _, held := range holding {
		_ = held.SetReadDeadline(time.Now().Add(5 * time.Second))
		if _, err := io.Copy(io.Discard, held); err != nil && strings.Contains(err.Error(), "timeout") {
			t.Error("a socket is still open after the sign-in")
		}
		held.Close()
	}
	if conn, err := net.Dial("tcp", port.host); err == nil {
		conn.Close()
		t.Error("the port is still open after the sign-in")
	}
	web.CloseIdleConnections()
	if after := fallsTo(t, goroutines, runtime.NumGoroutine); after > goroutines {
		t.Errorf("%d goroutines before, %d after:\n%s", goroutines, after, stacks())
	}
	if strings.Contains(stacks(), "auth/loopback.") {
		t.Errorf("the listener still runs:\n%s", stacks())
	}
	counted := log.String()
	if !strings.Contains(counted, "ignored on the redirect port") || strings.Contains(counted, port.state) {
		t.Errorf("the log does not count the noise, or repeats it: %s", counted)
	}
	var requests, wrong, sockets int
	line := counted[strings.Index(counted, "requests="):]
	if _, err := fmt.Sscanf(line, "requests=%d wrong_state=%d sockets=%d", &requests, &wrong, &sockets); err != nil || requests+sockets < noiseRequests+noiseSockets {
		t.Errorf("%d junk requests and %d held sockets are counted as %s (%v)", noiseRequests, noiseSockets, line, err)
	}
	t.Logf("before %d KiB, at the most %d KiB, after %d KiB; %s", before>>10, during>>10, inUse()>>10, strings.TrimSpace(line))
}

// makeNoise sends all junk requests, and returns the most memory that was in use
// meanwhile.
func makeNoise(port redirectPort) uint64 {
	const senders = 8
	texts := junk()
	var most uint64
	var all sync.WaitGroup
	for sender := range senders {
		all.Go(func() {
			for n := sender; n < noiseRequests; n += senders {
				port.pester(texts[n%len(texts)])
				if sender == 0 && n%400 == 0 {
					most = max(most, inUse())
				}
			}
		})
	}
	all.Wait()
	return max(most, inUse())
}

// stacks are those of all goroutines.
func stacks() string {
	text := make([]byte, 4<<20)
	return string(text[:runtime.Stack(text, true)])
}

// fallsTo waits until a number is no larger than a limit, for ten seconds at the
// most, and returns it: net/http lets closed connections linger for half a second.
func fallsTo(t *testing.T, limit int, number func() int) int {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for range 1000 {
		if now := number(); now <= limit {
			return now
		}
		<-tick.C
	}
	return number()
}
