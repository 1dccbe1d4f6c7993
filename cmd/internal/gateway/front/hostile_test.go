package front

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

// A request may come in pieces, but not for ever: headers have their time, and bodies theirs.
func TestTricklingRequestsAreCut(t *testing.T) {
	quick := func(p *Params) { p.Limits.Headers, p.Limits.Bodies = 300*time.Millisecond, 600*time.Millisecond }
	bothWith(t, quick, func(t *testing.T, p *place) {
		slow := p.desktop()
		fmt.Fprint(slow, "GET /v1 HTTP/1.1\r\nHost: a\r\nX-Slow: ")
		gone := make(chan struct{})
		go func() {
			defer close(gone)
			io.Copy(io.Discard, slow.in)
		}()
		drop := time.NewTicker(20 * time.Millisecond)
		defer drop.Stop()
		for open := true; open; {
			select {
			case <-drop.C:
				fmt.Fprint(slow, "x")
			case <-gone:
				open = false
			}
		}
		body := p.desktop()
		fmt.Fprintf(body, "POST /v1/tickets HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer person-1-x\r\nContent-Type: application/json\r\n"+
			"Idempotency-Key: %s\r\nContent-Length: 100\r\n\r\n{", uuid.Must(uuid.NewV7()))
		if a := body.answer(); a.StatusCode != 408 || !a.Close {
			t.Errorf("%s %s", a.Status, a.body)
		}
		cut := p.desktop()
		fmt.Fprintf(cut, "POST /v1/tickets HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer person-1-x\r\nContent-Type: application/json\r\n"+
			"Idempotency-Key: %s\r\nContent-Length: 100\r\n\r\n{", uuid.Must(uuid.NewV7()))
		cut.Close()
		eventually(t, func() bool { return strings.Count(p.log.String(), `"route":"/v1/tickets"`) >= 2 })
		if log := p.log.String(); strings.Contains(log, `"status":500`) {
			t.Errorf("a broken request is taken for a failure of the gateway:\n%s", log)
		}
	})
}

func TestHugeHeadersAreRefused(t *testing.T) {
	p := newPlace(t, false, nil)
	d := p.desktop()
	go fmt.Fprint(d, "GET /v1 HTTP/1.1\r\nHost: a\r\nX-Huge: "+strings.Repeat("x", 1<<20)+"\r\n\r\n")
	if a := d.answer(); a.StatusCode != 431 {
		t.Error(a.Status)
	}
}

// Smuggled requests: what is not one request for everybody is refused.
func TestAmbiguousRequestsAreRefused(t *testing.T) {
	p := newPlace(t, false, nil)
	for _, lines := range []string{
		"Content-Length: 5\r\nContent-Length: 6\r\n",
		"Transfer-Encoding: chunked, identity\r\n",
		"Transfer-Encoding: xchunked\r\n",
		"Content-Length: +5\r\n",
		"Host: b\r\n",
		"X: a\r\n : b\r\n",
	} {
		d := p.desktop()
		fmt.Fprintf(d, "POST /v1/tickets HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer person-1-x\r\n%s\r\nhello", lines)
		if a := d.answer(); a.StatusCode/100 != 4 && a.StatusCode != 501 {
			t.Errorf("%q: %s", lines, a.Status)
		}
	}
}

const socketsEnv = "PORTICO_TEST_SOCKETS"

// The process that opens many sockets: each process may hold so many files.
func TestMain(m *testing.M) {
	if address, n, ok := strings.Cut(os.Getenv(socketsEnv), " "); ok {
		if err := openSockets(address, n); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// openSockets opens sockets, says half a request on every second one, prints a line when
// all are open, and ends when the other side has closed all of them.
func openSockets(address, n string) error {
	count, err := strconv.Atoi(n)
	if err != nil {
		return err
	}
	all := make([]net.Conn, count)
	for i := range all {
		if all[i], err = net.Dial("tcp", address); err != nil {
			return err
		}
		if i%2 == 0 {
			if _, err := io.WriteString(all[i], "GET /v1/sync HTTP/1.1\r\nAuthorization: Bea"); err != nil {
				return err
			}
		}
	}
	fmt.Println("open")
	for _, c := range all {
		c.SetReadDeadline(time.Now().Add(time.Minute))
		if _, err := io.Copy(io.Discard, c); err != nil && !strings.Contains(err.Error(), "reset") {
			return err
		}
	}
	return nil
}

func TestTenThousandHalfOpenSockets(t *testing.T) {
	const sockets = 10_000
	if most := mostConnections(); most < sockets+500 {
		t.Skipf("a process may hold too few files here: %d connections", most)
	}
	p := newPlace(t, false, func(p *Params) { p.Limits.Headers = 5 * time.Second })
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), socketsEnv+"="+p.addr+" "+strconv.Itoa(sockets))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 5)
	if _, err := io.ReadFull(out, line); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	for i := range 100 { // people go on working
		if a := p.request("GET", "/v1/menus", "", fmt.Sprintf("Authorization: Bearer person-%d-x", i)); a.StatusCode != 200 {
			t.Fatal(a.Status)
		}
	}
	t.Logf("100 requests beside %d half-open sockets took %s", sockets, time.Since(began))
	rest, err := io.ReadAll(out)
	if err := cmd.Wait(); err != nil {
		t.Fatalf("not all were closed: %v, %s", err, rest)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// With all places taken by sockets that say nothing, the next ones wait until those are cut.
func TestConnectionsAreLimited(t *testing.T) {
	p := newPlace(t, false, func(p *Params) { p.Limits.Connections, p.Limits.Headers = 5, 300*time.Millisecond })
	for range 12 {
		d := p.desktop()
		fmt.Fprint(d, "GET /v1 ")
	}
	if a := p.request("GET", "/v1", ""); a.StatusCode != 200 {
		t.Fatal(a.Status)
	}
}
