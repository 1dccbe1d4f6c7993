package main

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/vault"
)

// Another user of this computer reads the authorization request in the list of
// processes, as the browser's argument, and answers it: with an account of his own, or
// with words that end the sign-in. It goes on as if nobody had come.
func TestAnotherUserDoesNotAnswerASignIn(t *testing.T) {
	c, idp := atAPortal(t)
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
			fetchAsAnother(ctx, t, q.Get("redirect_uri")+"?"+answer.Encode())
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

// The person's own browser may run as another user: then it is said at once that it was
// turned away, and the address on which it ended is taken.
func TestAnswerOfABrowserThatRunsAsAnotherUserIsPasted(t *testing.T) {
	for name, terminal := range map[string]bool{"at a terminal": true, "in a script": false} {
		t.Run(name, func(t *testing.T) {
			c, idp := atAPortal(t)
			in, person := io.Pipe()
			defer person.Close()
			c.terminal, c.in = terminal, in
			c.browse = func(ctx context.Context, address string) error {
				browser := *idp.Client()
				browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
				resp, err := browser.Get(address)
				if err != nil {
					return err
				}
				resp.Body.Close()
				ended := resp.Header.Get("Location")
				fetchAsAnother(ctx, t, ended)
				if terminal {
					go func() { _, _ = io.WriteString(person, ended+"\n") }() // it is read as soon as it is asked for
				}
				return nil
			}
			timeout, want, says, not := "50s", 0, "paste it here", "at a terminal"
			if !terminal {
				timeout, want, says, not = "5s", localapi.ExitCancelled, "at a terminal", "paste it here"
			}
			code := c.run(t.Context(), t, "login", "--timeout", timeout, "--data-dir", t.TempDir())
			said := c.progress.String()
			if code != want || strings.Count(said, "A program of another user") != 1 || !strings.Contains(said, says) || strings.Contains(said, not) {
				t.Errorf("exit %d\n%s\n%s", code, &c.out, said)
			}
		})
	}
}

// atAPortal is a console with an agent of its own, at a portal with one provider.
func atAPortal(t *testing.T) (*console, *authtest.Provider) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can act as another user")
	}
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("there is no curl here")
	}
	idp := authtest.New(t)
	site := newNotice(t, "max-age=600")
	site.publish(map[string]any{"id": "work", "title": "Work", "authority": idp.URL, "client_id": authtest.ClientID})
	c := newConsole(nil, false)
	c.connect, c.store, c.http = connect, vault.New(vault.Params{Service: "test", Backend: authtest.NewKeyStore()}), idp.Client()
	c.environment["PORTICO_PORTAL"] = site.URL
	return c, idp
}

// fetchAsAnother asks for an address as another user, who is told nothing.
func fetchAsAnother(ctx context.Context, t *testing.T, address string) {
	t.Helper()
	const mallory = 23452
	cmd := exec.CommandContext(ctx, "curl", "--silent", "--max-time", "10", "--noproxy", "*", address)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: mallory, Gid: mallory}}
	cmd.Dir = "/"
	if out, err := cmd.Output(); err == nil || len(out) > 0 {
		t.Errorf("another user is told %q, %v", out, err)
	}
}
