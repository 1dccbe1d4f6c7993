package gateway

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/portico-desktop/portico/cmd/internal/gateway/settings"
	"github.com/portico-desktop/portico/cmd/internal/selfsigned"
)

// pair writes a certificate for localhost with this name, and its key.
func pair(t *testing.T, certificate, key, name string) *x509.Certificate {
	t.Helper()
	c, err := selfsigned.New(name)
	if err == nil {
		err = selfsigned.Write(c, certificate, key)
	}
	if err != nil {
		t.Fatal(err)
	}
	return c.Leaf
}

// A changed certificate is read again. A wrong one leaves the former, is logged once,
// and a good one after it counts.
func TestCertificateIsReadAgain(t *testing.T) {
	dir := t.TempDir()
	certificate, key := filepath.Join(dir, "portal.pem"), filepath.Join(dir, "portal.key")
	pair(t, certificate, key, "first")
	var log bytes.Buffer
	s, err := newSecure(&settings.Settings{TLS: settings.TLS{Mode: "file", Certificate: certificate, Key: key}}, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	changed := time.Now()
	// served is the name in the certificate, some time after its files have changed.
	served := func() string {
		t.Helper()
		changed = changed.Add(time.Minute)
		for _, file := range []string{certificate, key} {
			if err := os.Chtimes(file, changed, changed); err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
		}
		s.file.looked = s.file.looked.Add(-2 * lookAgain)
		c, err := s.config().GetCertificate(nil)
		if err != nil {
			t.Fatal(err)
		}
		leaf, err := x509.ParseCertificate(c.Certificate[0])
		if err != nil {
			t.Fatal(err)
		}
		return leaf.Subject.CommonName
	}
	if got := served(); got != "first" {
		t.Errorf("at the start: %s", got)
	}
	pair(t, certificate, key, "second")
	if got := served(); got != "second" {
		t.Errorf("after a change: %s", got)
	}
	// The new certificate lies there, and its key does not yet.
	pair(t, certificate, filepath.Join(dir, "other.key"), "third")
	if got := served(); got != "second" || strings.Count(log.String(), "the former one goes on") != 1 {
		t.Errorf("with another's key: %s; %s", got, log.String())
	}
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	if got := served(); got != "second" {
		t.Errorf("without a key: %s", got)
	}
	pair(t, certificate, key, "fourth")
	if got := served(); got != "fourth" {
		t.Errorf("after it was mended: %s", got)
	}
}

func TestCertificateIsNeededAtTheStart(t *testing.T) {
	dir := t.TempDir()
	_, err := newSecure(&settings.Settings{TLS: settings.TLS{Mode: "file", Certificate: filepath.Join(dir, "none.pem"), Key: filepath.Join(dir, "none.key")}}, nil)
	if err == nil || !strings.Contains(err.Error(), "tls.certificate and tls.key cannot be used") {
		t.Error(err)
	}
}

// freePort finds a port for a program started with its number.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// pebble starts Let's Encrypt's test authority. It really asks the gateway's port, by
// TLS-ALPN-01. It returns the address of its directory, the file with its certificate, and the
// address of its own root.
func pebble(t *testing.T, port string) (directory, authorities, root string) {
	t.Helper()
	program, err := exec.LookPath("pebble")
	if err != nil {
		t.Skip("pebble is not installed: ", err)
	}
	dir := t.TempDir()
	authorities = filepath.Join(dir, "cert.pem")
	pair(t, authorities, filepath.Join(dir, "key.pem"), "pebble")
	listen, management := "127.0.0.1:"+freePort(t), "127.0.0.1:"+freePort(t)
	dns := "127.0.0.1:" + freePort(t)
	run(t, exec.Command("pebble-challtestsrv", "-http01", "", "-https01", "", "-tlsalpn01", "", "-dns01", dns, "-management", "127.0.0.1:"+freePort(t), "-defaultIPv4", "127.0.0.1", "-defaultIPv6", ""))
	config := filepath.Join(dir, "pebble.json")
	text := fmt.Sprintf(`{"pebble": {"listenAddress": %q, "managementListenAddress": %q, "certificate": %q, "privateKey": %q, "httpPort": 1, "tlsPort": %s}}`,
		listen, management, authorities, filepath.Join(dir, "key.pem"), port)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c := exec.Command(program, "-config", config, "-dnsserver", dns)
	c.Env = append(os.Environ(), "PEBBLE_VA_NOSLEEP=1")
	run(t, c)
	for _, address := range []string{dns, management} {
		until(t, func() bool {
			l, err := net.Dial("tcp", address)
			if err == nil {
				_ = l.Close()
			}
			return err == nil
		})
	}
	return "https://" + listen + "/dir", authorities, "https://" + management + "/roots/0"
}

// run runs a program until the test ends, and shows what it said if the test fails.
func run(t *testing.T, c *exec.Cmd) {
	t.Helper()
	var log bytes.Buffer
	c.Stdout, c.Stderr = &log, &log
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
		if t.Failed() {
			t.Log(log.String())
		}
	})
}

