package manifest

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMembersThatMeanNothingAreFound(t *testing.T) {
	const raw = `{"version":1,"name":"x","$schema":"manifest.schema.json","acent":"#0F6CBD","support":{"emial":"a@b.example"},"later":{"x":1},
		"menus":[{"id":"m","title":"M","url":"https://m.example/","grupe":"G"}],
		"providers":[{"id":"a","authority":"https://login.example","client_id":"c","Title":"A",
			"tenents":["t"],"domain":["d.example"],"consent_redirct":"https://c.example/","enable":false,"tenantRestriction":1,"hos":"h",
			"redirect":{"prot":1,"port":2},"client_auth":{"methd":"none"}},
		  {"id":"b","authority":"https://login.example","client_id":"c","\u001b[31mred":1,"port":1}]}`
	m, err := Parse([]byte(raw), "portal.example")
	if err != nil {
		t.Fatal("it is lenient:", err)
	}
	for what, test := range map[string]struct{ got, want []Unknown }{
		"the rest": {m.Unknown, []Unknown{{"acent", "accent"}, {"later", ""}, {"menus[0].grupe", "group"}, {"support.emial", "email"}}},
		"the first": {m.Providers[0].Unknown, []Unknown{
			{"providers[0].client_auth.methd", "method"}, {"providers[0].consent_redirct", "consent_redirect"}, {"providers[0].domain", "domains"},
			{"providers[0].enable", "enabled"}, {"providers[0].hos", "host"}, {"providers[0].redirect.prot", "port"},
			{"providers[0].tenantRestriction", ""}, {"providers[0].tenents", "tenants"},
		}},
		"the second": {m.Providers[1].Unknown, []Unknown{{`providers[1]."\x1b[31mred"`, ""}, {"providers[1].port", ""}}},
	} {
		if diff := cmp.Diff(test.want, test.got); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
	}
}

func TestManifestOfNothingButUnknownMembersIsNoFlood(t *testing.T) {
	var extra strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&extra, `,"x%d":1`, i)
	}
	m, err := Parse([]byte(strings.Replace(good, `,"later"`, extra.String()+`,"`+strings.Repeat("y", 5000)+`":1,"later"`, 1)), "portal.example")
	if err != nil || len(m.Unknown) != maxUnknown {
		t.Errorf("%d, %v", len(m.Unknown), err)
	}
}

// Examples are copied.
func TestExamplesHaveNoUnknownMember(t *testing.T) {
	for _, file := range []string{"../PROVIDERS.md", "../../../README.md"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		read := 0
		for _, example := range regexp.MustCompile("(?s)```json\n(.*?)```").FindAllSubmatch(text, -1) {
			m, err := Parse(example[1], file)
			if err != nil {
				continue // no manifest, or held by another test
			}
			read++
			found := m.Unknown
			for _, p := range m.Providers {
				found = append(found, p.Unknown...)
			}
			if len(found) != 0 {
				t.Errorf("%s: %+v", file, found)
			}
		}
		if read == 0 {
			t.Errorf("%s has no example", file)
		}
	}
}
