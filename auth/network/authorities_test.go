package network

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestFilesThatAreNoAuthorities(t *testing.T) {
	ca := newAuthority(t, "Contoso Root CA")
	good := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.certificate.Raw})
	key, err := x509.MarshalPKCS8PrivateKey(ca.key)
	if err != nil {
		t.Fatal(err)
	}
	cut := bytes.Replace(good, []byte("-----END CERTIFICATE-----"), nil, 1)
	lines := strings.Repeat("# a comment\n", 4)
	tests := map[string]struct {
		content []byte
		says    string
	}{
		"empty":             {nil, "holds no certificate"},
		"text":              {[]byte("hello\n"), "holds no certificate"},
		"DER":               {ca.certificate.Raw, "is in DER; convert it to PEM"},
		"a private key":     {append([]byte(lines), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})...), "line 5: PRIVATE KEY is no certificate"},
		"not a certificate": {append([]byte(lines), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("hello")})...), "line 5: the certificate cannot be read"},
		"cut off":           {cut, "line 1: the block that begins here is broken"},
		"broken in front":   {append(append([]byte("\n"), cut...), good...), "line 2: the block that begins here is broken"},
		"broken behind":     {append(append([]byte{}, good...), cut...), "the block that begins here is broken"},
		"enormous":          {make([]byte, maxCAFile+1), "is larger than"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "extra.pem")
			if err := os.WriteFile(file, test.content, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := New(Options{ExtraCAFile: file})
			if err == nil || !strings.Contains(err.Error(), file) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("the error is %v; it should name the file and say %q", err, test.says)
			}
			if err != nil && bytes.Contains([]byte(err.Error()), key[20:30]) {
				t.Error("the error repeats what is in the file")
			}
		})
	}
	t.Run("missing", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "extra.pem")
		if _, err := New(Options{ExtraCAFile: file}); err == nil || !strings.Contains(err.Error(), file) {
			t.Errorf("the error is %v", err)
		}
	})
	t.Run("several, with words between", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "extra.pem")
		second := newAuthority(t, "Second")
		content := append([]byte("subject=Contoso\n"), good...)
		content = append(append(content, "\r\nsubject=Second\r\n"...), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: second.certificate.Raw})...)
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if found, err := readAuthorities(file); err != nil || len(found) != 2 {
			t.Errorf("found %d certificates, %v", len(found), err)
		}
	})
}

// The file adds to the operating system's authorities. A process reads those
// once, so another one is given a list of its own (SSL_CERT_FILE).
func TestTheFileAddsToTheSystemsAuthorities(t *testing.T) {
	const run = "PORTICO_TEST_AUTHORITIES"
	if addresses := os.Getenv(run); addresses != "" {
		tr := newTransport(t, Options{Proxy: Direct, ExtraCAFile: os.Getenv(run + "_FILE")})
		for address := range strings.SplitSeq(addresses, " ") {
			resp, err := tr.Client().Get(address)
			if err != nil {
				t.Errorf("%s: %v", address, err)
				continue
			}
			io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				t.Errorf("%s: %s", address, resp.Status)
			}
		}
		return
	}
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		t.Skip("here the system's authorities cannot be set for one process")
	}
	system, extra := newAuthority(t, "Of the system"), newAuthority(t, "Of the file")
	first := secureServer(t, &tls.Config{Certificates: []tls.Certificate{system.issue("127.0.0.1", nil)}})
	second := secureServer(t, &tls.Config{Certificates: []tls.Certificate{extra.issue("127.0.0.1", nil)}})
	again := func(addresses, file string) ([]byte, error) {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
		cmd.Env = append(os.Environ(), run+"="+addresses, run+"_FILE="+file, "SSL_CERT_FILE="+system.file(), "SSL_CERT_DIR="+t.TempDir())
		return cmd.CombinedOutput()
	}
	if out, err := again(first.URL+" "+second.URL, extra.file()); err != nil {
		t.Errorf("with the file: %v\n%s", err, out)
	}
	if out, err := again(first.URL, ""); err != nil {
		t.Errorf("without the file, the system's: %v\n%s", err, out)
	}
	if out, err := again(second.URL, ""); err == nil || !strings.Contains(string(out), string(CertUnknown)) {
		t.Errorf("without the file, the other: %v\n%s", err, out)
	}
}

