//go:build linux

package stage

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// clientOf trusts these authorities and no others.
func clientOf(t *testing.T, authorities *x509.CertPool) *http.Client {
	t.Helper()
	tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: authorities}}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr}
}

func TestProviderSpeaksTLSWithTheAuthoritysCertificate(t *testing.T) {
	ctx := within(t, time.Minute)
	ours, err := NewAuthority(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	p, err := OIDCProviderWith(ctx, t.Output(), ProviderOptions{TLS: ours})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if !strings.HasPrefix(p.Issuer(), "https://127.0.0.1:") {
		t.Errorf("the issuer is %s", p.Issuer())
	}
	pool := x509.NewCertPool()
	if text, err := os.ReadFile(ours.File); err != nil || !pool.AppendCertsFromPEM(text) {
		t.Fatalf("the authority's file: %v", err)
	}
	metadata := p.Issuer() + "/.well-known/openid-configuration"
	r, err := clientOf(t, pool).Get(metadata)
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != http.StatusOK {
		t.Errorf("%s: status %d", metadata, r.StatusCode)
	}
	if r, err := clientOf(t, x509.NewCertPool()).Get(metadata); err == nil {
		r.Body.Close()
		t.Error("somebody who does not trust the authority was answered")
	}
}

func TestDemoProviderHasNoTLS(t *testing.T) {
	if p, err := DemoProviderWith(t.Context(), ProviderOptions{TLS: &Authority{}}); err == nil {
		p.Close()
		t.Error("it speaks plain http and does not say so")
	}
}
