package network

import (
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"
)

// Whoever has set no proxy pays for none: no call over D-Bus, no process, no request
// more than the one that was made.
func TestNoProxyCostsNothing(t *testing.T) {
	for name, prepare := range map[string]func(d *desktop){
		"nothing set":    func(*desktop) {},
		"none is chosen": func(d *desktop) { d.set("mode", "none", "autoconfig-url", "http://wpad.test/proxy.pac") },
		"a proxy for others": func(d *desktop) {
			d.set("mode", "manual", "https host", "secure.test", "ignore-hosts", "['0.0.0.0/0']")
		},
		"KDE and nothing set":    func(d *desktop) { d.t.Setenv("XDG_CURRENT_DESKTOP", "KDE") },
		"a desktop without such": func(d *desktop) { d.t.Setenv("XDG_CURRENT_DESKTOP", "sway") },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesktop(t, true)
			prepare(d)
			var calls, requests atomic.Int32
			socket := filepath.Join(d.home, "run", "counted")
			bus, err := net.Listen("unix", socket)
			if err != nil {
				t.Fatal(err)
			}
			accepting := make(chan struct{})
			go func() {
				defer close(accepting)
				for {
					c, err := bus.Accept()
					if err != nil {
						return
					}
					calls.Add(1)
					c.Close()
				}
			}()
			t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+socket)
			t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path="+socket)
			l, err := net.Listen("tcp", net.JoinHostPort(outside(t).String(), "0"))
			if err != nil {
				t.Fatal(err)
			}
			server := &httptest.Server{Listener: l, Config: &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { requests.Add(1) })}}
			server.Start()
			defer server.Close()

			before := children(t)
			tr := newTransport(t, Options{AnswersFile: filepath.Join(d.home, "answers.json")})
			if _, err := get(t, tr, server.URL); err != nil {
				t.Fatal(err)
			}
			tr.Reset()
			if _, err := get(t, tr, server.URL); err != nil {
				t.Fatal(err)
			}
			if children(t) != before {
				t.Error("a process was started")
			}
			bus.Close()
			<-accepting
			if calls.Load() != 0 || requests.Load() != 2 {
				t.Errorf("%d connections to a bus, %d requests for 2", calls.Load(), requests.Load())
			}
		})
	}
}

// children is what processes that this one has started and waited for have used.
func children(t *testing.T) unix.Rusage {
	t.Helper()
	var used unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_CHILDREN, &used); err != nil {
		t.Fatal(err)
	}
	return used
}
