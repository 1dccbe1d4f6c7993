// Package addresses_test holds Portico, and the scripts for Linux and macOS, to the
// table of addresses beside it. The tests of packaging/windows do it for the rest.
package addresses_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/app/portal/address"
)

type row struct{ Given, Kept, MSI string }

func table(t *testing.T) (good, bad []row) {
	t.Helper()
	raw, err := os.ReadFile("addresses.json")
	if err != nil {
		t.Fatal(err)
	}
	var all struct {
		About     string
		Good, Bad []row
	}
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	if len(all.Good) < 20 || len(all.Bad) < 50 {
		t.Fatalf("%d good and %d bad addresses", len(all.Good), len(all.Bad))
	}
	return all.Good, all.Bad
}

// What a script writes down is a good value of the policy, and the portal that
// somebody would have typed.
func TestThePrograms(t *testing.T) {
	key, _ := policy.Lookup(policy.PortalURL)
	good, bad := table(t)
	for _, r := range good {
		if _, wrong := key.Check(r.Kept); wrong != "" {
			t.Errorf("%q is no value of the policy: %s", r.Kept, wrong)
		}
		typed, err := address.Normalise(r.Given)
		kept, err2 := address.Normalise(r.Kept)
		if err != nil || err2 != nil || typed != kept {
			t.Errorf("%q is %q, %v; kept as %q it is %q, %v", r.Given, typed, err, r.Kept, kept, err2)
		}
	}
	for _, r := range bad {
		for _, whole := range []string{r.Given, "https://" + r.Given} {
			if strings.Contains(r.Given, "://") && whole != r.Given {
				continue
			}
			if _, wrong := key.Check(whole); wrong == "" {
				t.Errorf("%q is taken for a value of the policy", whole)
			}
		}
	}
}

// The part of install.sh that reads the address is run by itself: it would go on to
// install, and another system's does not get that far.
func TestTheScripts(t *testing.T) {
	good, bad := table(t)
	function := regexp.MustCompile(`(?ms)^# portal_address .*?^portal_address\(\) \{$.*?^\}$`)
	var texts []string
	for _, system := range []string{"linux", "macos"} {
		script, err := os.ReadFile(filepath.Join("..", system, "install.sh"))
		if err != nil {
			t.Fatal(err)
		}
		text := function.FindString(strings.ReplaceAll(string(script), "\t", "    "))
		texts = append(texts, text)
		if text == "" || text != texts[0] {
			t.Fatalf("%s/install.sh does not have the other's portal_address:\n%s", system, text)
		}
	}
	run := func(given string) (string, bool) {
		out, err := exec.Command("sh", "-euc", texts[0]+"\nportal_address \"$1\"", "sh", given).Output()
		return string(out), err == nil
	}
	for _, r := range good {
		kept, taken := run(r.Given)
		// Without the tables of Unicode a shell cannot tell what is hidden in a name.
		if isASCII := strings.IndexFunc(r.Given, func(c rune) bool { return c > 0x7e }) < 0; taken != isASCII || taken && kept != r.Kept {
			t.Errorf("%q is kept as %q, %v; want %q", r.Given, kept, taken, r.Kept)
		}
	}
	for _, r := range bad {
		if kept, taken := run(r.Given); taken {
			t.Errorf("%q is kept as %q", r.Given, kept)
		}
	}
}

func TestTheScriptsPrintNoPassword(t *testing.T) {
	for _, system := range []string{"linux", "macos"} {
		for _, given := range []string{"https://ada:correct-horse@it.example.org", "ada:correct-horse@it.example.org", "https://ada:correct/horse@it.example.org"} {
			for _, cmd := range []*exec.Cmd{exec.Command("sh", "install.sh", "--portal", given), exec.Command("sh", "install.sh")} {
				cmd.Dir, cmd.Env = filepath.Join("..", system), append(os.Environ(), "PORTICO_PORTAL_URL="+given)
				out, _ := cmd.CombinedOutput()
				if code := cmd.ProcessState.ExitCode(); code != 2 || strings.Contains(string(out), "horse") || !strings.Contains(string(out), "it.example.org") {
					t.Errorf("%s: %d %s", system, code, out)
				}
			}
		}
	}
}
