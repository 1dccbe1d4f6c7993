package house

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What CONTRIBUTING tells people to write is what a test compiles and tries: each piece of
// Go in these sections stands in the file of its example.
func TestContributingQuotesWhatIsCompiled(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "CONTRIBUTING.md"))
	if err != nil {
		t.Fatal(err)
	}
	fence := regexp.MustCompile("(?ms)^( *)```go\n(.*?)^ *```$")
	for heading, example := range map[string]string{
		"## Add a call": "app/localapi/addcall_test.go",
		"## Add a page": "app/ui/addpage_test.go",
	} {
		_, section, found := strings.Cut(string(text), "\n"+heading+"\n")
		section, _, _ = strings.Cut(section, "\n## ")
		quotes := fence.FindAllStringSubmatch(section, -1)
		if !found || len(quotes) < 2 || !strings.Contains(section, "]("+example+")") {
			t.Errorf("%s: it has %d pieces of Go, and has to name %s", heading, len(quotes), example)
		}
		code, err := os.ReadFile(filepath.Join(root, example))
		if err != nil {
			t.Fatal(err)
		}
		for _, quote := range quotes {
			piece := regexp.MustCompile("(?m)^"+quote[1]).ReplaceAllString(quote[2], "")
			if !strings.Contains(string(code), strings.TrimSpace(piece)) {
				t.Errorf("%s: this is not in %s:\n%s", heading, example, piece)
			}
		}
	}
}
