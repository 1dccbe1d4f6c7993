package front

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/portico-desktop/portico/cmd/internal/gateway/bus"
)

// desktop is a client with one connection of its own.
type desktop struct {
	*place
	net.Conn
	in *bufio.Reader
}

func (p *place) desktop() *desktop {
	p.t.Helper()
	c, err := net.Dial("tcp", p.addr)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { c.Close() })
	if p.tls != nil {
		c = tls.Client(c, p.tls)
	}
	c.SetDeadline(time.Now().Add(20 * time.Second))
	return &desktop{p, c, bufio.NewReader(c)}
}

// sync sends a /sync with a wait and returns once it waits.
func (d *desktop) sync(token, cursor string, wait int) {
	d.t.Helper()
	before := d.lot.Len()
	fmt.Fprintf(d, "GET /v1/sync?cursor=%s HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\nPrefer: wait=%d\r\n\r\n", cursor, token, wait)
	eventually(d.t, func() bool { return d.lot.Len() > before })
}

func (d *desktop) answer() answer {
	d.t.Helper()
	r, err := http.ReadResponse(d.in, nil)
	if err != nil {
		d.t.Fatal(err)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return answer{r, string(body)}
}

// eventually waits for something that happens on its own in other goroutines.
func eventually(t *testing.T, ok func() bool) {
	t.Helper()
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	end := time.After(20 * time.Second)
	for !ok() {
		select {
		case <-look.C:
		case <-end:
			t.Fatal("it did not happen within 20 s")
		}
	}
}

func both(t *testing.T, f func(t *testing.T, p *place)) { bothWith(t, nil, f) }

func bothWith(t *testing.T, change func(*Params), f func(t *testing.T, p *place)) {
	for _, secure := range []bool{false, true} {
		t.Run(map[bool]string{false: "plain", true: "TLS"}[secure], func(t *testing.T) { f(t, newPlace(t, secure, change)) })
	}
}

func TestSyncAnswersAtOnceOrWaits(t *testing.T) {
	both(t, func(t *testing.T, p *place) {
		if a := p.request("GET", "/v1/sync", "", "Prefer: wait=30"); a.StatusCode != 200 || !strings.HasPrefix(a.body, `{"cursor":"0","more":false,`) || a.Header.Get("Cache-Control") != "no-store" {
			t.Fatalf("%s %s", a.Status, a.body)
		}
		if a := p.request("GET", "/v1/sync?cursor=0", ""); a.StatusCode != 204 {
			t.Fatal(a.Status)
		}
		d := p.desktop()
		for i := range 3 { // on one connection
			d.sync("person-1-laptop", strconv.Itoa(i), 30)
			p.shelf.move(1)
			p.Ring([]bus.Head{{Kind: bus.Person, Row: 2}}) // somebody else's
			p.Ring([]bus.Head{{Kind: bus.Person, Row: 1}})
			a := d.answer()
			if (a.Header.Get("Strict-Transport-Security") != "") != (p.tls != nil) {
				t.Error("Strict-Transport-Security is for TLS, each time")
			}
			if want := fmt.Sprintf(`{"cursor":"%d","more":false,`, i+1); a.StatusCode != 200 || !strings.HasPrefix(a.body, want) || a.Header.Get("Preference-Applied") != "wait=30" {
				t.Fatalf("%s %s %v", a.Status, a.body, a.Header)
			}
		}
		d.sync("person-1-laptop", "3", 1)
		if a := d.answer(); a.StatusCode != 204 || a.Header.Get("Preference-Applied") != "wait=1" || a.Header.Get("Request-Id") == "" {
			t.Fatalf("%s %v", a.Status, a.Header)
		}
	})
}

func TestNewsForAllAndForAnOrganization(t *testing.T) {
	p := newPlace(t, false, func(p *Params) { p.Limits.Spread = 200 * time.Millisecond })
	var all []*desktop
	for i := range 5 {
		d := p.desktop()
		d.sync(fmt.Sprintf("person-%d-x", i+1), "0", 30)
		all = append(all, d)
	}
	for i := range all {
		p.shelf.move(int64(i + 1))
	}
	p.Ring([]bus.Head{{Kind: bus.Organization, Row: 2}})
	if n := p.lot.Len(); n != 5 {
		t.Fatalf("%d wait after another organization's ring", n)
	}
	p.Ring([]bus.Head{{Kind: bus.Organization, Row: 1}})
	for i, d := range all {
		if a := d.answer(); a.StatusCode != 200 {
			t.Fatal(a.Status)
		}
		d.sync(fmt.Sprintf("person-%d-x", i+1), "1", 30)
		p.shelf.move(int64(i + 1))
	}
	p.Ring([]bus.Head{bus.All})
	for _, d := range all {
		if a := d.answer(); a.StatusCode != 200 {
			t.Fatal(a.Status)
		}
	}
}

// A newer /sync of a desktop ends the older; another desktop of the same person waits on.
func TestADesktopWaitsOnce(t *testing.T) {
	p := newPlace(t, false, nil)
	other, older := p.desktop(), p.desktop()
	other.sync("person-1-tower", "0", 30)
	older.sync("person-1-laptop", "0", 30)
	newer := p.desktop()
	fmt.Fprint(newer, "GET /v1/sync?cursor=0 HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer person-1-laptop\r\nPrefer: wait=30\r\n\r\n")
	if a := older.answer(); a.StatusCode != 204 {
		t.Fatal(a.Status)
	}
	eventually(t, func() bool { return p.lot.Len() == 2 })
	p.shelf.move(1)
	p.Ring([]bus.Head{{Kind: bus.Person, Row: 1}})
	for _, d := range []*desktop{other, newer} {
		if a := d.answer(); a.StatusCode != 200 {
			t.Fatal(a.Status)
		}
	}
}

func TestShutdownHandsWaitersOver(t *testing.T) {
	both(t, func(t *testing.T, p *place) {
		var all []*desktop
		for i := range 20 {
			d := p.desktop()
			d.sync(fmt.Sprintf("person-%d-x", i), "0", 60)
			all = append(all, d)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		shut := make(chan error, 1)
		go func() { shut <- p.Shutdown(ctx) }()
		waits := map[string]bool{}
		for _, d := range all {
			a := d.answer()
			if a.StatusCode != 503 || a.Header.Get("Retry-After") == "" || !a.Close {
				t.Fatalf("%s %v", a.Status, a.Header)
			}
			waits[a.Header.Get("Retry-After")] = true
		}
		if err := <-shut; err != nil {
			t.Fatal(err)
		}
		if len(waits) < 3 {
			t.Errorf("all are to come again at once: %v", waits)
		}
	})
}

// After a restart everybody comes at once: so many are let in, and the others are sent to
// different times.
func TestACrowdIsLetInBitByBit(t *testing.T) {
	p := newPlace(t, false, func(p *Params) { p.Limits.Syncs = Rate{PerSecond: 5, Burst: 10} })
	let, later := 0, map[string]int{}
	for i := range 60 {
		a := p.request("GET", "/v1/sync", "", fmt.Sprintf("Authorization: Bearer person-%d-x", i))
		switch a.StatusCode {
		case 200:
			let++
		case 503:
			later[a.Header.Get("Retry-After")]++
		default:
			t.Fatal(a.Status)
		}
	}
	if let < 10 || let > 30 {
		t.Errorf("%d of 60 were let in", let)
	}
	for after, n := range later {
		if n > 15 {
			t.Errorf("%d are to come again after %s s: %v", n, after, later)
		}
	}
	// A desktop with nothing to fetch waits as ever.
	d := p.desktop()
	d.sync("person-1-x", "0", 30)
}

func TestOnePersonCannotAskTooOften(t *testing.T) {
	p := newPlace(t, false, func(p *Params) { p.Limits.Requests = Rate{PerSecond: 0.5, Burst: 5} })
	refused := 0
	for range 10 {
		if a := p.request("GET", "/v1/menus", ""); a.StatusCode == 429 && a.Header.Get("Retry-After") != "" {
			refused++
		}
	}
	if refused < 3 {
		t.Errorf("%d of 10 were refused", refused)
	}
	if a := p.request("GET", "/v1/menus", "", "Authorization: Bearer person-2-x"); a.StatusCode != 200 {
		t.Errorf("somebody else: %s", a.Status)
	}
}

func TestPreferIsReadLeniently(t *testing.T) {
	for value, want := range map[string]int{
		"wait=5": 5, "Wait=5": 5, " wait = 5 ": 5, "respond-async, wait=7": 7, `wait="8"`: 8, "wait=5;x=y": 5,
		"wait=99999": 55, "wait=0": 0, "wait=-1": 0, "wait=x": 0, "wait": 0, "": 0, "wait=99999999999999999999": 0,
	} {
		got, _ := preferredWait(http.Header{"Prefer": {value}}, 55*time.Second)
		if got != time.Duration(want)*time.Second {
			t.Errorf("%q: %s", value, got)
		}
	}
}

func TestHealth(t *testing.T) {
	var broken error
	p := newPlace(t, false, func(p *Params) { p.Ready = func(context.Context) error { return broken } })
	ask := func(path string) (int, string) {
		w := &recorded{header: http.Header{}}
		r, _ := http.NewRequest("GET", path, nil)
		p.Health().ServeHTTP(w, r)
		return w.status, w.String()
	}
	for path, want := range map[string]string{"/healthz": "ok", "/readyz": "ready", "/metrics": "portico_sync_waiting"} {
		if status, body := ask(path); status != 0 && status != 200 || !strings.Contains(body, want) {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	broken = fmt.Errorf("the store at /secret/path is full")
	if status, body := ask("/readyz"); status != 503 || strings.Contains(body, "secret") || !strings.Contains(p.log.String(), "secret/path is full") {
		t.Errorf("%d %s", status, body)
	}
	broken = nil
	if err := p.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if status, _ := ask("/readyz"); status != 503 {
		t.Errorf("ready after the end: %d", status)
	}
}

type recorded struct {
	strings.Builder
	header http.Header
	status int
}

func (r *recorded) Header() http.Header    { return r.header }
func (r *recorded) WriteHeader(status int) { r.status = status }

func (r *recorded) SetReadDeadline(time.Time) error  { return nil }
func (r *recorded) SetWriteDeadline(time.Time) error { return nil }
