//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/portico-desktop/portico/cmd/internal/stage"
)

// trust is what every measured program reads of authorities: a bundle, and a folder
// with single files, laid out as Debian has them, with ours in both. A program with
// ours alone would read one file while the others read the system's.
type trust struct {
	bundle, dir string
	// count is how many authorities the bundle has.
	count int
}

// systemTrust is Debian's folder for them.
const systemTrust = "/etc/ssl/certs"

// newTrust lays them out below dir.
func newTrust(dir string, ours *stage.Authority) (trust, error) {
	t := trust{dir: filepath.Join(dir, "certs")}
	t.bundle = filepath.Join(t.dir, "ca-certificates.crt")
	added, err := os.ReadFile(ours.File)
	if err != nil {
		return t, err
	}
	if err := os.Mkdir(t.dir, 0o755); err != nil {
		return t, err
	}
	entries, err := os.ReadDir(systemTrust)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return t, err
	}
	for _, entry := range entries {
		name := filepath.Join(systemTrust, entry.Name())
		// Most are links: to a file each, and to those by a hash.
		target, err := os.Readlink(name)
		if err != nil {
			target = name
		}
		if info, err := os.Stat(name); err != nil || !info.Mode().IsRegular() || entry.Name() == filepath.Base(t.bundle) {
			continue
		}
		if err := os.Symlink(target, filepath.Join(t.dir, entry.Name())); err != nil {
			return t, err
		}
	}
	bundle := added
	// The places of Debian, Fedora and Alpine, in this order.
	for _, name := range []string{filepath.Join(systemTrust, "ca-certificates.crt"), "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"} {
		system, err := os.ReadFile(name)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return t, err
		}
		bundle = append(append(system, '\n'), added...)
		break
	}
	t.count = bytes.Count(bundle, []byte("-----BEGIN CERTIFICATE-----"))
	return t, errors.Join(
		os.WriteFile(t.bundle, bundle, 0o644),
		os.WriteFile(filepath.Join(t.dir, "ours.pem"), added, 0o644),
	)
}

// env makes programs read it: Go and OpenSSL by its two variables, Node.js told to ask
// OpenSSL, curl (it would take only the folder of the two) and Python's requests by one
// of their own.
func (t trust) env() []string {
	return []string{
		"SSL_CERT_FILE=" + t.bundle,
		"SSL_CERT_DIR=" + t.dir,
		"CURL_CA_BUNDLE=" + t.bundle,
		"NODE_OPTIONS=--use-openssl-ca",
		"REQUESTS_CA_BUNDLE=" + t.bundle,
	}
}

func (t trust) String() string {
	return fmt.Sprintf("one of %d", t.count)
}
