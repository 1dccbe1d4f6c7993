package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/portal/manifest"
)

// The real program takes a good logo, leaves a hostile one, and has looked at both in
// processes of their own that have ended.
func TestAgentExaminesLogosInProcessesOfTheirOwn(t *testing.T) {
	const good = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9" onload="x"><path d="M0 0h9v9z"/></svg>`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case manifest.Path:
			fmt.Fprintf(w, `{"version":1,"name":"Contoso IT","logo":{"light":"/hostile.svg","dark":"/good.svg"},
				"providers":[{"id":"work","authority":"http://%s/nobody","client_id":"x"}]}`, r.Host)
		case "/hostile.svg":
			fmt.Fprint(w, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><defs><g id="a"><use href="#a"/></g></defs><use href="#a"/></svg>`)
		case "/good.svg":
			fmt.Fprint(w, good)
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(server.Close)
	path, err := program()
	if err != nil {
		t.Fatalf("build the agent: %v", err)
	}
	// The console examines them, and lies beside the agent.
	build := exec.Command("go", "build", "-o", filepath.Dir(path), "../porticoctl")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the console: %v\n%s", err, out)
	}
	d := newDesk(t)
	client := d.start(func(cmd *exec.Cmd) { cmd.Env = append(cmd.Env, "PORTICO_PORTAL="+server.URL) })
	var seen *localapi.Portal
	for event, err := range client.Watch(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if event.State != nil && event.State.Portal != nil {
			seen = event.State.Portal
			break
		}
	}
	if seen.Name != "Contoso IT" || seen.LogoLight != "" || seen.LogoDark == "" {
		t.Fatalf("portal = %+v", seen)
	}
	logo, err := client.Logo(t.Context(), seen.LogoDark)
	if err != nil || strings.Contains(string(logo), "onload") || !strings.Contains(string(logo), "<path") {
		t.Errorf("logo = %s, %v; want it written anew", logo, err)
	}
	setups, err := client.Providers(t.Context())
	if err != nil || len(setups) != 1 {
		t.Fatalf("%+v, %v", setups, err)
	}
	told := false
	for _, p := range setups[0].Problems {
		told = told || p.Code == localapi.ManifestUnused && p.Params["field"] == "logo.light"
	}
	if !told {
		t.Errorf("problems = %+v; want the logo among them", setups[0].Problems)
	}
	if faults := faultsOfChildren(t, d.agent.Process.Pid); faults == 0 {
		t.Error("no process of its own has ended by now")
	}
}

// faultsOfChildren counts the page faults of the processes that a process has started and
// waited for (proc(5), stat, cminflt); 0 means that there were none.
func faultsOfChildren(t *testing.T, pid int) int {
	t.Helper()
	raw, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(raw), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 9 {
		t.Fatalf("%q", raw)
	}
	faults, err := strconv.Atoi(fields[8]) // field 11 of the whole line
	if err != nil {
		t.Fatal(err)
	}
	return faults
}
