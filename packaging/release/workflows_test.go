package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// workflow is what this test reads of a GitHub workflow.
type workflow struct {
	On          map[string]any
	Permissions map[string]string
	Concurrency map[string]any
	Jobs        map[string]job
}

type job struct {
	Needs       needs
	Uses        string
	Permissions map[string]string
	Timeout     int `yaml:"timeout-minutes"`
	Environment string
	Env         map[string]string
	Steps       []step
}

type step struct {
	Name, If, Uses, Run string
	With, Env           map[string]string
}

// needs is one name or a list of them.
type needs []string

func (n *needs) UnmarshalYAML(value *yaml.Node) error {
	if value.Kind == yaml.ScalarNode {
		*n = needs{value.Value}
		return nil
	}
	return value.Decode((*[]string)(n))
}

const workflowDir = "../../.github/workflows"

// workflows are those of the repository, by name of the file.
func workflows(t *testing.T) map[string]workflow {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(workflowDir, "*.yml"))
	if err != nil || len(paths) < 2 {
		t.Fatalf("workflows: %v, %v", paths, err)
	}
	found := map[string]workflow{}
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var w workflow
		if err := yaml.Unmarshal(raw, &w); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		found[filepath.Base(path)] = w
	}
	return found
}

// A tag of an action can be moved to other code; a commit cannot. The version beside
// it is for people and for the tools that propose updates.
func TestActionsAreNamedByCommit(t *testing.T) {
	line := regexp.MustCompile(`^\s*(?:- )?uses: (.*)$`)
	commit := regexp.MustCompile(`^actions/[a-z-]+@[0-9a-f]{40} # v[0-9]+\.[0-9]+\.[0-9]+$`)
	versions := map[string]string{}
	seen := 0
	for name := range workflows(t) {
		raw, err := os.ReadFile(filepath.Join(workflowDir, name))
		if err != nil {
			t.Fatal(err)
		}
		for text := range strings.Lines(string(raw)) {
			found := line.FindStringSubmatch(strings.TrimSuffix(text, "\n"))
			if found == nil || strings.HasPrefix(found[1], "./") {
				continue
			}
			seen++
			if !commit.MatchString(found[1]) {
				t.Errorf("%s: %s is no commit of an action of GitHub's own with its version", name, found[1])
				continue
			}
			action, at, _ := strings.Cut(found[1], "@")
			if before := versions[action]; before != "" && before != at {
				t.Errorf("%s is used as %s and as %s", action, before, at)
			}
			versions[action] = at
		}
	}
	if seen < 10 {
		t.Errorf("only %d actions were found", seen)
	}
}

// What a job may do beyond reading the source, and why there is no more of it: a step
// that is taken over gets the permissions of its job.
func TestJobsHaveNoMorePermissionsThanTheyNeed(t *testing.T) {
	more := map[string]map[string]string{
		"release.yml publish": {"contents": "write", "id-token": "write", "attestations": "write"},
	}
	for name, w := range workflows(t) {
		if w.Permissions == nil || len(w.Permissions) > 0 {
			t.Errorf("%s gives %v to every job, want {}", name, w.Permissions)
		}
		if w.Concurrency["group"] == nil {
			t.Errorf("%s may run twice at once for the same commit", name)
		}
		for id, j := range w.Jobs {
			want := more[name+" "+id]
			if want == nil {
				want = map[string]string{"contents": "read"}
			}
			if fmt.Sprint(j.Permissions) != fmt.Sprint(want) {
				t.Errorf("%s %s may %v, want %v", name, id, j.Permissions, want)
			}
			if j.Timeout == 0 && j.Uses == "" {
				t.Errorf("%s %s may run for six hours", name, id)
			}
			for _, s := range j.Steps {
				if strings.HasPrefix(s.Uses, "actions/checkout@") && s.With["persist-credentials"] != "false" {
					t.Errorf("%s %s leaves its token in the folder", name, id)
				}
				if strings.Contains(s.Run, "${{") {
					t.Errorf("%s %s: a value is pasted into the program of %q; hand it over in env", name, id, s.Name)
				}
			}
		}
	}
}

