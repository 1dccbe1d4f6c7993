package manifest

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// ParseProviders reads a list of providers by itself, by the rules of a manifest's.
// Fields in its errors begin with "providers[". from names its source, in the place of a
// manifest's host.
//
// Errors: as [Parse], of the kinds [Invalid] and [NoProviders].
func ParseProviders(raw []byte, from string) ([]Provider, error) {
	m, err := Parse(fmt.Appendf(nil, `{"version":1,"name":"-","providers":%s}`, bytes.TrimSpace(raw)), from)
	if err != nil {
		return nil, err
	}
	return m.Providers, nil
}

// ParseMenus reads a list of apps by itself, by the rules of a
// manifest's. Fields in its errors begin with "menus[".
//
// Errors: as [Parse], of the kind [Invalid].
func ParseMenus(raw []byte, from string) ([]Menu, error) {
	whole := fmt.Appendf(nil, `{"menus":%s}`, bytes.TrimSpace(raw))
	var m Manifest
	if err := json.Unmarshal(whole, &m); err != nil {
		return nil, unreadable(whole, from, err)
	}
	if n := len(m.Menus); n > maxMenus {
		return nil, invalid(from, "menus", "has %d entries; %d are possible", n, maxMenus)
	}
	if err := m.checkMenus(from); err != nil {
		return nil, err
	}
	return m.Menus, nil
}