// Reading the system's authorities takes longer than everything else of a request
// together: it is done for https only, and not for the sake of a Transport. They cannot
// be read here, and only what reads them can tell.
func TestTheSystemsAuthoritiesAreReadForHTTPSOnly(t *testing.T) {
	const run = "PORTICO_TEST_NO_AUTHORITIES"
	if addresses := os.Getenv(run); addresses != "" {
		plain, secure, _ := strings.Cut(addresses, " ")
		through := func(proxy string) *Transport {
			return newTransport(t, Options{Proxy: proxy, ExtraCAFile: os.Getenv(run + "_FILE")})
		}
		cannotBeRead := func(what string, err error) {
			t.Helper()
			var fault *Fault
			if !errors.As(err, &fault) || fault.Kind != CertOther || !strings.Contains(err.Error(), "the operating system's authorities cannot be read") {
				t.Errorf("%s: %v", what, err)
			}
		}
		tr := through(Direct)
		resp, err := tr.Client().Get(plain)
		if err != nil {
			t.Fatalf("over http: %v", err)
		}
		resp.Body.Close()
		tr.Prepare() // which says nothing, and does not stand in the way
		if _, err := tr.Client().Get(plain); err != nil {
			t.Errorf("over http, prepared: %v", err)
		}
		_, err = tr.Client().Get(secure)
		cannotBeRead("over https", err)
		// So does a proxy over https, whatever it is asked for; one over http does not, also
		// where it asks who is there.
		_, err = get(t, through(secure), "http://"+officeHost)
		cannotBeRead("through a proxy over https", err)
		p := newAskingProxy(t, nil, "", func(_ int, _, got string) reply {
			if got == "" {
				return reply{head: openBasic, close: true}
			}
			return reply{}
		})
		if _, err := get(t, through("http://ada:secret@"+p.address), "http://"+officeHost); err != nil {
			t.Errorf("through a proxy that asks: %v", err)
		}
		if _, err := (scriptFetcher{&tr.dialer, tr.trustedConfig}).fetch(t.Context(), secure); err == nil || !strings.Contains(err.Error(), "authorities cannot be read") {
			t.Errorf("a script: %v", err)
		}
		return
	}
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		t.Skip("here the system's authorities cannot be set for one process")
	}
	extra := newAuthority(t, "Of the file")
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	secure := secureServer(t, &tls.Config{Certificates: []tls.Certificate{extra.issue("127.0.0.1", nil)}})
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
	// A folder is no file of authorities, and this one has none in it.
	cmd.Env = append(os.Environ(), run+"="+plain.URL+" "+secure.URL, run+"_FILE="+extra.file(), "SSL_CERT_FILE="+t.TempDir(), "SSL_CERT_DIR="+t.TempDir())
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// Others read the authorities while a request goes on that has not needed them so far: one
// in plain, which a proxy has just asked about.
func TestAuthoritiesAreReadBesideARequest(t *testing.T) {
	noProxies(t)
	ca := newAuthority(t, "Contoso Root CA")
	server := secureServer(t, &tls.Config{Certificates: []tls.Certificate{ca.issue(officeHost, nil)}})
	var tr *Transport
	var others sync.WaitGroup
	p := newAskingProxy(t, nil, addressOf(t, server), func(_ int, method, got string) reply {
		if got != "" {
			return reply{}
		}
		if method != http.MethodConnect {
			others.Go(tr.Prepare)
			others.Go(func() {
				if _, err := get(t, tr, "https://"+officeHost); err != nil {
					t.Errorf("over TLS: %v", err)
				}
			})
			others.Go(func() {
				if config, err := tr.trustedConfig(t.Context()); err != nil || config.RootCAs == nil {
					t.Errorf("for a script: %v", err)
				}
			})
		}
		return reply{head: openBasic, close: true}
	})
	for range 5 {
		tr = newTransport(t, Options{Proxy: "http://ada:secret@" + p.address, ExtraCAFile: ca.file()})
		if _, err := get(t, tr, "http://"+officeHost); err != nil {
			t.Errorf("in plain: %v", err)
		}
		others.Wait()
	}
}

// Files of authorities may lie on a computer that does not answer. A request waits for
// them as long as for everything else, and what is prepared waits for nothing.
func TestAuthoritiesThatCannotBeReadHoldUpNobodyForEver(t *testing.T) {
	const run = "PORTICO_TEST_HUNG_AUTHORITIES"
	if address := os.Getenv(run); address != "" {
		for name, options := range map[string]Options{"the system's": {Proxy: Direct}, "with a file": {Proxy: Direct, ExtraCAFile: os.Getenv(run + "_FILE")}} {
			tr := newTransport(t, options)
			tr.Prepare()
			late := errors.New("nobody waits that long")
			ctx, cancel := context.WithTimeoutCause(t.Context(), time.Millisecond, late)
			defer cancel()
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
			if err != nil {
				t.Fatal(err)
			}
			var fault *Fault
			if _, err := tr.RoundTrip(req); !errors.Is(err, late) || !errors.As(err, &fault) || fault.Kind != CertOther {
				t.Errorf("%s: %v", name, err)
			}
		}
		return
	}
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		t.Skip("here the system's authorities cannot be set for one process")
	}
	pipe := filepath.Join(t.TempDir(), "authorities.pem") // whoever opens it waits for a writer
	if out, err := exec.CommandContext(t.Context(), "mkfifo", pipe).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	extra := newAuthority(t, "Of the file")
	secure := secureServer(t, &tls.Config{Certificates: []tls.Certificate{extra.issue("127.0.0.1", nil)}})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), run+"="+secure.URL, run+"_FILE="+extra.file(), "SSL_CERT_FILE="+pipe, "SSL_CERT_DIR="+t.TempDir())
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