func TestAReleaseIsTestedBefore(t *testing.T) {
	all := workflows(t)
	release := all["release.yml"]
	if _, callable := all["test.yml"].On["workflow_call"]; !callable {
		t.Error("test.yml cannot be called")
	}
	tests := ""
	for id, j := range release.Jobs {
		if j.Uses == "./.github/workflows/test.yml" {
			tests = id
		}
	}
	if tests == "" {
		t.Fatal("release.yml does not run test.yml")
	}
	var after func(id string) bool
	after = func(id string) bool {
		return slices.ContainsFunc(release.Jobs[id].Needs, func(n string) bool { return n == tests || after(n) })
	}
	for id := range release.Jobs {
		if id != tests && !after(id) {
			t.Errorf("%s does not wait for the tests", id)
		}
	}
	// What is published is what the other jobs have made, with its attestation before.
	attested := slices.IndexFunc(release.Jobs["publish"].Steps, func(s step) bool { return strings.HasPrefix(s.Uses, "actions/attest-build-provenance@") })
	published := slices.IndexFunc(release.Jobs["publish"].Steps, func(s step) bool { return strings.Contains(s.Run, "gh release create") })
	if attested < 0 || published < attested {
		t.Errorf("published in step %d, attested in step %d", published, attested)
	}
	if w := release.Jobs["publish"].Steps[attested].With; w["subject-checksums"] == "" {
		t.Errorf("attested are %v", w)
	}
}

// A key that is not there skips its step, and the step's name says what is then missing.
func TestSigningIsSkippedByName(t *testing.T) {
	secret := regexp.MustCompile(`secrets\.([A-Z_]+)`)
	condition := regexp.MustCompile(`^env\.([A-Z_]+) == 'true'$`)
	signing := map[string]bool{}
	for name, w := range workflows(t) {
		for id, j := range w.Jobs {
			for key, value := range j.Env {
				if secret.MatchString(value) && !regexp.MustCompile(`^\$\{\{ secrets\.[A-Z_]+ != ''( && secrets\.[A-Z_]+ != '')* \}\}$`).MatchString(value) {
					t.Errorf("%s %s: every step has %s in %s", name, id, value, key)
				}
			}
			for _, s := range j.Steps {
				for _, value := range s.With {
					if secret.MatchString(value) {
						t.Errorf("%s %s: %q hands a key to an action", name, id, s.Name)
					}
				}
				var keys []string
				for _, value := range s.Env {
					for _, found := range secret.FindAllStringSubmatch(value, -1) {
						keys = append(keys, found[1])
					}
				}
				if len(keys) == 0 {
					continue
				}
				if j.Environment != "release" {
					t.Errorf("%s %s: %q has keys outside the environment that guards them", name, id, s.Name)
				}
				of := condition.FindStringSubmatch(s.If)
				if of == nil {
					t.Errorf("%s %s: %q runs without its keys: if is %q", name, id, s.Name, s.If)
					continue
				}
				asked := secret.FindAllStringSubmatch(j.Env[of[1]], -1)
				for _, key := range asked {
					if !strings.Contains(s.Name, key[1]) || !strings.Contains(s.Name, "skipped without") {
						t.Errorf("%s %s: %q does not say that it is skipped without %s", name, id, s.Name, key[1])
					}
					if !slices.Contains(keys, key[1]) && len(asked) == 1 {
						t.Errorf("%s %s: %q asks for %s and does not use it", name, id, s.Name, key[1])
					}
				}
				if len(asked) == 0 {
					t.Errorf("%s %s: %q depends on %s, which asks for no key", name, id, s.Name, of[1])
				}
				for _, what := range []string{"PowerShell scripts", "MSI", "deb, rpm and SHA256SUMS", "programs and package", "Notarize"} {
					signing[what] = signing[what] || strings.Contains(s.Name, what)
				}
			}
		}
	}
	for _, what := range []string{"PowerShell scripts", "MSI", "deb, rpm and SHA256SUMS", "programs and package", "Notarize"} {
		if !signing[what] {
			t.Errorf("no step signs: %s", what)
		}
	}
}