// until asks again until something is so.
func until(t *testing.T, so func() bool) {
	t.Helper()
	end := time.After(30 * time.Second)
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for !so() {
		select {
		case <-again.C:
		case <-end:
			t.Fatal("it does not come to pass")
		}
	}
}

// A gateway gets its certificate from an authority, serves with it, and has it still after a
// restart without the authority.
func TestCertificateComesByACME(t *testing.T) {
	port := freePort(t)
	directory, authorities, root := pebble(t, port)
	dir := t.TempDir()
	content := filepath.Join(dir, "portal")
	if err := os.MkdirAll(content, 0o755); err != nil {
		t.Fatal(err)
	}
	described, err := json.Marshal(map[string]any{"version": 1, "name": "Contoso IT", "providers": []any{
		map[string]any{"id": "work", "title": "Work", "authority": "https://id.example.com", "client_id": "x"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(content, "portico.json"), described, 0o644); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "gateway.toml")
	write := func(directory string) {
		text := fmt.Sprintf("url = %q\nlisten = %q\noperations = \"127.0.0.1:0\"\n[tls]\nmode = \"acme\"\ndirectory = %q\nauthorities = %q\n",
			"https://portal.example.com:"+port, "127.0.0.1:"+port, directory, authorities)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(directory)

	trusted := x509.NewCertPool()
	raw, err := os.ReadFile(authorities)
	if err != nil {
		t.Fatal(err)
	}
	trusted.AppendCertsFromPEM(raw)
	ofPebble := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trusted}}}
	defer ofPebble.CloseIdleConnections()
	vouched := x509.NewCertPool()
	if !vouched.AppendCertsFromPEM(get(t, ofPebble, root)) {
		t.Fatal("pebble has no root")
	}

	var serials []string
	for _, at := range []string{directory, "https://127.0.0.1:1/dir"} {
		write(at)
		s, err := settings.Read(file, nil)
		if err != nil {
			t.Fatal(err)
		}
		g, err := Open(t.Context(), Params{Settings: s})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- g.Serve(ctx) }()
		client := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: vouched}, DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, "127.0.0.1:"+port)
		}}}
		r, err := client.Get("https://portal.example.com:" + port + "/.well-known/portico.json")
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		leaf := r.TLS.PeerCertificates[0]
		if r.StatusCode != http.StatusOK || !strings.Contains(leaf.Issuer.CommonName, "Pebble") {
			t.Errorf("%s, by %s", r.Status, leaf.Issuer)
		}
		serials = append(serials, leaf.SerialNumber.String())
		// Nobody else's name gets a certificate, or is asked for at the authority.
		if other, err := tls.Dial("tcp", "127.0.0.1:"+port, &tls.Config{ServerName: "other.example.com", InsecureSkipVerify: true}); err == nil {
			_ = other.Close()
			t.Error("another name is served")
		}
		client.CloseIdleConnections()
		cancel()
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
	}
	if serials[0] != serials[1] {
		t.Error("a restart needs another certificate")
	}
	kept, err := os.ReadDir(filepath.Join(dir, "certificates"))
	if err != nil || len(kept) < 2 {
		t.Fatalf("%v %v", kept, err)
	}
	for _, f := range kept {
		if info, err := f.Info(); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s may be read by others: %v", f.Name(), err)
		}
	}
}

func get(t *testing.T, client *http.Client, address string) []byte {
	t.Helper()
	r, err := client.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// An authority out of reach is said, since people see a broken connection alone.
func TestMissingCertificateIsSaid(t *testing.T) {
	var log bytes.Buffer
	s, err := newSecure(&settings.Settings{URL: "https://portal.example.com", TLS: settings.TLS{Mode: "acme", Directory: "https://127.0.0.1:1/dir", Cache: t.TempDir()}},
		slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	for name, said := range map[string]bool{"other.example.com": false, "portal.example.com": true} {
		log.Reset()
		hello := &tls.ClientHelloInfo{ServerName: name, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}}
		if _, err := s.config().GetCertificate(hello); err == nil || strings.Contains(log.String(), "there is no certificate for people's computers") != said {
			t.Errorf("%s: %v; %s", name, err, log.String())
		}
	}
}
