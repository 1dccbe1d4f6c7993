package content

import (
	"encoding/json"
	"os"
	"regexp"
	"testing"

	"github.com/portico-desktop/portico/cmd/internal/gateway/audience"
)

// Each example of the guide is read as the file that it stands for.
func TestTheGuidesExamplesAreGood(t *testing.T) {
	guide, err := os.ReadFile("CONTENT.md")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile("(?ms)^```json (\\w+)\n(.*?)^```").FindAllSubmatch(guide, -1)
	seen := map[string]bool{}
	for _, example := range found {
		kind, text := string(example[1]), example[2]
		seen[kind] = true
		if kind == "audience" {
			var rule audience.Rule
			if err := json.Unmarshal(text, &rule); err != nil || rule.Check() != nil {
				t.Errorf("%s: %v, %v", text, err, rule.Check())
			}
			continue
		}
		parse := parsers()[kind]
		if parse == nil {
			t.Errorf("an example is of the unknown kind %q", kind)
			continue
		}
		if _, problems := parse(text); len(problems) > 0 {
			t.Errorf("%s: %v", kind, problems)
		}
	}
	for kind := range parsers() {
		if !seen[kind] {
			t.Errorf("there is no example of %s", kind)
		}
	}
}
