package audience

import (
	"strings"
	"testing"
)

func TestARuleIsMetByWhoFitsEachKind(t *testing.T) {
	ada := Person{ID: "p1", Address: "Ada@contoso.example", Organization: "contoso", Groups: []string{"it", "staff"}}
	for _, c := range []struct {
		name string
		rule Rule
		want bool
	}{
		{"everybody", Rule{}, true},
		{"by id", Rule{People: []string{"p2", "p1"}}, true},
		{"by address in any case", Rule{People: []string{"ada@Contoso.example"}}, true},
		{"by another's address", Rule{People: []string{"bob@contoso.example"}}, false},
		{"by organization", Rule{Organizations: []string{"contoso"}}, true},
		{"another organization", Rule{Organizations: []string{"fabrikam"}}, false},
		{"by group", Rule{Groups: []string{"hr", "it"}}, true},
		{"a group in another case", Rule{Groups: []string{"IT"}}, false},
		{"group and organization", Rule{Groups: []string{"it"}, Organizations: []string{"contoso"}}, true},
		{"the group of another organization", Rule{Groups: []string{"it"}, Organizations: []string{"fabrikam"}}, false},
		{"person outside the group", Rule{People: []string{"p1"}, Groups: []string{"hr"}}, false},
	} {
		if got := c.rule.Includes(ada); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// Nobody is found by what is not known of them.
func TestAnEmptyFactFitsNothing(t *testing.T) {
	for _, r := range []Rule{{People: []string{""}}, {Organizations: []string{""}}, {Groups: []string{""}}} {
		if r.Includes(Person{ID: "p1"}) {
			t.Errorf("%+v is met by somebody without an address, organization and groups", r)
		}
	}
}

func TestCheckNamesThePlace(t *testing.T) {
	for want, r := range map[string]Rule{
		"":                          {People: []string{"a@b.example"}, Groups: []string{"it"}},
		"groups is empty":           {Groups: []string{}},
		"people[1]":                 {People: []string{"a", "b\u202e"}},
		"organizations[0] is empty": {Organizations: []string{" "}},
		"groups[0] is too":          {Groups: []string{strings.Repeat("g", 255)}},
		"people has 501 en":         {People: strings.Split(strings.Repeat("a,", 500)+"a", ",")},
	} {
		err := r.Check()
		if (err == nil) != (want == "") || err != nil && !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", r, err, want)
		}
	}
}
