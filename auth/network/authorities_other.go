//go:build !linux

package network

import "crypto/x509"

// usualAuthorities are no part of the operating system's here: crypto/x509 asks Windows
// and macOS for each connection.
func usualAuthorities() *x509.CertPool { return nil }
