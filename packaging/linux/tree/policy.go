package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/portico-desktop/portico/app/policy"
)

// policyPage describes /etc/portico/policy.json, from the programs' own table for
// reading it.
func (b *build) policyPage() (*page, error) {
	p := b.newPage("portico-policy", 5)
	p.heading("Name")
	p.text("portico-policy - what an administrator decides for Portico on a computer")
	p.heading("Synopsis")
	p.text("/etc/portico/policy.json")
	p.heading("Description")
	p.text("A JSON object with two members, both optional: \"settings\" are decided for everybody, and people find them locked; \"defaults\" count until the person decides otherwise. " +
		"The packages do not bring this file and never change it. It has to belong to root, and nobody else may be able to write it or its folder, or else nothing of it is used.\n" +
		"A value that is wrong is not used. It stops nothing, unless it is about who may sign in: then nobody may until it is right. A file that cannot be read as a whole opens nothing: what it said before counts, and where that is not known nobody may sign in. porticoctl policy shows what counts, where it comes from, and what is wrong.")
	p.heading("Example")
	p.example("{\n  \"settings\": {\n    \"PortalURL\": \"https://portal.example.com\",\n    \"Autostart\": \"always\"\n  },\n  \"defaults\": {\n    \"Theme\": \"dark\"\n  }\n}")
	for _, group := range policy.Groups() {
		p.heading("Keys: " + group)
		for _, k := range policy.Keys() {
			if k.Group != group {
				continue
			}
			if err := p.key(k); err != nil {
				return nil, fmt.Errorf("describe %s: %w", k.Name, err)
			}
		}
	}
	p.heading("Files")
	p.item("/etc/portico/policy.json", "kept when the package is upgraded or removed, and deleted when it is purged (Debian)")
	p.heading("See also")
	p.text("porticoctl(1), portico-agent(1)")
	return p, nil
}

func (p *page) key(k policy.Key) error {
	example, err := json.MarshalIndent(k.Example, "", " ")
	if err != nil {
		return err
	}
	about := k.Title + ". " + k.About
	switch {
	case len(k.Values) > 0:
		about += " One of: " + strings.Join(k.Values, ", ") + "."
	case k.Kind == policy.Number:
		about += fmt.Sprintf(" From %d to %d %s.", k.Min, k.Max, k.Unit)
	case k.Kind == policy.Flag:
		about += " true or false."
	case k.Kind == policy.List:
		about += " A list of texts."
	case k.Kind == policy.Objects:
		about += " A list of objects, as in the portal's manifest."
	}
	if k.Personal {
		about += " A person may decide it too."
	}
	if k.Waits != "" {
		about += " This version keeps the value and does nothing with it yet."
	}
	// On one line, with blanks to break it at.
	p.item(string(k.Name), about+" Example: "+strings.Join(strings.Fields(string(example)), " "))
	return nil
}
