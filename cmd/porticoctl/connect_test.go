package main

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/portico-desktop/portico/app/localapi"
)

// listen serves an agent below a data directory until the test ends.
func listen(t *testing.T, dataDir string, a localapi.Agent, i localapi.Info) {
	t.Helper()
	l, err := localapi.Listen(filepath.Join(dataDir, "run"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- localapi.Server{Agent: a, Info: i}.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func TestCommandsGoThroughTheRunningAgent(t *testing.T) {
	a := newAgent(state(localapi.SignedOut))
	a.signIn = signIn()
	a.after["SignIn"] = []localapi.State{waiting(localapi.StageBrowser), state(localapi.SignedIn)}
	a.accounts = []localapi.Account{*ada()}
	dir := t.TempDir()
	listen(t, dir, a, localapi.Info{Build: "0.1.0"})
	for _, step := range []struct {
		args []string
		exit int
	}{
		{[]string{"status"}, localapi.ExitSignInNeeded},
		{[]string{"login"}, 0},
		{[]string{"status"}, 0},
		{[]string{"accounts"}, 0},
	} {
		c := newConsole(nil, false)
		c.connect = connect
		if code := c.run(t.Context(), t, append(step.args, "--json", "--data-dir", dir)...); code != step.exit {
			t.Errorf("%s: exit %d, want %d\n%s", step.args, code, step.exit, &c.out)
		}
	}
}

func TestAnotherPersonsRuntimeFolderIsNamed(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("on Windows a pipe is checked, not a folder")
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "run"), 0o755); err != nil {
		t.Fatal(err)
	}
	c := newConsole(nil, false)
	c.connect = connect
	if code := c.run(t.Context(), t, "accounts", "--data-dir", dir); code != localapi.ExitConfig || !strings.Contains(c.progress.String(), filepath.Join(dir, "run")+", where") {
		t.Errorf("exit %d:\n%s", code, &c.progress)
	}
}

func TestAnAgentOfAnotherVersionIsNotAsked(t *testing.T) {
	a := newAgent(state(localapi.SignedIn))
	dir := t.TempDir()
	listen(t, dir, a, localapi.Info{API: localapi.Version + 1})
	c := newConsole(nil, false)
	c.connect = connect
	code := c.run(t.Context(), t, "accounts", "--json", "--data-dir", dir)
	if want := problem(localapi.VersionMismatch).Exit(); code != want || len(a.asked) > 0 {
		t.Errorf("exit %d, want %d, asked %v\n%s", code, want, a.asked, &c.out)
	}
}
