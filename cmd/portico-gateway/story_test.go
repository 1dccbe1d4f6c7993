package main

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/portico-desktop/portico/app/portal/api"
	"github.com/portico-desktop/portico/cmd/internal/demoidp"
)

// An IT team starts a portal from nothing, a person asks, a technician answers in another
// process, and the desktop that waits hears of it. Then the gateway is restarted, and killed.
func TestPortalFromNothing(t *testing.T) {
	o := newOffice(t)
	said := o.does("init", "--url", o.url, "--name", "Contoso IT", "--email", "help@contoso.example", "--authority", o.provider.Issuer(),
		"--client-id", demoidp.ClientID, "--tls", "file", "--certificate", "portal.pem", "--key", "portal.key")
	if !strings.Contains(said, "portico-gateway check") {
		t.Errorf("init does not say what is next: %s", said)
	}
	if again, code := o.run("init", "--url", o.url); code != exitUsage || !strings.Contains(again, "is not overwritten") {
		t.Errorf("init again: %d %s", code, again)
	}
	if said := o.does("check"); strings.Contains(said, "WRONG") {
		t.Errorf("check: %s", said)
	}
	o.serve()
	ada, grace := o.signIn("demo-ada"), o.signIn("demo-grace")
	ada.sync()
	grace.sync()

	var forms api.Forms
	if status := ada.ask(http.MethodGet, "/v1/forms", nil, nil, &forms); status != http.StatusOK || len(forms.Forms) != 2 {
		t.Fatalf("forms: %d %d", status, len(forms.Forms))
	}
	asked := slices.IndexFunc(forms.Forms, func(f api.Form) bool { return f.ID == "broken" })
	key := uuid.Must(uuid.NewV7()).String()
	request := api.NewTicket{Form: "broken", FormVersion: forms.Forms[asked].Version, Answers: json.RawMessage(`{"device":"printer","printer":"2nd floor","subject":"The printer eats paper"}`)}
	var made, again api.Created
	if status := ada.ask(http.MethodPost, "/v1/tickets", http.Header{api.HeaderIdempotencyKey: {key}}, request, &made); status != http.StatusCreated || made.Number == "" {
		t.Fatalf("a request: %d %+v", status, made)
	}
	if status := ada.ask(http.MethodPost, "/v1/tickets", http.Header{api.HeaderIdempotencyKey: {key}}, request, &again); status != http.StatusCreated || again != made {
		t.Errorf("the same again: %d %+v", status, again)
	}
	news := ada.sync()
	if len(news.Tickets) != 1 || len(news.Done) != 1 || news.Done[0].Key != key || news.Done[0].Outcome != api.Delivered {
		t.Errorf("after the request: %+v", news)
	}
	if status := grace.ask(http.MethodGet, "/v1/tickets/"+made.ID, nil, nil, nil); status != http.StatusNotFound {
		t.Errorf("another's request: %d", status)
	}

	// The technician answers while the desktop waits.
	heard := ada.waits()
	o.does("tickets", "reply", made.Number, "Please open the flap on the left.", "--as", "Tom of IT")
	o.does("tickets", "note", made.Number, "He always forgets the flap.")
	select {
	case news = <-heard:
	case <-time.After(10 * time.Second):
		t.Fatal("the desktop hears nothing")
	}
	if !slices.ContainsFunc(news.Entries, func(e api.Entry) bool {
		return e.Body == "Please open the flap on the left." && e.Author != nil && e.Author.Name == "Tom of IT" && e.Staff
	}) {
		t.Errorf("the answer: %+v", news.Entries)
	}
	if quiet := ada.sync(); len(quiet.Entries) > 0 {
		t.Errorf("the note is told: %+v", quiet)
	}
	shown := o.does("tickets", "show", made.Number)
	for _, part := range []string{"The printer eats paper", "Ada Lovelace <ada@contoso.example>", "He always forgets the flap.", "(internal)"} {
		if !strings.Contains(shown, part) {
			t.Errorf("%q is not in %s", part, shown)
		}
	}
	heard = grace.waits()
	o.does("announce", "The canteen is closed", "Until Monday.", "--severity", "info")
	if news := <-heard; len(news.Announcements) != 1 {
		t.Errorf("after the announcement: %+v", news)
	}

	// A restart in good order answers those who wait, and ends nobody's sign-in.
	ada.sync()
	heard = ada.waits()
	o.stop(syscall.SIGTERM)
	if _, answered := <-heard; !answered {
		t.Error("who waits is not answered at the end")
	}
	o.serve()
	o.http.CloseIdleConnections()
	if news := grace.sync(); len(news.Announcements) > 0 {
		t.Errorf("news comes twice: %+v", news)
	}
	// Neither does a death.
	o.stop(syscall.SIGKILL)
	o.serve()
	o.http.CloseIdleConnections()
	var found api.Ticket
	if status := ada.ask(http.MethodGet, "/v1/tickets/"+made.ID, nil, nil, &found); status != http.StatusOK || found.Status.Category != api.Open {
		t.Errorf("after a death: %d %+v", status, found.Status)
	}
}

func TestCommandsSayWhatIsWrong(t *testing.T) {
	o := newOffice(t)
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"serve"}, exitConfiguration, "portico-gateway init writes one"},
		{[]string{"check"}, exitConfiguration, "WRONG  settings: gateway.toml: is not there"},
		{[]string{"serves"}, exitUsage, `there is no command "serves"`},
		{[]string{"init"}, exitUsage, "--url is missing"},
		{[]string{"init", "--url", "http://portal.example.com"}, exitUsage, "write an https address"},
		{[]string{"init", "--url", o.url, "--authority", "https://a.example", "--tenant", "contoso.com", "--client-id", "x"}, exitUsage, "give one of them"},
		{[]string{"tickets", "reply", "1"}, exitUsage, "the TEXT is missing"},
		{[]string{"version", "x"}, exitUsage, `"x" is too much`},
	} {
		if said, code := o.run(c.args...); code != c.code || !strings.Contains(said, c.want) {
			t.Errorf("%q: %d %s; want %d and %q", c.args, code, said, c.code, c.want)
		}
	}
	o.does("init", "--url", o.url, "--name", "Contoso IT", "--authority", o.provider.Issuer(), "--client-id", "portico", "--tls", "file", "--certificate", "none.pem", "--key", "portal.key")
	if said, code := o.run("check"); code != exitConfiguration || !strings.Contains(said, "WRONG  certificate") {
		t.Errorf("check without a certificate: %d %s", code, said)
	}
	if said, code := o.run("serve"); code != exitConfiguration || !strings.Contains(said, "tls.certificate and tls.key") {
		t.Errorf("serve without a certificate: %d %s", code, said)
	}
	settings := filepath.Join(o.dir, "gateway.toml")
	raw, err := os.ReadFile(settings)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(settings, append(raw, "\nwait = \"x\"\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	if said, code := o.run("check"); code != exitConfiguration || !strings.Contains(said, "line ") {
		t.Errorf("check of wrong settings: %d %s", code, said)
	}
}
