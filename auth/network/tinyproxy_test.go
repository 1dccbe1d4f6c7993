package network

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// tinyproxy starts Debian's proxy on a free port, for one user.
func tinyproxy(t *testing.T) (address string) {
	t.Helper()
	program, err := exec.LookPath("tinyproxy")
	if err != nil {
		t.Skip("tinyproxy is not installed: ", err)
	}
	address = closedPort(t)
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(t.TempDir(), "tinyproxy.conf")
	content := fmt.Sprintf("Port %s\nListen 127.0.0.1\nTimeout 30\nLogLevel Info\nMaxClients 10\nBasicAuth ada s3cret\nAllow 127.0.0.1\n", port)
	if err := os.WriteFile(config, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-d", "-c", config)
	output, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ready, ended := make(chan bool, 1), make(chan struct{})
	go func() {
		defer close(ended)
		for lines := bufio.NewScanner(output); lines.Scan(); {
			if strings.Contains(lines.Text(), "Accepting connections") {
				ready <- true
			}
		}
		close(ready)
	}()
	t.Cleanup(func() {
		cmd.Process.Kill()
		<-ended
		cmd.Wait()
	})
	if !<-ready {
		t.Fatal("tinyproxy ended before it accepted connections")
	}
	return address
}

// outside is an address of this computer that is not loopback's, and so goes
// through proxies.
func outside(t *testing.T) net.IP {
	t.Helper()
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addresses {
		if network, ok := a.(*net.IPNet); ok && network.IP.IsGlobalUnicast() && network.IP.To4() != nil {
			return network.IP
		}
	}
	t.Skip("this computer has no address besides loopback's")
	return nil
}

func TestTinyproxy(t *testing.T) {
	noProxies(t)
	proxy := tinyproxy(t)
	ip := outside(t)
	ca := newAuthority(t, "Contoso Root CA")
	hello := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "hello through "+r.Header.Get("Via")) })
	serve := func(config *tls.Config) string {
		l, err := net.Listen("tcp", net.JoinHostPort(ip.String(), "0"))
		if err != nil {
			t.Fatal(err)
		}
		s := &httptest.Server{Listener: l, Config: &http.Server{Handler: hello}, TLS: config}
		if config == nil {
			s.Start()
		} else {
			s.StartTLS()
		}
		t.Cleanup(s.Close)
		return s.URL
	}
	plain, secure := serve(nil), serve(&tls.Config{Certificates: []tls.Certificate{ca.issue(ip.String(), nil)}})

	through := newTransport(t, Options{Proxy: "http://ada:s3cret@" + proxy, ExtraCAFile: ca.file()})
	if body, err := get(t, through, plain); err != nil || !strings.Contains(body, "tinyproxy") {
		t.Errorf("%s: %q, %v", plain, body, err)
	}
	if body, err := get(t, through, secure); err != nil || body != "hello through " {
		t.Errorf("%s: %q, %v", secure, body, err)
	}
	for from, want := range map[string]Fault{
		"http://" + proxy:            {Status: http.StatusProxyAuthRequired, Wants: []string{"Basic"}},
		"http://ada:other@" + proxy:  {Status: http.StatusUnauthorized},
		"http://bob:s3cret@" + proxy: {Status: http.StatusUnauthorized},
	} {
		t.Setenv("HTTPS_PROXY", from)
		want.Kind, want.Host, want.Proxy = ProxyAuth, strings.TrimPrefix(secure, "https://"), proxy
		equalFaults(t, faultOf(t, newTransport(t, Options{ExtraCAFile: ca.file()}), secure), &want)
	}
	f := faultOf(t, through, "https://"+net.JoinHostPort(ip.String(), "1"))
	equalFaults(t, f, &Fault{Kind: NoRoute, Host: net.JoinHostPort(ip.String(), "1"), Proxy: proxy, Status: f.Status})
	if f.Status < 500 {
		t.Errorf("tinyproxy answers %d for a closed port", f.Status)
	}
}
