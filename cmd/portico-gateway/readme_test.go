package main

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/portico-desktop/portico/app/portal/api"
	"github.com/portico-desktop/portico/cmd/internal/demoidp"
)

// The README goes from nothing to a portal: its commands are copied into a shell, in their
// order. Only names of this test stand in for the example's.
func TestREADMEGoesFromNothingToAPortal(t *testing.T) {
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("there is no bash here: ", err)
	}
	raw, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(raw), "\n## A portal without a helpdesk, from nothing\n")
	section, _, _ = strings.Cut(section, "\n## ")
	o := newOffice(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(o.dir, "portico-gateway")); err != nil {
		t.Fatal(err)
	}
	here := strings.NewReplacer("https://portal.example.com", o.url, "--tenant contoso.com", "--authority "+o.provider.Issuer(),
		"11111111-1111-1111-1111-111111111111", demoidp.ClientID)
	commands, said := 0, map[string]string{}
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(section, -1) {
		for line := range strings.Lines(block[1]) {
			line = strings.TrimSpace(line)
			command, ours := strings.CutPrefix(line, "./portico-gateway ")
			switch {
			case strings.HasPrefix(line, "porticoctl "), strings.HasPrefix(line, "git clone "):
				continue // porticoctl's own tests hold its lines
			case strings.HasPrefix(line, "(cd source && "):
				// The program of this test is built from the same folder.
				if !strings.HasSuffix(line, "go build -o ../portico-gateway ./cmd/portico-gateway)") {
					t.Errorf("%s builds something else", line)
				}
				continue
			case !ours:
				t.Errorf("nobody runs %q here", line)
				continue
			}
			commands++
			if command == "serve" {
				o.serve()
				ada := o.signIn("demo-ada")
				var forms api.Forms
				ada.ask(http.MethodGet, "/v1/forms", nil, nil, &forms)
				other := slices.IndexFunc(forms.Forms, func(f api.Form) bool { return f.ID == "something-else" })
				if other < 0 {
					t.Fatalf("the forms: %+v", forms)
				}
				var made api.Created
				request := api.NewTicket{Form: "something-else", FormVersion: forms.Forms[other].Version, Answers: json.RawMessage(`{"subject":"The printer","description":"It eats paper"}`)}
				if status := ada.ask(http.MethodPost, "/v1/tickets", http.Header{api.HeaderIdempotencyKey: {uuid.Must(uuid.NewV7()).String()}}, request, &made); status != http.StatusCreated {
					t.Fatalf("a request: %d", status)
				}
				if !strings.Contains(section, "tickets reply "+made.Number+" ") {
					t.Fatalf("the first request is %s, and the README answers another", made.Number)
				}
				continue
			}
			c := exec.Command("bash", "-euc", here.Replace(line))
			c.Dir, c.Env = o.dir, o.command().Env
			out, err := c.CombinedOutput()
			if err != nil {
				t.Fatalf("%s: %v\n%s", line, err, out)
			}
			said[command] = string(out)
		}
	}
	if commands < 10 {
		t.Fatalf("only %d commands found, the test shows little", commands)
	}
	if out := said["tickets list"]; !strings.Contains(out, "The printer") || !strings.Contains(out, "Ada Lovelace") {
		t.Errorf("the list: %s", out)
	}
	if out := said["news"]; !strings.Contains(out, "The canteen is closed") {
		t.Errorf("the news: %s", out)
	}
	if info, err := os.Stat(filepath.Join(o.dir, "portal-backup.db")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the backup: %v %v", info, err)
	}
}
