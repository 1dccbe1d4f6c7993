//go:build unix

package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
)

// bothBuilt are Portico's programs without a window, built for one test.
func bothBuilt(t *testing.T) (agent, console string) {
	t.Helper()
	dir := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-o", dir+string(filepath.Separator), "../portico-agent", "../porticoctl")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the programs: %v\n%s", err, out)
	}
	return filepath.Join(dir, "portico-agent"), filepath.Join(dir, "porticoctl")
}

// answering waits until an agent in dir answers.
func answering(t *testing.T, dir string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for tick := time.NewTicker(10 * time.Millisecond); ; {
		client, err := localapi.Dial(ctx, dir)
		if err == nil {
			if _, err = client.Handshake(ctx); err == nil {
				return
			}
		}
		if !errors.Is(err, localapi.ErrNoAgent) {
			t.Fatal(err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal("no agent comes up")
		}
	}
}

func TestNoCommandWaitsForAStoppedAgent(t *testing.T) {
	program, console := bothBuilt(t)
	home, err := os.MkdirTemp("/tmp", "p") // a socket's path has to be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(home) })
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "XDG_RUNTIME_DIR=" + home, "LANG=C"}
	agent := exec.CommandContext(t.Context(), program, "--data-dir", home)
	agent.Env = env
	if err := agent.Start(); err != nil {
		t.Fatal(err)
	}
	answering(t, filepath.Join(home, "run"))
	if err := agent.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	var status syscall.WaitStatus
	if _, err := syscall.Wait4(agent.Process.Pid, &status, syscall.WUNTRACED, nil); err != nil || !status.Stopped() {
		t.Fatalf("the agent does not stop: %v, %v", status, err)
	}
	pid := strconv.Itoa(agent.Process.Pid)
	for _, line := range []string{
		"status", "status --refresh", "accounts", "login", "login --device", "logout", "forget --yes",
		"providers", "providers key demo", "policy", "doctor", "bundle --yes --out " + filepath.Join(home, "support.zip"),
	} {
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			// Half a minute is a doctor's own, without the agent.
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			cmd := exec.CommandContext(ctx, console, append([]string{"--json", "--data-dir", home}, strings.Fields(line)...)...)
			cmd.Env = env
			said := new(strings.Builder)
			cmd.Stderr = said
			out, err := cmd.Output()
			if ctx.Err() != nil {
				t.Fatal("it waits for the agent")
			}
			var exited *exec.ExitError
			if err != nil && !errors.As(err, &exited) {
				t.Fatal(err)
			}
			switch name, _, _ := strings.Cut(line, " "); name {
			case "bundle":
				if err != nil {
					t.Errorf("ended with %v: %s%s", err, out, said)
				}
			case "doctor":
				if !strings.Contains(string(out), `"id": "provider"`) || !strings.Contains(string(out), string(localapi.AgentSilent)) || !strings.Contains(string(out), pid) {
					t.Errorf("did not look by itself, or did not say why:\n%s", out)
				}
			default:
				var doc struct {
					Problem struct {
						Code   localapi.Code     `json:"code"`
						Params map[string]string `json:"params"`
					} `json:"problem"`
				}
				if err := json.Unmarshal(out, &doc); err != nil {
					t.Fatalf("%v: %s%s", err, out, said)
				}
				if doc.Problem.Code != localapi.AgentSilent || doc.Problem.Params["pid"] != pid || exited == nil || exited.ExitCode() != localapi.ExitUnexpected {
					t.Errorf("ended with %v and said %s", err, out)
				}
			}
		})
	}
}

// Whoever calls off a command that is no sign-in is not told of one.
func TestCalledOff(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	stopped := func() *scripted {
		a := newAgent(state(localapi.SignedOut))
		a.errs["Watch"], a.errs["Accounts"] = ctx.Err(), ctx.Err()
		return a
	}
	for _, line := range []string{"status", "logout", "accounts", "forget --yes"} {
		c := newConsole(stopped(), false)
		if code := c.run(ctx, t, strings.Fields(line)...); code != localapi.ExitCancelled || !strings.Contains(c.progress.String(), "Called off") {
			t.Errorf("%s: exit %d, %q", line, code, c.progress.String())
		}
	}
	c := newConsole(stopped(), false)
	if code := c.run(ctx, t, "login"); code != localapi.ExitCancelled || !strings.Contains(c.progress.String(), "Sign-in cancelled") {
		t.Errorf("login: exit %d, %q", code, c.progress.String())
	}
}
