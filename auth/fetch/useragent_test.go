package fetch

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/portico-desktop/portico/auth/network"
)

func TestAGetterWithoutAClientHasANameAllTheSame(t *testing.T) {
	var heard string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { heard = r.UserAgent() }))
	defer server.Close()
	if _, err := (&Getter{}).Renew(t.Context(), server.URL); err != nil {
		t.Fatal(err)
	}
	if want := network.UserAgent(""); heard != want {
		t.Errorf("it was asked by %q, want %q", heard, want)
	}
}
