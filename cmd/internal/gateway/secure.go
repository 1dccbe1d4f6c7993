package gateway

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"

	"github.com/portico-desktop/portico/cmd/internal/gateway/settings"
)

// secure has the certificate of the gateway's connections.
type secure struct {
	mode    string
	file    *certificateFile
	manager *autocert.Manager
	host    string // of the manager's certificate
	log     *slog.Logger
}

// newSecure makes the connections safe as the settings say. A certificate from a file is read,
// so that a wrong one is known at the start; one by ACME comes with the first connection.
func newSecure(s *settings.Settings, log *slog.Logger) (*secure, error) {
	switch s.TLS.Mode {
	case "file":
		f := &certificateFile{certificate: s.TLS.Certificate, key: s.TLS.Key, log: log}
		_, err := f.get(nil)
		return &secure{mode: s.TLS.Mode, file: f}, err
	case "acme":
		address, err := url.Parse(s.URL)
		if err != nil {
			return nil, fmt.Errorf("url of the settings: %w", err)
		}
		client := &acme.Client{DirectoryURL: s.TLS.Directory, UserAgent: "portico-gateway"}
		if s.TLS.Authorities != "" {
			if client.HTTPClient, err = vouchedBy(s.TLS.Authorities); err != nil {
				return nil, err
			}
		}
		return &secure{mode: s.TLS.Mode, host: address.Hostname(), log: log, manager: &autocert.Manager{
			Prompt: autocert.AcceptTOS, Cache: autocert.DirCache(s.TLS.Cache), HostPolicy: autocert.HostWhitelist(address.Hostname()),
			Client: client, Email: s.TLS.Email,
		}}, nil
	}
	return &secure{mode: s.TLS.Mode}, nil
}

// vouchedBy is a client that believes the authorities of a file.
func vouchedBy(file string) (*http.Client, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read tls.authorities: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(raw) {
		return nil, fmt.Errorf("tls.authorities: there is no certificate in %s; it has to be PEM", file)
	}
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	return &http.Client{Transport: t, Timeout: time.Minute}, nil
}

// config is nil for connections without TLS.
func (s *secure) config() *tls.Config {
	switch {
	case s.file != nil:
		return &tls.Config{GetCertificate: s.file.get, MinVersion: tls.VersionTLS12}
	case s.manager != nil:
		c := s.manager.TLSConfig()
		c.MinVersion, c.GetCertificate = tls.VersionTLS12, s.byACME
		return c
	}
	return nil
}

// byACME is the manager's certificate. A missing one is logged, since people see a broken
// connection alone; a stranger's request for another name is not.
func (s *secure) byACME(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	c, err := s.manager.GetCertificate(hello)
	if err != nil && strings.EqualFold(strings.TrimSuffix(hello.ServerName, "."), s.host) {
		s.log.Error("there is no certificate for people's computers: tls.mode is acme, and the authority gives none; it has to reach url at port 443", "error", err)
	}
	return c, err
}

func (s *secure) close() {
	if s.manager != nil && s.manager.Client.HTTPClient != nil {
		s.manager.Client.HTTPClient.CloseIdleConnections()
	}
}

// certificateFile is a certificate in files, read again when they change. A wrong one later on
// leaves the last good one.
type certificateFile struct {
	certificate, key string
	log              *slog.Logger

	mu     sync.Mutex
	have   *tls.Certificate
	of     [2]time.Time // of the files as they were read
	looked time.Time
}

// lookAgain is the pause between two looks at the files' times.
const lookAgain = time.Second

func (f *certificateFile) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.have != nil && time.Since(f.looked) < lookAgain {
		return f.have, nil
	}
	f.looked = time.Now()
	of, err := f.times()
	if err == nil && f.have != nil && of == f.of {
		return f.have, nil
	}
	var read tls.Certificate
	if err == nil {
		read, err = tls.LoadX509KeyPair(f.certificate, f.key)
	}
	switch {
	case err == nil:
		f.have, f.of = &read, of
	case f.have == nil:
		return nil, &settings.Error{Problems: []settings.Problem{{Source: "the settings", Key: "tls.certificate", Reason: "and tls.key cannot be used: " + err.Error()}}}
	case of != f.of:
		f.log.Error("the new certificate cannot be used; the former one goes on", "error", err)
		f.of = of
	}
	return f.have, nil
}

func (f *certificateFile) times() (of [2]time.Time, err error) {
	for i, name := range []string{f.certificate, f.key} {
		info, statErr := os.Stat(name)
		if statErr != nil {
			err = errors.Join(err, statErr)
			continue
		}
		of[i] = info.ModTime()
	}
	return of, err
}
