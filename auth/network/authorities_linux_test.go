package network

import (
	"crypto/tls"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
)

// Which file the system's authorities stand in is crypto/x509's to know.
func TestTheLargeFileIsTheOneThatGoReads(t *testing.T) {
	root, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	source, err := parser.ParseFile(token.NewFileSet(), filepath.Join(strings.TrimSpace(string(root)), "src/crypto/x509/root_linux.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	ast.Inspect(source, func(n ast.Node) bool {
		list, ok := n.(*ast.ValueSpec)
		if !ok || list.Names[0].Name != "certFiles" {
			return true
		}
		for _, value := range list.Values[0].(*ast.CompositeLit).Elts {
			file, err := strconv.Unquote(value.(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, file)
		}
		return false
	})
	if !slices.Equal(files, authorityFiles) {
		t.Errorf("crypto/x509 looks for %q, this package for %q", files, authorityFiles)
	}
}

// The folders of authorities are read only for somebody for whom the large file does not
// vouch, and then as crypto/x509 reads them.
func TestFoldersOfAuthoritiesAreReadWhereTheLargeFileDoesNotVouch(t *testing.T) {
	const run = "PORTICO_TEST_FOLDERS"
	if addresses := os.Getenv(run); addresses != "" {
		list := strings.Split(addresses, " ")
		usual, rare, unknown := list[0], list[1], list[2]
		for name, options := range map[string]Options{"the system's": {Proxy: Direct}, "with a file": {Proxy: Direct, ExtraCAFile: os.Getenv(run + "_FILE")}} {
			tr := newTransport(t, options)
			for _, client := range []*http.Client{tr.Client(), tr.Kept().Client()} {
				if err := reach(client, usual); err != nil {
					t.Errorf("%s: of the large file: %v", name, err)
				}
			}
			if tr.carry.Load().whole {
				t.Errorf("%s: the folders were read for who is in the large file", name)
			}
			for _, client := range []*http.Client{tr.Client(), tr.Kept().Client(), tr.Client()} {
				if err := reach(client, rare); err != nil {
					t.Errorf("%s: of a folder: %v", name, err)
				}
			}
			untouched := newTransport(t, options)
			for _, tr := range []*Transport{tr, untouched, untouched} {
				var fault *Fault
				if err := reach(tr.Client(), unknown); !errors.As(err, &fault) || fault.Kind != CertUnknown {
					t.Errorf("%s: of nobody: %v", name, err)
				}
			}
		}
		return
	}
	usual, rare, unknown, extra := newAuthority(t, "Of the large file"), newAuthority(t, "Of a folder"), newAuthority(t, "Of nobody"), newAuthority(t, "Of the file")
	folder := t.TempDir()
	if err := os.Rename(rare.file(), filepath.Join(folder, "rare.pem")); err != nil {
		t.Fatal(err)
	}
	var addresses []string
	var counts []*atomic.Int64
	for _, ca := range []*authority{usual, rare, unknown} {
		server, connections := countedServer(t, ca.issue("127.0.0.1", nil))
		addresses, counts = append(addresses, server), append(counts, connections)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), run+"="+strings.Join(addresses, " "), run+"_FILE="+extra.file(), "SSL_CERT_FILE="+usual.file(), "SSL_CERT_DIR="+folder)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	// The first request to whom a folder vouches for takes another connection.
	for i, want := range []int64{2 * 2, 2 * 4, 2 * 3} {
		if got := counts[i].Load(); got != want {
			t.Errorf("there were %d connections to number %d, want %d", got, i, want)
		}
	}
}

func reach(client *http.Client, address string) error {
	resp, err := client.Get(address)
	if err == nil {
		resp.Body.Close()
	}
	return err
}

// countedServer is a server over TLS that counts its connections.
func countedServer(t *testing.T, certificate tls.Certificate) (address string, connections *atomic.Int64) {
	connections = new(atomic.Int64)
	return secureServer(t, &tls.Config{Certificates: []tls.Certificate{certificate}, GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
		connections.Add(1)
		return nil, nil
	}}).URL, connections
}