// Go is the newest patch when this file was last touched: what a release has in it
// comes from the standard library too.
func TestGoIsOneExactPatch(t *testing.T) {
	raw, err := os.ReadFile("../../.github/go-version")
	if err != nil {
		t.Fatal(err)
	}
	exact := regexp.MustCompile(`^(1\.[0-9]+)\.([0-9]+)\n$`).FindStringSubmatch(string(raw))
	if exact == nil {
		t.Fatalf("go-version is %q, want one exact version", raw)
	}
	module, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	least := regexp.MustCompile(`(?m)^go (1\.[0-9]+)\.([0-9]+)$`).FindStringSubmatch(string(module))
	if patch, _ := strconv.Atoi(exact[2]); least == nil || exact[1] != least[1] || patch < 11 {
		t.Errorf("Go %q is not a newer patch of go.mod's %q", exact[0], least)
	}
	for name, w := range workflows(t) {
		for id, j := range w.Jobs {
			for _, s := range j.Steps {
				if strings.HasPrefix(s.Uses, "actions/setup-go@") && s.With["go-version-file"] != ".github/go-version" {
					t.Errorf("%s %s takes Go from %v", name, id, s.With)
				}
			}
		}
	}
}

// A library's fault becomes known after it was taken. The database of such faults is asked
// at every change, on a computer that reaches it, and nothing skips that.
func TestKnownFaultsOfLibrariesAreLookedUp(t *testing.T) {
	raw, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	target := regexp.MustCompile(`(?m)^vulnerabilities:.*\n(?:\t.*\n)+`).FindString(string(raw))
	if !regexp.MustCompile(`golang\.org/x/vuln/cmd/govulncheck@v\d+\.\d+\.\d+\n`).MatchString(target) || strings.Contains(target, "|| true") {
		t.Errorf("make vulnerabilities does not run one version of govulncheck, or passes over what it finds:\n%s", target)
	}
	for _, program := range []string{"./cmd/portico-agent", "./cmd/porticoctl", "./cmd/portico\n"} {
		if !strings.Contains(target, program) {
			t.Errorf("make vulnerabilities leaves out %s", program)
		}
	}
	runs := 0
	for _, j := range workflows(t)["test.yml"].Jobs {
		for _, s := range j.Steps {
			if s.Run == "make vulnerabilities" && s.If == "" && len(j.Needs) == 0 {
				runs++
			}
		}
	}
	if runs != 1 {
		t.Errorf("test.yml runs make vulnerabilities %d times unconditionally", runs)
	}
}

// The packages are installed for real where they belong.
func TestPackagesAreInstalledOnTheirSystems(t *testing.T) {
	jobs := workflows(t)["test.yml"].Jobs
	raw, err := os.ReadFile(filepath.Join(workflowDir, "test.yml"))
	if err != nil {
		t.Fatal(err)
	}
	runs := func(id, command string) {
		t.Helper()
		if !slices.ContainsFunc(jobs[id].Steps, func(s step) bool { return strings.Contains(s.Run, command) }) {
			t.Errorf("%s does not run %s", id, command)
		}
	}
	runs("linux", "make test")
	runs("windows-packages", "make test-windows")
	runs("windows-install", "./packaging/windows/installtest")
	runs("macos", "packaging/macos/testdata/install-for-real.sh")
	if !strings.Contains(string(raw), "powershell: [powershell.exe, pwsh.exe]") || !slices.Contains(jobs["windows-install"].Needs, "windows-packages") {
		t.Error("the MSI is not installed under both PowerShells")
	}
	for _, path := range []string{"../macos/testdata/install-for-real.sh", "../windows/installtest"} {
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
}
