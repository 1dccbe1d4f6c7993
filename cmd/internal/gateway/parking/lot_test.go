package parking

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/portico-desktop/portico/cmd/internal/selfsigned"
)

// note is a request that waits in these tests.
type note struct {
	ahead atomic.Bool
	body  string
}

func (n *note) Ahead() bool { return n.ahead.Load() }

func (n *note) Answer(w http.ResponseWriter, _ *http.Request, why Why) {
	w.Header().Set("Why", fmt.Sprint(int(why)))
	io.WriteString(w, n.body)
}

// place is a server whose /wait parks. Each waiter comes out of parked.
type place struct {
	lot    *Lot
	server *http.Server
	addr   string
	tls    *tls.Config // the client's; nil for plain
	parked chan *note
}

// shapes runs a test on plain connections and on TLS, with the system's watcher and
// without.
func shapes(t *testing.T, f func(t *testing.T, p *place)) {
	for _, shape := range []struct {
		name       string
		tls, plain bool
	}{{"tcp", false, false}, {"tls", true, false}, {"tcp, a goroutine each", false, true}, {"tls, a goroutine each", true, true}} {
		t.Run(shape.name, func(t *testing.T) { f(t, newPlace(t, shape.tls, Params{Plain: shape.plain})) })
	}
}

func newPlace(t *testing.T, secure bool, params Params) *place {
	t.Helper()
	lot, err := New(params)
	if err != nil {
		t.Fatal(err)
	}
	p := &place{lot: lot, parked: make(chan *note, 1000)}
	mux := http.NewServeMux()
	mux.HandleFunc("/wait", func(w http.ResponseWriter, r *http.Request) {
		wait, err := time.ParseDuration(r.FormValue("for"))
		if err != nil {
			wait = time.Hour
		}
		n := &note{body: "answer " + r.FormValue("q") + strings.Repeat("x", len(r.FormValue("big"))<<20)}
		n.ahead.Store(r.FormValue("ahead") != "")
		id := int64(len(r.FormValue("key")))
		client := uint64(len(r.FormValue("client")))
		if err := lot.Park(w, r, Spot{Keys: [2]Key{{1, id}, {2, 1}}, Client: client, Wait: wait, Waiting: n}); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		p.parked <- n
	})
	mux.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
		io.Copy(w, r.Body)
		io.WriteString(w, r.FormValue("q"))
	})
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.addr = inner.Addr().String()
	if secure {
		cert := certificate(t)
		inner = tls.NewListener(inner, &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"http/1.1"}})
		roots := x509.NewCertPool()
		roots.AddCert(cert.Leaf)
		p.tls = &tls.Config{RootCAs: roots, ServerName: "localhost"}
	}
	p.server = &http.Server{Handler: lot.Handler(mux), ConnContext: lot.Remember, WriteTimeout: time.Minute}
	listener := lot.Listener(inner)
	served := make(chan error, 1)
	go func() { served <- p.server.Serve(listener) }()
	t.Cleanup(func() {
		p.server.Close()
		if err := <-served; err != http.ErrServerClosed {
			t.Error(err)
		}
		if err := lot.Close(); err != nil {
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

// desktop is a client that holds one connection.
type desktop struct {
	net.Conn
	in *bufio.Reader
}

func (p *place) desktop(t *testing.T) *desktop {
	t.Helper()
	c, err := net.Dial("tcp", p.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if p.tls != nil {
		c = tls.Client(c, p.tls)
	}
	c.SetDeadline(time.Now().Add(20 * time.Second))
	return &desktop{c, bufio.NewReader(c)}
}

func (d *desktop) send(t *testing.T, text string) {
	t.Helper()
	if _, err := io.WriteString(d, text); err != nil {
		t.Fatal(err)
	}
}

func (d *desktop) get(t *testing.T, path string) {
	t.Helper()
	d.send(t, "GET "+path+" HTTP/1.1\r\nHost: localhost\r\n\r\n")
}

// answer reads an answer, and says why the wait ended.
func (d *desktop) answer(t *testing.T, body string) Why {
	t.Helper()
	r, err := http.ReadResponse(d.in, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != body {
		t.Fatalf("the answer is %.200q, not %q", got, body)
	}
	var why int
	fmt.Sscan(r.Header.Get("Why"), &why)
	return Why(why)
}

func TestAWaiterIsAnsweredOnItsConnectionAndWaitsAgain(t *testing.T) {
	shapes(t, func(t *testing.T, p *place) {
		d := p.desktop(t)
		for i := range 5 {
			d.get(t, fmt.Sprintf("/wait?q=%d", i))
			n := <-p.parked
			n.ahead.Store(true)
			p.lot.Wake(Key{1, 0})
			if why := d.answer(t, fmt.Sprintf("answer %d", i)); why != Rung {
				t.Fatalf("the wait ended by %d", why)
			}
			d.get(t, "/echo?q=between") // the connection serves other requests too
			d.answer(t, "between")
		}
	})
}

func TestARingWakesItsOwnWaitersAlone(t *testing.T) {
	p := newPlace(t, false, Params{})
	mine, other := p.desktop(t), p.desktop(t)
	mine.get(t, "/wait?q=mine&key=x")
	m := <-p.parked
	other.get(t, "/wait?q=other&key=xx")
	o := <-p.parked
	p.lot.Wake(Key{1, 1}) // nothing new
	if n := p.lot.Len(); n != 2 {
		t.Fatalf("%d wait after a ring that brought nothing", n)
	}
	m.ahead.Store(true)
	o.ahead.Store(true)
	p.lot.Wake(Key{1, 1})
	mine.answer(t, "answer mine")
	if n := p.lot.Len(); n != 1 {
		t.Fatalf("%d wait", n)
	}
	p.lot.Wake(Key{2, 1})
	other.answer(t, "answer other")
	if len(p.lot.byKey) != 0 || p.lot.wheel.size != 0 {
		t.Fatal("waiters that were answered are still known")
	}
}

func TestAWaitEndsInTime(t *testing.T) {
	shapes(t, func(t *testing.T, p *place) {
		d := p.desktop(t)
		began := time.Now()
		d.get(t, "/wait?for=300ms")
		if why := d.answer(t, "answer "); why != TimedOut {
			t.Fatalf("the wait ended by %d", why)
		}
		if took := time.Since(began); took < 300*time.Millisecond {
			t.Fatalf("a wait of 300 ms ended after %s", took)
		}
	})
}

// A change may come between the handler's look and the parking.
func TestAChangeJustBeforeIsNotLost(t *testing.T) {
	p := newPlace(t, false, Params{})
	d := p.desktop(t)
	d.get(t, "/wait?ahead=1")
	if why := d.answer(t, "answer "); why != Rung {
		t.Fatalf("the wait ended by %d", why)
	}
}

func TestPipelinedRequestsAreAnsweredInOrder(t *testing.T) {
	shapes(t, func(t *testing.T, p *place) {
		d := p.desktop(t)
		// In one write, so that net/http has read of the second before the first is parked.
		d.send(t, "GET /wait?q=1 HTTP/1.1\r\nHost: a\r\n\r\nGET /echo?q=second HTTP/1.1\r\nHost: a\r\n\r\nGET /wait?q=3 HTTP/1.1\r\nHost: a\r\n\r\n")
		if why := d.answer(t, "answer 1"); why != Pressed {
			t.Fatalf("the wait ended by %d", why)
		}
		d.answer(t, "second")
		<-p.parked
		n := <-p.parked
		n.ahead.Store(true)
		p.lot.Wake(Key{1, 0})
		d.answer(t, "answer 3")
	})
}

func TestARequestBegunWhileWaitingIsNotLost(t *testing.T) {
	shapes(t, func(t *testing.T, p *place) {
		d := p.desktop(t)
		d.get(t, "/wait?q=1")
		<-p.parked
		d.send(t, "P")
		if why := d.answer(t, "answer 1"); why != Pressed {
			t.Fatalf("the wait ended by %d", why)
		}
		d.send(t, "OST /echo?q=!")
		d.send(t, " HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
		d.answer(t, "hello!")
	})
}

func TestAPeerThatGoesIsForgotten(t *testing.T) {
	shapes(t, func(t *testing.T, p *place) {
		stays := p.desktop(t)
		stays.get(t, "/wait?q=stays")
		n := <-p.parked
		for range 20 {
			d := p.desktop(t)
			d.get(t, "/wait?for=1h")
			<-p.parked
			d.Close()
		}
		eventually(t, func() bool { return p.lot.Len() == 1 })
		n.ahead.Store(true)
		p.lot.Look(0)
		stays.answer(t, "answer stays")
	})
}

// A client that breaks off by a reset, as one that lost power and came back.
func TestAPeerThatResetsIsForgotten(t *testing.T) {
	p := newPlace(t, false, Params{})
	d := p.desktop(t)
	d.get(t, "/wait")
	<-p.parked
	d.Conn.(*net.TCPConn).SetLinger(0)
	d.Close()
	eventually(t, func() bool { return p.lot.Len() == 0 })
}

func TestASlowReaderHoldsUpNobody(t *testing.T) {
	p := newPlace(t, false, Params{})
	var slow []*desktop
	for range 20 {
		d := p.desktop(t)
		d.get(t, "/wait?big=xxxxxxxx") // 8 MiB, of which it reads nothing
		(<-p.parked).ahead.Store(true)
		slow = append(slow, d)
	}
	d := p.desktop(t)
	d.get(t, "/wait?q=quick")
	(<-p.parked).ahead.Store(true)
	p.lot.Look(0)
	d.answer(t, "answer quick")
	_ = slow
}

func TestWakingAllIsSpread(t *testing.T) {
	p := newPlace(t, false, Params{})
	const crowd = 100
	answered := make(chan time.Time, crowd)
	for range crowd {
		d := p.desktop(t)
		d.get(t, "/wait")
		(<-p.parked).ahead.Store(true)
		go func() {
			d.in.ReadByte()
			answered <- time.Now()
		}()
	}
	began := time.Now()
	p.lot.Look(time.Second)
	late := 0
	for range crowd {
		if at := <-answered; at.Sub(began) > 500*time.Millisecond {
			late++
		}
	}
	if late < crowd/5 || late > crowd*4/5 {
		t.Errorf("%d of %d were answered in the second half", late, crowd)
	}
}

func TestLeavingHandsEverybodyOver(t *testing.T) {
	shapes(t, func(t *testing.T, p *place) {
		var all []*desktop
		for range 30 {
			d := p.desktop(t)
			d.get(t, "/wait")
			<-p.parked
			all = append(all, d)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if err := p.lot.Leave(ctx); err != nil {
			t.Fatal(err)
		}
		shut := make(chan error, 1)
		go func() { shut <- p.server.Shutdown(ctx) }()
		for _, d := range all {
			if why := d.answer(t, "answer "); why != Leaving {
				t.Fatalf("the wait ended by %d", why)
			}
			d.Close()
		}
		if err := <-shut; err != nil {
			t.Fatal(err)
		}
	})
}

func TestANewerRequestOfAClientEndsTheOlder(t *testing.T) {
	shapes(t, func(t *testing.T, p *place) {
		other, older := p.desktop(t), p.desktop(t)
		other.get(t, "/wait?q=other&client=xx")
		<-p.parked
		older.get(t, "/wait?q=0&client=x")
		<-p.parked
		for i := range 5 {
			newer := p.desktop(t)
			newer.get(t, fmt.Sprintf("/wait?q=%d&client=x", i+1))
			<-p.parked
			if why := older.answer(t, fmt.Sprintf("answer %d", i)); why != Replaced {
				t.Fatalf("the older wait ended by %d", why)
			}
			older = newer
		}
		if n := p.lot.Len(); n != 2 {
			t.Fatalf("%d wait", n)
		}
	})
}

func TestNobodyWaitsWhereThatCannotBe(t *testing.T) {
	p := newPlace(t, false, Params{Most: 1})
	first, second := p.desktop(t), p.desktop(t)
	first.get(t, "/wait")
	<-p.parked
	second.get(t, "/wait")
	second.answer(t, ErrFull.Error()+"\n")
	second.send(t, "GET /wait HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx")
	second.answer(t, ErrNotHere.Error()+"\n")
	if err := p.lot.Leave(t.Context()); err != nil {
		t.Fatal(err)
	}
	second.get(t, "/wait")
	second.answer(t, ErrLeaving.Error()+"\n")
	for _, path := range []string{"/", "/parked"} { // nobody can send the made-up request
		second.get(t, path)
		second.answer(t, "404 page not found\n")
	}
}

func TestAConnectionToCloseIsClosed(t *testing.T) {
	p := newPlace(t, false, Params{})
	d := p.desktop(t)
	d.send(t, "GET /wait?for=1ms HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
	d.answer(t, "answer ")
	if _, err := d.in.ReadByte(); err != io.EOF {
		t.Fatal(err)
	}
}

// eventually waits for something that the kernel has to tell the lot first.
func eventually(t *testing.T, ok func() bool) {
	t.Helper()
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	end := time.After(10 * time.Second)
	for !ok() {
		select {
		case <-look.C:
		case <-end:
			t.Fatal("it did not happen within 10 s")
		}
	}
}
