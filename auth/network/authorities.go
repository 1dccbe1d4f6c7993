package network

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"sync"
	"time"
)

// maxCAFile bounds a file of authorities. The whole of Mozilla's list is a
// quarter of it.
const maxCAFile = 1 << 20

// authorities are the trusted ones. They are read when a request needs them: first the
// usual ones, and all of them once somebody shows a certificate these do not vouch for.
// Trusted by some is trusted by all of them, so only a refusal needs a second look.
type authorities struct {
	extra        []*x509.Certificate // besides the operating system's
	usual, whole reading
}

// reading is something that is read once.
type reading struct {
	once  sync.Once
	ended chan struct{} // closed when it is, and err is there
	err   error
}

// begin begins to read, once. Nobody can end the reading: with the files on a computer
// out of reach, its goroutine waits as long as that one is away, and nobody waits for it.
func (r *reading) begin(read func() error) <-chan struct{} {
	r.once.Do(func() {
		r.ended = make(chan struct{})
		go func() {
			defer close(r.ended)
			r.err = read()
		}()
	})
	return r.ended
}

// wait is begin, and waits until it is read, or ctx ends.
func (r *reading) wait(ctx context.Context, read func() error) error {
	select {
	case <-r.begin(read):
		return r.err
	case <-ctx.Done():
		return fmt.Errorf("the operating system's authorities were not read in time: %w", context.Cause(ctx))
	}
}

// carriers take requests their way, and trust the same authorities.
type carriers struct {
	base    *http.Transport
	classic *http.Transport // base without post-quantum key exchange
	// whole: there are no other authorities to ask.
	whole bool
}

// of is the one with the key exchange that is asked for.
func (c *carriers) of(classic bool) *http.Transport {
	if classic {
		return c.classic
	}
	return c.base
}

// trust has requests trust the file's authorities besides the operating system's usual
// ones, and waits for that until ctx ends.
//
// On Windows and macOS the system's own verifier is asked first, and the file's
// authorities count where it says no (crypto/x509, Certificate.Verify); on other
// systems they are one pool, which SSL_CERT_FILE and SSL_CERT_DIR replace the
// system's part of.
func (t *Transport) trust(ctx context.Context) error {
	return t.trusted.usual.wait(ctx, t.readUsual)
}

// reading begins to read the usual authorities.
func (t *Transport) reading() <-chan struct{} { return t.trusted.usual.begin(t.readUsual) }

func (t *Transport) readUsual() error {
	usual := usualAuthorities()
	if usual == nil {
		return t.trusted.whole.wait(context.Background(), t.readWhole)
	}
	if len(t.trusted.extra) > 0 {
		usual = usual.Clone()
	}
	t.trustPool(usual, false)
	return nil
}

// readWhole reads all that crypto/x509 knows of.
func (t *Transport) readWhole() error {
	// It reads them once a process, and keeps them.
	pool, err := x509.SystemCertPool()
	if len(t.trusted.extra) == 0 {
		t.trustPool(nil, true) // without a pool crypto/tls takes the system's by itself
		return nil
	}
	if err != nil {
		return fmt.Errorf("the operating system's authorities cannot be read: %w", err)
	}
	t.trustPool(pool, true)
	return nil
}

// trustPool has the requests from now on trust a pool, with the file's authorities.
func (t *Transport) trustPool(pool *x509.CertPool, whole bool) {
	for _, certificate := range t.trusted.extra {
		pool.AddCert(certificate)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	before := t.carry.Load()
	if before.whole {
		return // a script was quicker, whose address is asked for with all of them
	}
	after := &carriers{base: before.base.Clone(), classic: before.classic.Clone(), whole: whole}
	after.base.TLSClientConfig.RootCAs, after.classic.TLSClientConfig.RootCAs = pool, pool
	t.carry.Store(after)
}

// trusting is tryAll, and once more where the usual authorities do not vouch for whoever
// answers, and others do. Nothing of the request has been sent by then.
func (t *Transport) trusting(req *http.Request, found answer, deadline time.Time, keep bool) (*http.Response, *way, error) {
	trusted := t.carry.Load()
	resp, w, err := t.tryAll(req, found, deadline, keep)
	var refused *tls.CertificateVerificationError
	if trusted.whole || w.ready.Load() || !errors.As(err, &refused) {
		return resp, w, err
	}
	if t.trusted.whole.wait(req.Context(), t.readWhole) != nil || !t.carry.Load().vouch(refused.UnverifiedCertificates) {
		return resp, w, err
	}
	return t.tryAll(req, found, deadline, keep)
}

// vouch says whether the authorities vouch for a chain of certificates, whosever it is. It
// saves a connection that would be refused again, and decides nothing else.
func (c *carriers) vouch(chain []*x509.Certificate) bool {
	if len(chain) == 0 {
		return false
	}
	between := x509.NewCertPool()
	for _, certificate := range chain[1:] {
		between.AddCert(certificate)
	}
	_, err := chain[0].Verify(x509.VerifyOptions{Roots: c.base.TLSClientConfig.RootCAs, Intermediates: between})
	return err == nil
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
	if err := t.trusted.whole.wait(ctx, t.readWhole); err != nil {
		return nil, err
	}
	return t.carry.Load().base.TLSClientConfig.Clone(), nil
}

// Prepare begins to read the operating system's authorities, which on Linux takes some
// milliseconds, and which otherwise the first request over https waits for. It makes
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
