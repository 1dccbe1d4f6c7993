package main

import (
	"context"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/vault"
)

// Another user of this computer reads the authorization request in the list of
// processes, as the browser's argument, and answers it: with an account of his own, or
// with words that end the sign-in. It goes on as if nobody had come.
func TestAnotherUserDoesNotAnswerASignIn(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can act as another user")
	}
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("there is no curl here")
	}
	const mallory = 23452
	idp := authtest.New(t)
	site := newNotice(t, "max-age=600")
	site.publish(map[string]any{"id": "work", "title": "Work", "authority": idp.URL, "client_id": authtest.ClientID})
	c := newConsole(nil, false)
	c.connect, c.store, c.http = connect, vault.New(vault.Params{Service: "test", Backend: authtest.NewKeyStore()}), idp.Client()
	c.environment["PORTICO_PORTAL"] = site.URL
	tried := 0
	c.browse = func(ctx context.Context, address string) error {
		request, err := url.Parse(address)
		if err != nil {
			return err
		}
		q := request.Query()
		for _, answer := range []url.Values{
			{"code": {"of another account"}, "state": q["state"], "iss": {idp.URL}},
			{"error": {"access_denied"}, "error_description": {"call this number"}, "state": q["state"]},
		} {
			cmd := exec.CommandContext(ctx, "curl", "--silent", "--max-time", "10", "--noproxy", "*", q.Get("redirect_uri")+"?"+answer.Encode())
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: mallory, Gid: mallory}}
			cmd.Dir = "/"
			out, err := cmd.Output()
			if err == nil || len(out) > 0 {
				t.Errorf("another user is told %q, %v", out, err)
			}
			tried++
		}
		_, err = idp.Browse(ctx, address)
		return err
	}
	code := c.run(t.Context(), t, "login", "--data-dir", t.TempDir())
	if said := c.out.String() + c.progress.String(); code != 0 || tried != 2 || strings.Contains(said, "call this number") {
		t.Errorf("exit %d after %d answers of another user\n%s", code, tried, said)
	}
}
