// Package audience says for whom a menu, a form or an announcement is meant.
//
// It knows a few facts of people, and neither the store nor the folder of the rules.
package audience

import (
	"fmt"
	"slices"
	"strings"

	"github.com/portico-desktop/portico/auth/plain"
)

// Person holds the facts of one person for rules to name.
type Person struct {
	// ID is the person's id as /v1/people shows it.
	ID string
	// Address is the person's own mail address by the gateway's rules, "" for none.
	Address string
	// Organization is the id of the person's organization, "" for none.
	Organization string
	// Groups are the groups of the person's token.
	Groups []string
}

// Rule is met by a person who fits each kind in it. One value of a kind is
// enough to fit the kind. The zero value is met by everybody.
//
// Kinds are not alternatives, since each organization names its groups as it likes: a rule with an organization and a group must not be met by the group of the same
// name elsewhere.
type Rule struct {
	// People are ids or mail addresses, in any case.
	People []string `json:"people,omitempty"`
	// Organizations are ids of organizations.
	Organizations []string `json:"organizations,omitempty"`
	// Groups are values of the groups claim, to the letter.
	Groups []string `json:"groups,omitempty"`
}

const (
	// maxValues bounds each kind of a rule.
	maxValues = 500
	// maxValue is the longest value, in bytes.
	maxValue = 254
)

// Everybody is true for a rule without any kind.
func (r Rule) Everybody() bool {
	return len(r.People) == 0 && len(r.Organizations) == 0 && len(r.Groups) == 0
}

// Includes is true if the person meets the rule.
func (r Rule) Includes(p Person) bool {
	return r.people(p) && (len(r.Organizations) == 0 || p.Organization != "" && slices.Contains(r.Organizations, p.Organization)) &&
		(len(r.Groups) == 0 || slices.ContainsFunc(p.Groups, func(g string) bool { return slices.Contains(r.Groups, g) }))
}

func (r Rule) people(p Person) bool {
	return len(r.People) == 0 || slices.ContainsFunc(r.People, func(named string) bool {
		return named == p.ID || p.Address != "" && strings.EqualFold(named, p.Address)
	})
}

// Check finds the first fault of a rule. An empty list is one: it was meant to restrict, and
// would let everybody in. The fault begins with the place in the rule, as in "groups[2] is
// empty".
func (r Rule) Check() error {
	for _, kind := range []struct {
		name   string
		values []string
	}{{"people", r.People}, {"organizations", r.Organizations}, {"groups", r.Groups}} {
		if kind.values != nil && len(kind.values) == 0 {
			return fmt.Errorf("%s is empty, so that everybody would fit; leave it out, or name somebody", kind.name)
		}
		if len(kind.values) > maxValues {
			return fmt.Errorf("%s has %d entries; %d are possible", kind.name, len(kind.values), maxValues)
		}
		for i, v := range kind.values {
			switch {
			case strings.TrimSpace(v) == "":
				return fmt.Errorf("%s[%d] is empty", kind.name, i)
			case len(v) > maxValue || v != strings.TrimSpace(v) || strings.ContainsFunc(v, plain.Hidden):
				return fmt.Errorf("%s[%d] is too long, or has blanks at its ends or characters that cannot be seen", kind.name, i)
			}
		}
	}
	return nil
}
