//go:build linux

package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/cmd/internal/demoportal"
	"github.com/portico-desktop/portico/cmd/internal/stage"
)

const (
	// insideEnv tells this program that it runs in a network of its own.
	insideEnv = "PORTICO_E2E_INSIDE"
	// outdoors is an address that is not loopback, for a portal that can be reached
	// whatever becomes of that (RFC 5737).
	outdoors = "192.0.2.1"
)

// A computer that does not reach itself cannot take a sign-in back from its
// browser. Each is made in a network namespace, by this program started again
// in it.
func TestDoctorFindsLoopbackThatDoesNotWork(t *testing.T) {
	made := map[string]struct {
		network       [][]string
		cause, status string
		code          localapi.Code
	}{
		"whole": {status: "good"},
		"no IPv6": {
			network: [][]string{{"sysctl", "-qw", "net.ipv6.conf.lo.disable_ipv6=1"}},
			status:  "warning " + string(localapi.LoopbackHalf),
		},
		"no IPv4": {
			network: [][]string{{"ip", "address", "del", "127.0.0.1/8", "dev", "lo"}},
			cause:   "redirect", code: localapi.LoopbackBlocked, status: "bad " + string(localapi.LoopbackBlocked),
		},
		// As a firewall does: programs may listen, and nobody may connect.
		"no connections": {
			network: [][]string{
				{"ip", "rule", "add", "pref", "100", "lookup", "local"}, {"ip", "rule", "add", "pref", "50", "to", "127.0.0.0/8", "prohibit"}, {"ip", "rule", "del", "pref", "0"},
			},
			cause: "redirect", code: localapi.LoopbackBlocked, status: "bad " + string(localapi.LoopbackBlocked),
		},
	}
	if name := os.Getenv(insideEnv); name != "" {
		tc := made[name]
		for _, command := range append([][]string{{"ip", "link", "set", "lo", "up"}, {"ip", "address", "add", outdoors + "/32", "dev", "lo"}}, tc.network...) {
			if out, err := exec.Command(command[0], command[1:]...).CombinedOutput(); err != nil {
				t.Fatalf("%v: %v\n%s", command, err, out)
			}
		}
		address, authorities := startOutdoors(t)
		d := consultAt(t, address, authorities)
		d.names(t, tc.cause, tc.code)
		if got := d.is("redirect"); got != tc.status {
			t.Errorf("the way back is %s, want %s", got, tc.status)
		}
		return
	}
	for name := range made {
		t.Run(name, func(t *testing.T) {
			ctx := within(t, time.Minute)
			s := bare(t, ctx, stage.Params{})
			self, err := os.Executable()
			must(t, err)
			r, err := s.Run(ctx, stage.Command{
				Name: "unshare", Args: append(apart("--net"), self, "-test.run=^"+t.Name()[:len("TestDoctorFindsLoopbackThatDoesNotWork")]+"$", "-test.v"),
				Env: []string{insideEnv + "=" + name, "PORTICO_BIN_DIR=" + programs.Dir},
			})
			must(t, err)
			if r.Code != 0 {
				t.Errorf("in a network of its own: exit %d\n%s", r.Code, r.Stdout)
			}
		})
	}
}

// startOutdoors serves a portal and a provider's description over TLS, and returns
// the file of the authority that vouches for them.
func startOutdoors(t *testing.T) (address, authorities string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Outdoors"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(0, 3, 0),
		IPAddresses: []net.IP{net.ParseIP(outdoors)}, IsCA: true, BasicConstraintsValid: true,
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	must(t, err)
	authorities = filepath.Join(t.TempDir(), "extra.pem")
	must(t, os.WriteFile(authorities, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}), 0o600))

	l, err := net.Listen("tcp", net.JoinHostPort(outdoors, "0"))
	must(t, err)
	address = "https://" + l.Addr().String()
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/portico.json", func(w http.ResponseWriter, _ *http.Request) {
		manifest, err := demoportal.Manifest(demoportal.Provider{ID: "work", Title: "Contoso Login", Authority: address, ClientID: "portico"})
		if err == nil {
			_, _ = w.Write(manifest)
		}
	})
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{
			"issuer": address, "authorization_endpoint": address + "/auth", "token_endpoint": address + "/token", "jwks_uri": address + "/keys",
			"id_token_signing_alg_values_supported": []string{"ES256"},
		})
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "outdoors", Use: "sig", Algorithm: "ES256"}}})
	})
	server := httptest.NewUnstartedServer(mux)
	server.Listener.Close()
	server.Listener = l
	server.TLS = &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{{Certificate: [][]byte{raw}, PrivateKey: key}}}
	server.StartTLS()
	t.Cleanup(server.Close)
	return address, authorities
}

// consultAt asks the doctor about a portal, on the desk that this program runs on.
func consultAt(t *testing.T, address, authorities string) diagnosis {
	t.Helper()
	cmd := exec.CommandContext(within(t, time.Minute), programs.Path("porticoctl"), "doctor", "--json")
	cmd.Env = append(os.Environ(), "PORTICO_PORTAL="+address, "PORTICO_EXTRA_CA_FILE="+authorities)
	out, _ := cmd.Output() // its exit code is the cause's
	t.Logf("%s", out)
	return readDiagnosis(t, string(out))
}
