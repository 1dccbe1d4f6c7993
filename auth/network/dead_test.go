package network

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// scripted has a transport's way out come from a script that gives one answer.
func scripted(tr *Transport, answer func() string) {
	tr.readSystem = func() (system, error) { return system{pac: thePAC, source: SourceDesktop}, nil }
	tr.answers.evaluate = func(context.Context, system, string, *url.URL) (evaluated, error) {
		ways, err := parsePAC(answer())
		return evaluated{ways: ways}, err
	}
}

// The next proxy is tried where one is not there, and the dead one last for five minutes.
func TestListsAreTriedInOrder(t *testing.T) {
	o := newOffice(t)
	var dials atomic.Int32
	hangsUp := listen(t, func(c net.Conn) { dials.Add(1); c.Read(make([]byte, 1)); c.Close() })
	tr := o.transport(t, "")
	now := time.Now()
	tr.now = func() time.Time { return now }
	scripted(tr, func() string {
		return "PROXY " + hangsUp + "; PROXY " + closedPort(t) + "; PROXY " + o.proxy.Address() + "; DIRECT"
	})
	post := func(want int32) {
		t.Helper()
		req, err := http.NewRequest(http.MethodPost, o.url, io.NopCloser(strings.NewReader("body")))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := tr.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if got := dials.Load(); got != want {
			t.Errorf("the proxy that hangs up was tried %d times, want %d", got, want)
		}
	}
	post(1)
	post(1)
	answer := askOf(t, tr, o.url)
	if len(answer.Ways) != 4 || answer.Ways[0] != o.proxy.URL("") || answer.Ways[1] != Direct {
		t.Errorf("the dead are not last: %v", answer.Ways)
	}
	now = now.Add(deadFor + time.Second)
	post(2)
	now = now.Add(-time.Hour)
	post(3) // with the clock set back
	tr.Reset()
	post(4) // another network
}

// A proxy that refuses is there. Only where there is none, the next one is asked.
func TestAProxyThatRefusesIsNotPassedBy(t *testing.T) {
	o := newOffice(t)
	for _, status := range []int{403, 407, 502} {
		o.proxy.Refuse = status
		tr := o.transport(t, "")
		scripted(tr, func() string { return "PROXY " + o.proxy.Address() + "; PROXY " + closedPort(t) + "; DIRECT" })
		if f := faultOf(t, tr, o.url); f.Status != status || f.Proxy != o.proxy.Address() {
			t.Errorf("%d: %v", status, f)
		}
	}
}

// Nobody goes out directly whom a script has not told to.
func TestDirectOnlyWhereTheScriptSaysSo(t *testing.T) {
	noProxies(t)
	tr := newTransport(t, Options{})
	tr.dialer.Resolver = nameServer(t, rcodeNameError)
	closed := closedPort(t)
	answer := "PROXY " + closed
	scripted(tr, func() string { return answer })
	equalFaults(t, faultOf(t, tr, "http://"+officeHost), &Fault{Kind: ProxyDown, Host: officeHost, Proxy: closed})
	answer += "; DIRECT"
	tr.Reset()
	equalFaults(t, faultOf(t, tr, "http://"+officeHost), &Fault{Kind: NameNotFound, Host: officeHost})
}

// A proxy that swallows everything holds the next one up for three seconds, not for ten.
func TestASilentProxyInAList(t *testing.T) {
	o := newOffice(t)
	silentPort := listen(t, silent)
	tr := o.transport(t, "")
	tr.answerIn = 300 * time.Millisecond
	scripted(tr, func() string { return "PROXY " + silentPort + "; PROXY " + o.proxy.Address() })
	if f := faultOf(t, tr, o.url); f.Kind != ProxyDown || f.Proxy != silentPort {
		t.Errorf("%v", f)
	}
	tr.answerIn = answerLimit
	if body, err := get(t, tr, o.url); err != nil || body != "hello" {
		t.Errorf("the next request: %q, %v", body, err)
	}
}

// What a script said in another network, and cannot be asked about in this one, is worth
// one try.
func TestALastAnswerThatIsNoLongerTrue(t *testing.T) {
	noProxies(t)
	tr := newTransport(t, Options{})
	tr.dialer.Resolver = nameServer(t, rcodeNameError)
	scripted(tr, func() string { return "PROXY " + closedPort(t) })
	address := "http://" + officeHost
	askOf(t, tr, address)
	tr.answers.evaluate = func(context.Context, system, string, *url.URL) (evaluated, error) {
		return evaluated{}, io.ErrUnexpectedEOF
	}
	tr.Renew()
	if got := askOf(t, tr, address); got.Kept.IsZero() || got.Err == nil || len(got.Ways) != 1 || got.Ways[0] == Direct {
		t.Errorf("the last answer does not count: %+v", got)
	}
	if f := faultOf(t, tr, address); f.Proxy != "" || f.Kind != NameNotFound || f.ScriptErr == nil {
		t.Errorf("the last answer still counts after its proxy was not there: %v", f)
	}
}
