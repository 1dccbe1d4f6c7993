package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/app/policy/policytest"
)

// Whoever sets PORTICO_PORTAL where IT has decided would wonder for long.
func TestAPortalThatHasNoEffectIsSaid(t *testing.T) {
	decided := map[policy.Name]any{policy.PortalURL: "https://portal.contoso.example", policy.ManagedByName: "Contoso IT"}
	for name, tc := range map[string]struct {
		machine, defaults map[policy.Name]any
		portal            string
		said              bool
	}{
		"another portal":             {decided, nil, "other.example", true},
		"no address at all":          {decided, nil, "other example", true},
		"the same portal":            {decided, nil, "portal.contoso.example", false},
		"none":                       {decided, nil, "", false},
		"a default, which gives way": {nil, decided, "other.example", false},
	} {
		for _, command := range []string{"login", "doctor", "policy"} {
			t.Run(name+", "+command, func(t *testing.T) {
				a := newAgent(state(localapi.SignedIn))
				a.policy = localapi.PolicyReport{Sources: []localapi.PolicySource{}, Settings: []localapi.PolicySetting{{
					Key: "PortalURL", Kind: "address", Value: json.RawMessage(`"https://portal.contoso.example"`), Source: localapi.PolicySource{Kind: "machine-policy"},
				}}}
				c := newConsole(a, false)
				c.environment["PORTICO_PORTAL"] = tc.portal
				c.policies = func() *policy.Policies { return policytest.Of(tc.machine, tc.defaults) }
				args, where := []string{command}, &c.progress
				want := "PORTICO_PORTAL (" + tc.portal + ") has no effect: Contoso IT"
				if command == "policy" {
					args, where, want = append(args, "PortalURL"), &c.out, tc.portal+" – environment variable (PORTICO_PORTAL)"
				}
				c.run(t.Context(), t, args...)
				if got := strings.Count(where.String(), want); got != map[bool]int{true: 1}[tc.said] {
					t.Errorf("said %d times:\n%s", got, where)
				}
				for _, asked := range a.asked {
					if _, is := asked.(localapi.PortalRequest); is && tc.said {
						t.Errorf("the agent is asked for what it has to refuse: %+v", asked)
					}
				}
			})
		}
	}
}
