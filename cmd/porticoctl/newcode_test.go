package main

import (
	"strings"
	"testing"
	"time"

	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/vault"
)

// TestLoginShowsTheNewCodeOnceTheAnswerToTheFirstWasLost: the person has entered the
// code, and what the provider said to it was lost.
func TestLoginShowsTheNewCodeOnceTheAnswerToTheFirstWasLost(t *testing.T) {
	idp := authtest.New(t, authtest.WithDevice(time.Second, 0))
	idp.Fault(authtest.Truncated(authtest.Token).Times(1))
	site := newNotice(t, "no-cache")
	site.publish(map[string]any{"id": "work", "title": "Work", "authority": idp.URL, "client_id": authtest.ClientID})
	c := newConsole(nil, false)
	c.connect, c.http = connect, idp.Client()
	c.store = vault.New(vault.Params{Service: "test", Backend: authtest.NewKeyStore()})
	c.environment["PORTICO_PORTAL"] = site.URL
	if code := c.run(t.Context(), t, "login", "--device", "--data-dir", t.TempDir()); code != 0 {
		t.Errorf("exit %d\n%s", code, &c.out)
	}
	told := c.progress.String()
	first, second := strings.Index(told, "Enter the code WDJB-0001"), strings.Index(told, "Enter the new code WDJB-0002")
	if first < 0 || second < first || !strings.Contains(told[first:second], "was lost") || strings.Count(told, "\n"+idp.Endpoint(authtest.DeviceVerification)+"\n") != 2 {
		t.Errorf("told:\n%s", told)
	}
	for i, r := range idp.Requests(authtest.Token) {
		if i > 0 && r.Get("device_code") == idp.Requests(authtest.Token)[0].Get("device_code") {
			t.Errorf("request %d carries the first code again", i+1)
		}
	}
}
