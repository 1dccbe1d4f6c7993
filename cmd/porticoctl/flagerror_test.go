package main

import (
	"strings"
	"testing"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/words"
)

func TestMistakesInOptionsAreSaidInThePersonsWords(t *testing.T) {
	for name, tc := range map[string]struct {
		args []string
		en   string
		de   string
	}{
		"unknown":           {[]string{"status", "--refrsh"}, "no option --refrsh here. porticoctl status --help lists", "Option --refrsh gibt es hier nicht"},
		"unknown letter":    {[]string{"login", "-dx"}, "no option -d here", "Option -d gibt es hier nicht"},
		"without its value": {[]string{"login", "--provider"}, "--provider needs something after it: ID.", "Nach --provider fehlt etwas: ID."},
		"no time":           {[]string{"login", "--timeout", "soon"}, "“soon” is no good for --timeout: it takes a time", "„soon“ passt nicht zu --timeout: es nimmt eine Zeit"},
		"no yes or no":      {[]string{"login", "--device=maybe"}, "“maybe” is no good for --device: it is true or false", "„maybe“ passt nicht zu --device: es ist true oder false"},
		"badly written":     {[]string{"login", "---device"}, "“---device” is not how", "„---device“ ist keine Option"},
		"of a subcommand":   {[]string{"providers", "secret", "m365", "--secret", "x"}, "no option --secret here. porticoctl providers secret --help", "--secret gibt es hier nicht"},
	} {
		for language, want := range map[string]string{"en": tc.en, "de": tc.de} {
			t.Run(name+", "+language, func(t *testing.T) {
				c := newConsole(nil, false)
				c.words = words.New(language)
				if code := c.run(t.Context(), t, tc.args...); code != localapi.ExitUsage || !strings.Contains(c.progress.String(), want) {
					t.Errorf("exit %d, no %q in\n%s", code, want, &c.progress)
				}
			})
		}
	}
}
