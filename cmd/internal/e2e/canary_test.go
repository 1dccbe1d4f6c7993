//go:build linux

package e2e

import (
	"archive/zip"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/cmd/internal/stage"
)

// secrets are what must be nowhere, by value, and what they are.
type secrets struct {
	mu  sync.Mutex
	all map[string]string
}

func (s *secrets) note(what, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if value != "" {
		s.all[value] = what
	}
}

// in lists which of them a text holds, but not those named in except.
func (s *secrets) in(text string, except ...string) (found []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
next:
	for value, what := range s.all {
		for _, e := range except {
			if what == e {
				continue next
			}
		}
		if strings.Contains(text, value) {
			found = append(found, what)
		}
	}
	return found
}

// A whole life with the real programs, behind a proxy with a password, with a client
// secret, and with a crash at its end: no file but the key store's, no argument, no
// environment and nothing that is printed holds a secret.
func TestRealProgramsLeaveNoCanaryBehind(t *testing.T) {
	t.Parallel()
	const clientSecret, proxyPassword = "kA7-client-secret-e2e-9f31", "kA7proxypassworde2e9f31"
	ctx := within(t, 2*time.Minute)
	seen := &secrets{all: map[string]string{clientSecret: "client secret", proxyPassword: "proxy password"}}

	provider := authtest.New(t, authtest.WithHost("login.example.com"), authtest.WithClient(authtest.ClientID, clientSecret), authtest.WithDevice(time.Second, 2))
	provider.Fault(authtest.TokenAnswer(func(fields map[string]any) {
		for _, what := range []string{"access_token", "refresh_token", "id_token"} {
			value, _ := fields[what].(string)
			seen.note(what, value)
		}
	}))
	proxy := authtest.NewProxy(t)
	proxy.User = "ada:" + proxyPassword
	proxy.Hosts["login.example.com:443"] = provider.Address()
	portal := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"version": 1, "name": "Contoso IT", "providers": []any{map[string]any{
			"id": "work", "title": "Contoso Login", "authority": "https://login.example.com", "client_id": authtest.ClientID,
			"client_auth": map[string]any{"method": "client_secret_basic"},
		}}})
	}))
	t.Cleanup(portal.Close)

	s := bare(t, ctx, stage.Params{})
	s.portal = portal.URL
	authorities := filepath.Join(s.Dir, "authorities.pem")
	must(t, os.WriteFile(authorities, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: provider.Certificate().Raw}), 0o600))
	env := append(s.env(), "HTTPS_PROXY="+proxy.URL(proxy.User), "PORTICO_EXTRA_CA_FILE="+authorities)
	var said strings.Builder // by the programs
	look := func(what, text string, except ...string) {
		t.Helper()
		for _, found := range seen.in(text, except...) {
			t.Errorf("%s holds the %s", what, found)
		}
	}
	ctl := func(stdin string, want int, args ...string) string {
		t.Helper()
		r, err := s.Run(ctx, stage.Command{Name: programs.Path("porticoctl"), Args: args, Env: env, Stdin: strings.NewReader(stdin)})
		must(t, err)
		if r.Code != want {
			t.Fatalf("porticoctl %s: exit %d, want %d\n%s", strings.Join(args, " "), r.Code, want, r.Tail)
		}
		fmt.Fprintln(&said, r.Stdout, r.Tail)
		return r.Stdout
	}

	agent, err := s.Start(stage.Command{Name: programs.Path("portico-agent"), Args: []string{"--verbose"}, Env: env})
	must(t, err)
	s.serves(agent)
	ctl(clientSecret+"\n", localapi.ExitDone, "providers", "secret", "work")

	// In the browser, watched while it is under way.
	login, err := s.Start(stage.Command{Name: programs.Path("porticoctl"), Args: []string{"login", "--no-browser"}, Env: env})
	must(t, err)
	address, err := login.WaitError(ctx, func(line string) bool { return strings.HasPrefix(line, "https://login.example.com") })
	must(t, err)
	asked, err := url.Parse(strings.TrimSpace(address))
	must(t, err)
	for _, what := range []string{"state", "nonce"} {
		seen.note(what, asked.Query().Get(what))
	}
	processes := 0
	for _, p := range []*stage.Process{agent, login} {
		for _, file := range []string{"cmdline", "environ"} {
			raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", p.PID(), file))
			must(t, err)
			processes++
			look(file+" of a process", string(raw), "proxy password") // it was put into the environment, and stays there
		}
	}
	resp, err := provider.Browse(ctx, asked.String())
	must(t, err)
	page, err := io.ReadAll(resp.Body)
	must(t, err)
	look("the browser's last page", string(page))
	if code, err := login.Wait(ctx); err != nil || code != localapi.ExitDone {
		t.Fatalf("login: exit %d, %v\n%s", code, err, login.Tail())
	}

	// With a code, refused, silently, and against a provider that repeats secrets.
	ctl("", localapi.ExitDone, "status", "--refresh")
	lift := provider.Fault(authtest.TokenError("invalid_request", map[string]any{
		"error_description": "client_secret=" + clientSecret + " of http://ada:" + proxyPassword + "@proxy/ is not good",
	}))
	ctl("", localapi.ExitSignInNeeded, "status", "--refresh", "--json")
	lift()
	ctl("", localapi.ExitDone, "status", "--refresh", "--json")
	ctl("", localapi.ExitDone, "logout")
	device := ctl("", localapi.ExitDone, "login", "--device", "--json")
	look("login --device", device)
	ctl("", localapi.ExitDone, "accounts", "--json")
	ctl("", localapi.ExitDone, "policy", "--json")

	for _, request := range provider.Requests() {
		for _, what := range []string{"code", "code_verifier", "refresh_token", "device_code"} {
			seen.note(what, request.Get(what))
		}
	}

	// A crash of the real program, and what support gets to see of all that.
	must(t, syscall.Kill(agent.PID(), syscall.SIGABRT))
	<-agent.Done()
	zipped := filepath.Join(s.Dir, "bundle.zip")
	ctl("", localapi.ExitDone, "bundle", "--out", zipped)
	gathered := map[string]string{}
	r, err := zip.OpenReader(zipped)
	must(t, err)
	defer r.Close()
	for _, f := range r.File {
		body, err := f.Open()
		must(t, err)
		text, err := io.ReadAll(body)
		must(t, err)
		gathered[f.Name] = string(text)
		look("the bundle's "+f.Name, string(text))
	}
	for name, want := range map[string]string{
		"portico-agent.log": "msg=\"signed in\"", "sign-ins.jsonl": `"method":"device"`, "crash.txt": "SIGABRT", "doctor.txt": "Contoso", "versions.txt": "does not run", "policy.json": "PortalURL",
	} {
		if !strings.Contains(gathered[name], want) {
			t.Errorf("the bundle's %s does not say %q:\n%.2000s", name, want, gathered[name])
		}
	}

	fmt.Fprintln(&said, agent.Output(), agent.Tail(), login.Output(), login.Tail())
	// The address to open was printed to be opened: its state and nonce have ended
	// with the sign-in.
	look("what the programs printed", said.String(), "state", "nonce")
	files := 0
	s.eachFile(func(path string, content []byte) {
		files++
		look(strings.TrimPrefix(path, s.Dir), string(content))
	})
	kinds := map[string]bool{}
	for _, what := range seen.all {
		kinds[what] = true
	}
	for _, what := range []string{"client secret", "proxy password", "state", "nonce", "code", "code_verifier", "access_token", "id_token", "refresh_token", "device_code"} {
		if !kinds[what] {
			t.Errorf("the story had no %s to look for", what)
		}
	}
	if files < 5 || processes != 4 {
		t.Errorf("only %d files and %d of the processes' were looked at", files, processes)
	}
	// What is looked for can be found: here is a file that holds it.
	must(t, os.WriteFile(filepath.Join(s.Dir, "state", "planted"), []byte("x"+clientSecret+"y"), 0o600))
	planted := 0
	s.eachFile(func(_ string, content []byte) { planted += len(seen.in(string(content))) })
	if planted != 1 {
		t.Errorf("%d secrets were found where one was planted", planted)
	}
}
