package network

import (
	"crypto/x509"
	"os"
	"sync"
)

// authorityFiles are those of crypto/x509 (root_linux.go), in its order: the first one
// that can be read counts. A test holds that.
var authorityFiles = []string{
	"/etc/ssl/certs/ca-certificates.crt",
	"/etc/pki/tls/certs/ca-bundle.crt",
	"/etc/ssl/ca-bundle.pem",
	"/etc/pki/tls/cacert.pem",
	"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
	"/etc/ssl/cert.pem",
}

// usualAuthorities are the operating system's that stand in its one large file, which
// are read once a process; nil where there are none. Nobody may change them.
//
// crypto/x509 also reads folders, in which most systems have each of them once more in a
// file of its own. That takes three times as long as the large file, and more than the
// request that it is done for.
var usualAuthorities = sync.OnceValue(func() *x509.CertPool {
	files := authorityFiles
	if file := os.Getenv("SSL_CERT_FILE"); file != "" {
		files = []string{file}
	}
	for _, file := range files {
		if text, err := os.ReadFile(file); err == nil {
			if pool := x509.NewCertPool(); pool.AppendCertsFromPEM(text) {
				return pool
			}
			break
		}
	}
	return nil
})
