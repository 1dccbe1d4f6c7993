package main

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/portico-desktop/portico/app/localapi"
)

// Whoever has clicked sees no standard error: the window shows what the agent reports.
func TestAgentReportsWhoseFoldersTheseAre(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can be somebody else in a person's folders")
	}
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	const ada = 54321
	home, err := os.MkdirTemp("/tmp", "p") // not below a folder of this test's own
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(home) })
	if err := os.Chown(home, ada, ada); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), path, "--report")
	cmd.Env = []string{"HOME=" + home, "XDG_RUNTIME_DIR=" + filepath.Join(home, "run"), "PATH=/usr/bin:/bin"}
	out, err := cmd.Output()
	var ended *exec.ExitError
	if !errors.As(err, &ended) || ended.ExitCode() != localapi.ExitConfig {
		t.Errorf("ended with %v", err)
	}
	var why localapi.Problem
	if err := json.Unmarshal(out, &why); err != nil || why.Code != localapi.FolderOfPerson || why.Params["file"] != home {
		t.Errorf("%v: %q", err, out)
	}
	if entries, err := os.ReadDir(home); err != nil || len(entries) > 0 {
		t.Errorf("made %v, %v", entries, err)
	}
}
