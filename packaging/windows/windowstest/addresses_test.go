package windowstest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The package follows the rule that programs and scripts have, as far as a condition
// of Windows Installer can: the table says where it does otherwise.
func TestThePackageKnowsAPortalsAddress(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(packaging, "..", "addresses", "addresses.json"))
	if err != nil {
		t.Fatal(err)
	}
	var table struct{ Good, Bad []struct{ Given, MSI string } }
	if err := json.Unmarshal(raw, &table); err != nil {
		t.Fatal(err)
	}
	args, want := []string{windows(filepath.Join(work, "conditions.exe")), windows(msi), "PORTALURL", "none"}, []string{"taken"}
	add := func(given, msi, usual string) {
		if msi == "" {
			msi = usual
		}
		args, want = append(args, given), append(want, msi)
	}
	for _, r := range table.Good {
		if strings.Contains(r.Given, "://") {
			add(r.Given, r.MSI, "taken")
		} else {
			add(r.Given, r.MSI, "refused") // the package keeps what it is told, and that has to be whole
		}
	}
	for _, r := range table.Bad {
		add(r.Given, r.MSI, "refused")
	}
	out := strings.Fields(newComputer(t).must(args...))
	if len(out) != len(want) {
		t.Fatalf("%d answers to %d addresses", len(out), len(want))
	}
	for i, w := range want {
		if out[i] != w {
			t.Errorf("%q is %s, want %s", args[i+3], out[i], w)
		}
	}
}

func TestNoMessageRepeatsTheAddress(t *testing.T) {
	for condition, message := range pairs(t, msi, "LaunchCondition", "Condition", "Description") {
		if len(condition) > 255 || len(message) > 255 {
			t.Errorf("%d and %d characters are more than the columns have room for: %s", len(condition), len(message), condition)
		}
		if strings.Contains(condition, "PORTALURL") && strings.Contains(message, "[") {
			t.Errorf("%s: %s", condition, message)
		}
	}
}
