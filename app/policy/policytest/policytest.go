// Package policytest makes policies for the tests of other rooms.
package policytest

import (
	"encoding/json"
	"fmt"

	"github.com/portico-desktop/portico/app/policy"
)

// Where is the name of the source of [Of].
const Where = "machine"

// None are the policies of a computer that nobody manages.
func None() *policy.Policies { return &policy.Policies{} }

// Of are the policies of a file with a machine's settings and IT's defaults, each by key,
// nil for nothing. They are checked like those of a real one.
func Of(machine, defaults map[policy.Name]any) *policy.Policies {
	parts := map[string]map[policy.Name]any{}
	if machine != nil {
		parts["settings"] = machine
	}
	if defaults != nil {
		parts["defaults"] = defaults
	}
	text, err := json.Marshal(parts)
	if err != nil {
		panic(fmt.Sprintf("policies that cannot be written: %v", err))
	}
	return policy.Check(text, Where)
}
