//go:build linux

package e2e

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/portico-desktop/portico/auth/authtest/squid"
	"github.com/portico-desktop/portico/cmd/internal/stage"
)

// A computer that is carried from one network with a proxy script into another. The first
// script names two proxies, of which one is dead; the second one names another proxy, at
// the same address. The agent goes on.
func TestOfficeWithScripts(t *testing.T) {
	t.Parallel()
	const pacRunner = "/usr/libexec/glib-pacrunner"
	if _, err := exec.LookPath(pacRunner); err != nil {
		t.Skipf("%s is not installed (Debian's package glib-networking-services)", pacRunner)
	}
	o := newOffice(t, within(t, 2*time.Minute), "negotiate")
	elsewhere := squid.Start(t, squid.Options{Address: o.network.Gate, Hosts: map[string]string{loginHost: "127.0.0.1", portalHost: "127.0.0.1"}})
	at := func(port string) string { return "PROXY " + net.JoinHostPort(proxyHost, port) }
	scripts := o.serveScript()
	scripts.says(at(squid.FreePort(t, o.network.Gate)) + "; " + at(o.proxy.Port))
	o.startPACRunner(pacRunner)
	must(t, os.WriteFile(filepath.Join(o.Dir, "config", "kioslaverc"), []byte("[Proxy Settings]\nProxyType=2\nProxy Config Script="+scripts.address+"\n"), 0o600))
	o.env = slices.DeleteFunc(o.env, func(variable string) bool { return strings.HasPrefix(variable, "HTTPS_PROXY=") })
	o.env = append(o.env, "XDG_CURRENT_DESKTOP=KDE")
	o.realm.LogOn(t, o.cache, squid.Name, squid.Password)

	agent := o.agent()
	o.signedIn("login behind a dead proxy", o.login())
	o.through(annasLogOn, 1, "a refresh behind a dead proxy", func() { o.signedIn("a refresh", o.ctl("status", "--refresh")) })

	scripts.says(at(elsewhere.Port))
	o.through(annasLogOn, 1, "a refresh while the network is the same", func() { o.signedIn("a refresh", o.ctl("status", "--refresh")) })
	login, err := url.Parse(o.provider.Issuer())
	must(t, err)
	tunnels := func() (n int) {
		for _, l := range elsewhere.Log(t) {
			if l.Asked == "CONNECT "+login.Host && l.Status == http.StatusOK {
				n++
			}
		}
		return n
	}
	must(t, o.network.Move(o.ctx))
	for tunnels() == 0 {
		must(t, o.ctx.Err())
		o.signedIn("in the other network", o.ctl("status", "--refresh"))
	}
	for range 2 {
		before := tunnels()
		o.signedIn("in the other network", o.ctl("status", "--refresh"))
		elsewhere.LogUntil(t, func(squid.Line) bool { return tunnels() > before })
	}
	if _, info, err := o.Agent(o.ctx); err != nil || info.PID != agent.PID() {
		t.Errorf("the agent is %d and not %d: %v", info.PID, agent.PID(), err)
	}
}

// script is a proxy script on a web server of the company.
type script struct {
	address string
	text    atomic.Value
}

// says has the script give this answer for every address.
func (s *script) says(answer string) {
	s.text.Store(fmt.Sprintf("function FindProxyForURL(url, host) { return %q; }", answer))
}

// serveScript serves a script at the network's gate, over TLS.
func (o *office) serveScript() *script {
	o.t.Helper()
	s := &script{}
	l, err := net.Listen("tcp", net.JoinHostPort(o.network.Gate, "0"))
	must(o.t, err)
	secure, err := o.authority.Server()
	must(o.t, err)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-ns-proxy-autoconfig")
		_, _ = w.Write([]byte(s.text.Load().(string)))
	}))
	server.Listener.Close()
	server.Listener = tls.NewListener(l, secure)
	server.Start()
	o.t.Cleanup(server.Close)
	_, port, err := net.SplitHostPort(l.Addr().String())
	must(o.t, err)
	s.address = "https://" + net.JoinHostPort(scriptHost, port) + "/proxy.pac"
	return s
}

// startPACRunner starts what runs the desktop's scripts, and waits for it.
func (o *office) startPACRunner(program string) {
	o.t.Helper()
	const name = "org.gtk.GLib.PACRunner"
	bus := o.sessionBus()
	must(o.t, bus.AddMatchSignal(dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, name)))
	signals := make(chan *dbus.Signal, 8)
	bus.Signal(signals)
	p, err := o.Start(stage.Command{Name: program})
	must(o.t, err)
	select {
	case <-signals:
	case <-p.Done():
		o.t.Fatalf("%s: %s", program, p.Tail())
	case <-o.ctx.Done():
		o.t.Fatal(o.ctx.Err())
	}
}
