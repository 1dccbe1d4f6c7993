package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// A console without an agent holds tokens of its own.
func TestConsoleMakesNoCoreDumps(t *testing.T) {
	asked, goOn := make(chan struct{}), make(chan struct{})
	portal := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		asked <- struct{}{}
		<-goOn
	}))
	defer portal.Close()
	cmd := exec.CommandContext(t.Context(), "sh", "-c", `ulimit -S -c unlimited; exec "$0" status --refresh --json --data-dir "$1"`, built(t), t.TempDir())
	cmd.Env = []string{"PORTICO_PORTAL=" + portal.URL, "PATH=/usr/bin:/bin", "HOME=" + t.TempDir()}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	<-asked
	limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	filter, err := os.ReadFile(fmt.Sprintf("/proc/%d/coredump_filter", cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	close(goOn)
	_ = cmd.Wait()
	for line := range strings.Lines(string(limits)) {
		if f := strings.Fields(line); strings.HasPrefix(line, "Max core file size") && f[4] != "1" {
			t.Error(line)
		}
	}
	if strings.TrimSpace(string(filter)) != "00000000" {
		t.Errorf("the filter is %s", filter)
	}
}
