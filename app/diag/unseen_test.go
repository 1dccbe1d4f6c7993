package diag

import (
	"strings"
	"testing"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/plain"
)

// The facts of doctor hold what a provider has chosen, and nothing that nobody sees.
func TestFactsHoldNothingUnseen(t *testing.T) {
	for _, r := range []rune{0x1b, 0x85, 0x9b, 0xad, 0x200b, 0x200d, 0x200f, 0x2028, 0x202e, 0x2060, 0x2066, 0x2069, 0xfeff, 0x3164} {
		bad := "a" + string(r) + "b"
		facts := metadataFacts(&auth.Metadata{
			Issuer: "https://" + bad, AuthorizationEndpoint: "https://login.example/" + bad, TokenEndpoint: "https://" + bad + ".example/", ChallengeMethods: []string{bad},
		})
		for _, fact := range append(facts, withoutQuery("https://proxy.example/"+bad), withoutQuery("https://"+bad+"/"), forDisplay(bad)) {
			if strings.ContainsFunc(fact, plain.Hidden) {
				t.Errorf("%U: %q", r, fact)
			}
		}
	}
	if got := withoutQuery("https://user:word@müller.example/pac?x"); got != "https://xn--mller-kva.example/pac" {
		t.Errorf("%q", got)
	}
}
