//go:build linux

package stage

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// What runs in a network of its own reaches its gate and nothing else, and is reached by
// who drives the browser in there.
func TestNetworkOfItsOwn(t *testing.T) {
	ctx := within(t, time.Minute)
	network, err := NewNetwork(ctx, "gateway.test")
	var lacking *Missing
	var refused *NoNetworkError
	if errors.As(err, &lacking) || errors.As(err, &refused) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := network.Close(); err != nil {
			t.Error(err)
		}
	})
	s := newStage(t, ctx, Params{Network: network})
	hello := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") })
	at := func(address string) (port string) {
		l, err := net.Listen("tcp", address+":0")
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewUnstartedServer(hello)
		server.Listener.Close()
		server.Listener = l
		server.Start()
		t.Cleanup(server.Close)
		_, port, _ = net.SplitHostPort(l.Addr().String())
		return port
	}
	gate, loopback := at(network.Gate), at("127.0.0.1")
	for address, want := range map[string]int{
		"gateway.test:" + gate:         0,
		"127.0.0.1:" + loopback:        7, // curl's word for nobody there
		network.Gate + ":" + loopback:  7,
		"192.0.2.1:80":                 7,
		"elsewhere.test:" + gate:       6, // and for no such name
		"login.microsoftonline.com:80": 6,
	} {
		r, err := s.Run(ctx, Command{Name: "curl", Args: []string{"--silent", "--max-time", "5", "http://" + address}})
		if err != nil || r.Code != want || want == 0 && strings.TrimSpace(r.Stdout) != "hello" {
			t.Errorf("%s: exit %d %q, %v; want %d", address, r.Code, r.Tail, err, want)
		}
	}

	if _, err := s.Start(Command{Name: s.Browser.Script, Args: []string{"data:text/html,<title>app</title><p>Here is the office"}}); err != nil {
		t.Fatal(err)
	}
	page, err := s.Browser.Opened(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := page.WaitText(ctx, "Here is the office"); err != nil {
		t.Error(err)
	}
}
