package scripts

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const top = "../../.."

func TestTheScriptsHaveWhatTheyShare(t *testing.T) {
	all, err := Files(top)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range all {
		got, err := os.ReadFile(filepath.Join(top, path))
		if err != nil {
			t.Error(err)
			continue
		}
		if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")); diff != "" {
			t.Errorf("%s is not what %s and %s say; make generate writes it anew (-want +file):\n%s", path, source, codes, diff)
		}
	}
}
