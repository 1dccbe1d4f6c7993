package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// providerOf is the one provider of the manifest that init has written.
func providerOf(t *testing.T, dir string) map[string]any {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, "portal", "portico.json"))
	if err != nil {
		t.Fatal(err)
	}
	var m struct{ Providers []map[string]any }
	if err := json.Unmarshal(raw, &m); err != nil || len(m.Providers) != 1 {
		t.Fatalf("%v %s", err, raw)
	}
	return m.Providers[0]
}

func TestInitKnowsMicrosoft365(t *testing.T) {
	dir := t.TempDir()
	var said bytes.Buffer
	p := &program{in: strings.NewReader(""), out: &said, progress: &said}
	if code := p.execute(context.Background(), []string{"init", dir, "--url", "https://portal.example.com", "--tenant", "contoso.com", "--client-id", "6f1c", "--tls", "off"}); code != exitDone {
		t.Fatalf("%d %s", code, said.String())
	}
	want := map[string]any{"id": "work", "preset": "microsoft-entra", "tenant": "contoso.com", "client_id": "6f1c", "title": "Microsoft 365"}
	if diff := cmp.Diff(want, providerOf(t, dir)); diff != "" {
		t.Error(diff)
	}
}

// A person at a terminal is asked again after a wrong answer, and does not begin anew.
func TestInitAsksAgain(t *testing.T) {
	dir := t.TempDir()
	var said bytes.Buffer
	answers := []string{"portal.example.com", "https://portal.example.com", "", "contoso", "https://id.example.com", "", "6f1c", "letsencrypt", "acme"}
	p := &program{in: strings.NewReader(strings.Join(answers, "\n") + "\n"), out: &said, progress: &said, terminal: true}
	if code := p.execute(context.Background(), []string{"init", dir}); code != exitDone {
		t.Fatalf("%d %s", code, said.String())
	}
	for _, want := range []string{"write an https address", "tenant", "is missing", "write file, acme or off"} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("%q is not said: %s", want, said.String())
		}
	}
	want := map[string]any{"id": "work", "authority": "https://id.example.com", "client_id": "6f1c", "title": "Work account"}
	if diff := cmp.Diff(want, providerOf(t, dir)); diff != "" {
		t.Error(diff)
	}
}
