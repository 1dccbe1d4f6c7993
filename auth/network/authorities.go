package network

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"sync"
)

// maxCAFile bounds a file of authorities. The whole of Mozilla's list is a
// quarter of it.
const maxCAFile = 1 << 20

// authorities are those that are trusted besides the operating system's, which are read
// when a request needs them.
type authorities struct {
	extra []*x509.Certificate
	once  sync.Once
	read  chan struct{} // closed when they are, and err is there
	err   error
}

// trust has both transports trust the file's authorities besides the operating system's,
// and waits for that until ctx ends.
//
// On Windows and macOS the system's own verifier is asked first, and the file's
// authorities count where it says no (crypto/x509, Certificate.Verify); on other
// systems they are one pool, which SSL_CERT_FILE and SSL_CERT_DIR replace the
// system's part of.
func (t *Transport) trust(ctx context.Context) error {
	select {
	case <-t.reading():
		return t.trusted.err
	case <-ctx.Done():
		return fmt.Errorf("the operating system's authorities were not read in time: %w", context.Cause(ctx))
	}
}

// reading begins to read the authorities, once. Nobody can end that: where their files
// lie on a computer that does not answer, its goroutine waits as long as that one is
// away, and nobody waits for it.
func (t *Transport) reading() <-chan struct{} {
	t.trusted.once.Do(func() {
		t.trusted.read = make(chan struct{})
		go func() {
			defer close(t.trusted.read)
			t.trusted.err = t.readTrusted()
		}()
	})
	return t.trusted.read
}

func (t *Transport) readTrusted() error {
	// crypto/x509 reads them once a process, and keeps them.
	pool, err := x509.SystemCertPool()
	if len(t.trusted.extra) == 0 {
		return nil // without a pool crypto/tls takes the system's by itself
	}
	if err != nil {
		return fmt.Errorf("the operating system's authorities cannot be read: %w", err)
	}
	for _, certificate := range t.trusted.extra {
		pool.AddCert(certificate)
	}
	t.base.TLSClientConfig.RootCAs, t.classic.TLSClientConfig.RootCAs = pool, pool
	return nil
}

// trustFor is trust where a request to an address by one of some ways speaks TLS.
func (t *Transport) trustFor(ctx context.Context, address *url.URL, ways []candidate) error {
	if !secure(address) && !slices.ContainsFunc(ways, func(via candidate) bool { return secure(via.proxy) }) {
		return nil
	}
	return t.trust(ctx)
}

// secure says whether TLS is spoken with whom an address names, nil for nobody.
func secure(address *url.URL) bool { return address != nil && address.Scheme == "https" }

// trustedConfig is how TLS is spoken with whoever serves a proxy script.
func (t *Transport) trustedConfig(ctx context.Context) (*tls.Config, error) {
	if err := t.trust(ctx); err != nil {
		return nil, err
	}
	return t.base.TLSClientConfig.Clone(), nil
}

// Prepare begins to read the operating system's authorities, which on Linux takes about
// ten milliseconds, and which otherwise the first request over https waits for. It makes
// no request and waits for nothing. It is for a program that has something else to wait
// for meanwhile; what is wrong with them, the request says.
func (t *Transport) Prepare() { t.reading() }

// readAuthorities reads a PEM file of certificates. Anything else in it is an
// error, because an authority left out shows only much later, as a certificate
// that is not trusted.
func readAuthorities(file string) ([]*x509.Certificate, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", err)
	}
	if len(raw) > maxCAFile {
		return nil, fmt.Errorf("%s is larger than %d bytes", file, maxCAFile)
	}
	if _, err := x509.ParseCertificate(raw); err == nil {
		return nil, fmt.Errorf("%s is in DER; convert it to PEM, as openssl x509 -inform der does", file)
	}
	var found []*x509.Certificate
	for rest := raw; ; {
		begin := bytes.Index(rest, []byte("-----BEGIN "))
		if begin < 0 {
			break
		}
		line := 1 + bytes.Count(raw[:len(raw)-len(rest)+begin], []byte("\n"))
		certificate, after, err := readAuthority(rest[begin:])
		if err != nil {
			return nil, fmt.Errorf("%s, line %d: %w", file, line, err)
		}
		found, rest = append(found, certificate), after
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("%s holds no certificate: -----BEGIN CERTIFICATE----- is not in it", file)
	}
	return found, nil
}

// readAuthority reads the block that text begins with.
func readAuthority(text []byte) (*x509.Certificate, []byte, error) {
	block, rest := pem.Decode(text)
	// A broken block is passed over by the decoder, with the next one as its result.
	if block == nil || bytes.Count(text[:len(text)-len(rest)], []byte("-----BEGIN ")) != 1 {
		return nil, nil, errors.New("the block that begins here is broken")
	}
	// OpenSSL's "TRUSTED CERTIFICATE" carries more than the certificate.
	if block.Type != "CERTIFICATE" {
		return nil, nil, fmt.Errorf("%s is no certificate", block.Type)
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, nil, fmt.Errorf("the certificate cannot be read: %w", err)
	}
	return certificate, rest, nil
}
