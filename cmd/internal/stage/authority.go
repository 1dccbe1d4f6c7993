//go:build linux

package stage

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// Authority is a certificate authority of one test or one run, and the certificate that it has issued:
// for 127.0.0.1, localhost and the other names asked for. Its own key is gone when [NewAuthority]
// returns, so nothing else is ever issued.
type Authority struct {
	// File has its certificate in PEM, for PORTICO_EXTRA_CA_FILE and its like.
	File string
	// CertificateFile and KeyFile are for a server on this computer, in PEM.
	CertificateFile, KeyFile string
}

// NewAuthority makes an authority, for servers with these names as well. Its files are
// in dir, and it is valid for a day.
func NewAuthority(dir string, names ...string) (*Authority, error) {
	a := &Authority{
		File:            filepath.Join(dir, "authority.pem"),
		CertificateFile: filepath.Join(dir, "server.pem"),
		KeyFile:         filepath.Join(dir, "server.key"),
	}
	if err := a.make(names); err != nil {
		return nil, fmt.Errorf("make an authority: %w", err)
	}
	return a, nil
}

func (a *Authority) make(names []string) error {
	now := time.Now()
	root := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "The stage's authority"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	server := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "127.0.0.1"},
		NotBefore: root.NotBefore, NotAfter: root.NotAfter,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: append([]string{"localhost"}, names...),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	rootKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	serverKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	rootRaw, err := x509.CreateCertificate(rand.Reader, root, root, rootKey.Public(), rootKey)
	if err != nil {
		return err
	}
	serverRaw, err := x509.CreateCertificate(rand.Reader, server, root, serverKey.Public(), rootKey)
	if err != nil {
		return err
	}
	keyRaw, err := x509.MarshalPKCS8PrivateKey(serverKey)
	if err != nil {
		return err
	}
	return errors.Join(
		writePEM(a.File, "CERTIFICATE", rootRaw),
		writePEM(a.CertificateFile, "CERTIFICATE", serverRaw),
		writePEM(a.KeyFile, "PRIVATE KEY", keyRaw),
	)
}

func writePEM(file, kind string, raw []byte) error {
	return os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: raw}), 0o600)
}

// Server is how a server on this computer speaks TLS with its certificate.
func (a *Authority) Server() (*tls.Config, error) {
	certificate, err := tls.LoadX509KeyPair(a.CertificateFile, a.KeyFile)
	if err != nil {
		return nil, err
	}
	return &tls.Config{Certificates: []tls.Certificate{certificate}}, nil
}
