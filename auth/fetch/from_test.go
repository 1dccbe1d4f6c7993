package fetch

import (
	"errors"
	"testing"

	"github.com/portico-desktop/portico/auth/network"
)

func TestWhatCameOverHTTPSLeadsToHTTPSOnly(t *testing.T) {
	for _, tc := range []struct {
		from, to string
		want     error
	}{
		{"https://portal.example", "https://cdn.example/logo.svg", nil},
		{"https://portal.example", "https://127.0.0.1:8443/", nil},
		{"https://portal.example", "http://127.0.0.1:8080/", ErrInsecure},
		{"HTTPS://portal.example", "http://localhost/", ErrInsecure},
		{"https://portal.example", "http://[::1]/", ErrInsecure},
		{"https://127.0.0.1", "http://127.0.0.1/", ErrInsecure},
		{"http://127.0.0.1:8974", "http://127.0.0.1:8080/", nil},
		{"http://localhost", "https://login.example/", nil},
		{"http://127.0.0.1", "http://login.example/", ErrInsecure},
		{"portico.json", "http://127.0.0.1:8080/", nil},
		{"", "http://127.0.0.1/", nil},
		{"https://portal.example", "https://169.254.169.254/", network.ErrOffLimits},
		{"http://127.0.0.1", "https://[fe80::1%25eth0]/", network.ErrOffLimits},
		{"portico.json", "https://metadata.google.internal/", network.ErrOffLimits},
	} {
		if _, err := CheckFrom(tc.from, tc.to); !errors.Is(err, tc.want) || (err == nil) != (tc.want == nil) {
			t.Errorf("from %q to %q: %v, want %v", tc.from, tc.to, err, tc.want)
		}
	}
}
