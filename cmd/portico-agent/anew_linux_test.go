package main

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/portal/manifest"
	"github.com/portico-desktop/portico/assets"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/cmd/internal/stage"
)

// build makes the agent as another version of itself.
func build(t *testing.T, dir, version string) string {
	t.Helper()
	source, err := filepath.Abs("../../assets/version.go")
	if err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(dir, version+".go")
	overlay := filepath.Join(dir, version+".json")
	text, err := json.Marshal(map[string]any{"Replace": map[string]string{source: other}})
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{other: fmt.Sprintf("package assets\n\nconst Version = %q\n", version), overlay: string(text)} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out := filepath.Join(dir, "portico-agent-"+version)
	cmd := exec.CommandContext(t.Context(), "go", "build", "-overlay", overlay, "-o", out, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build version %s: %v\n%s", version, err, said)
	}
	return out
}

// workplace is a computer on which the agent runs from a file that upgrades replace.
type workplace struct {
	t       *testing.T
	ctx     context.Context
	stage   *stage.Stage
	program string // the agent's file
	agent   *stage.Process
}

// replace puts a copy of a file in the program's place as package managers do.
func (d *workplace) replace(by string) {
	d.t.Helper()
	data, err := os.ReadFile(by)
	if err != nil {
		d.t.Fatal(err)
	}
	d.replaceBy(data)
}

func (d *workplace) replaceBy(data []byte) {
	d.t.Helper()
	if err := os.WriteFile(d.program+".dpkg-new", data, 0o755); err != nil {
		d.t.Fatal(err)
	}
	if err := os.Rename(d.program+".dpkg-new", d.program); err != nil {
		d.t.Fatal(err)
	}
}

// serves waits until a version of the agent serves, with somebody signed in.
func (d *workplace) serves(version string) localapi.State {
	d.t.Helper()
	state, err := d.stage.WaitState(d.ctx, "version "+version+" serves", func(s localapi.State) bool {
		return s.Build == version && s.Session.Phase == localapi.SignedIn
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return state
}

// Real processes: the agent is upgraded under somebody who is signed in.
func TestAgentStartsAnewWhenItsFileIsReplaced(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	t.Cleanup(cancel)
	built := t.TempDir()
	newer := build(t, built, "9.9.9")
	older := build(t, built, assets.Version)

	provider := authtest.New(t)
	published, err := json.Marshal(map[string]any{
		"version": 1, "name": "Contoso IT",
		"providers": []any{map[string]any{"id": "work", "title": "Work account", "authority": provider.URL, "client_id": authtest.ClientID}},
	})
	if err != nil {
		t.Fatal(err)
	}
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != manifest.Path {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(published)
	}))
	t.Cleanup(site.Close)

	s, err := stage.New(ctx, stage.Params{Log: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	d := &workplace{t: t, ctx: ctx, stage: s, program: filepath.Join(s.Dir, "opt", "portico-agent")}
	if err := os.Mkdir(filepath.Dir(d.program), 0o755); err != nil {
		t.Fatal(err)
	}
	d.replace(older)
	authorities := filepath.Join(s.Dir, "authorities.pem")
	if err := os.WriteFile(authorities, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: provider.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	d.agent, err = s.Start(stage.Command{Name: d.program, Env: []string{"PORTICO_EXTRA_CA_FILE=" + authorities}})
	if err != nil {
		t.Fatal(err)
	}
	client, _, err := s.Agent(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := client.SetPortal(ctx, localapi.PortalRequest{Address: site.URL}); err != nil {
		t.Fatal(err)
	}
	in, err := client.SignIn(ctx, localapi.SignInRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.Browse(ctx, in.URL); err != nil {
		t.Fatal(err)
	}
	before := d.serves(assets.Version)
	if !before.Session.Account.Remembered {
		t.Fatalf("%+v", before)
	}

	d.replace(newer)
	after := d.serves("9.9.9")
	if after.Session.Account.ID != before.Session.Account.ID || !after.Session.Account.Remembered {
		t.Errorf("%+v", after.Session.Account)
	}
	if runs, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", d.agent.PID())); err != nil || runs != d.program {
		t.Errorf("it runs from %q, %v", runs, err)
	}

	refusals := 0
	for name, broken := range map[string]string{
		"no program at all":    "not a program",
		"one that only fails":  "#!/bin/sh\nexit 3\n",
		"one of somebody else": "#!/bin/sh\necho something else 1.0\n",
	} {
		d.replaceBy([]byte(broken))
		seen := 0
		if _, err := d.agent.WaitError(ctx, func(line string) bool {
			if strings.Contains(line, "cannot be started") {
				seen++
			}
			return seen > refusals
		}); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		refusals++
		d.serves("9.9.9")
	}
	d.replace(older)
	d.serves(assets.Version)
}
