package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"strings"

	"howett.net/plist"

	"github.com/portico-desktop/portico/app/policy"
)

// domain is the name of Portico's preferences on macOS: its bundle id.
const domain = "io.github.portico_desktop.Portico"

// profile is a sample of a configuration profile for device management.
func profile() ([]byte, error) {
	values := map[string]any{
		"PayloadType": domain, "PayloadVersion": 1, "PayloadIdentifier": domain + ".policy.settings", "PayloadUUID": uuid("settings"),
		"PayloadDisplayName": "Portico",
	}
	for _, name := range []policy.Name{policy.PortalURL, policy.ManagedByName} {
		k, _ := policy.Lookup(name)
		values[string(name)] = k.Example
	}
	language, _ := policy.Lookup(policy.Language)
	values["Defaults"] = map[string]any{string(language.Name): language.Example}
	return propertyList(map[string]any{
		"PayloadType": "Configuration", "PayloadVersion": 1, "PayloadIdentifier": domain + ".policy", "PayloadUUID": uuid("profile"),
		"PayloadDisplayName": "Portico", "PayloadDescription": "Settings of Portico. What stands in Defaults may be changed by people.",
		"PayloadOrganization": "Contoso IT", "PayloadScope": "System", "PayloadRemovalDisallowed": true,
		"PayloadContent": []any{values},
	}, strings.Join([]string{
		"A sample: change the values, take out what you do not need, and add keys from app/policy/POLICIES.md.",
		"PayloadScope System counts for everybody on the computer; with User it counts for one person.",
		"PayloadRemovalDisallowed keeps people from removing it: remove it in your device management, or take the key out,",
		"and then \"sudo profiles remove -identifier " + domain + ".policy\" removes it as well.",
		"Keep the identifiers and the UUIDs when you change it, so that it takes the place of the one before.",
	}, "\n     "))
}

// uuid is a UUID (RFC 9562, section 5.8) made from a name, so it stays.
func uuid(name string) string {
	sum := sha256.Sum256([]byte("https://github.com/portico-desktop/portico/policy/" + name))
	id := sum[:16]
	id[6], id[8] = id[6]&0x0f|0x80, id[8]&0x3f|0x80
	return strings.ToUpper(fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:]))
}

// propertyList writes XML with a note on top.
func propertyList(v any, note string) ([]byte, error) {
	text, err := plist.MarshalIndent(v, plist.XMLFormat, "\t")
	if err != nil {
		return nil, err
	}
	at := bytes.Index(text, []byte("<plist"))
	return fmt.Appendf(nil, "%s<!-- %s -->\n%s\n", text[:at], note, text[at:]), nil
}

// preferenceManifest describes the keys for the editors of device management
// (Jamf, iMazing, ProfileCreator), in the form of the ProfileManifests project.
func preferenceManifest() ([]byte, error) {
	subkeys := payloadKeys()
	for _, k := range policy.Keys() {
		subkeys = append(subkeys, preferenceKey(k, k.Values))
	}
	var defaults []any
	for _, k := range asDefault() {
		defaults = append(defaults, preferenceKey(k, values(k, defaultOf)))
	}
	subkeys = append(subkeys, map[string]any{
		"pfm_name": "Defaults", "pfm_type": "dictionary", "pfm_title": "Default settings (people may change them)",
		"pfm_description": "What counts until the person decides otherwise.", "pfm_subkeys": defaults,
	})
	return propertyList(map[string]any{
		"pfm_app_url": "https://github.com/portico-desktop/portico", "pfm_documentation_url": "https://github.com/portico-desktop/portico/blob/main/app/policy/POLICIES.md",
		"pfm_description": "Settings of Portico", "pfm_domain": domain, "pfm_format_version": 1, "pfm_platforms": []string{"macOS"}, "pfm_subkeys": subkeys,
		"pfm_targets": []string{"system", "user"}, "pfm_title": "Portico", "pfm_unique": true, "pfm_version": 1,
	}, admxNote)
}

// payloadKeys are the keys of every payload.
func payloadKeys() []any {
	key := func(name, title, value string) any {
		return map[string]any{"pfm_name": name, "pfm_type": "string", "pfm_title": title, "pfm_description": title + " of the payload.", "pfm_default": value, "pfm_require": "always"}
	}
	return []any{
		key("PayloadDescription", "Description", "Settings of Portico"),
		key("PayloadDisplayName", "Name", "Portico"),
		key("PayloadIdentifier", "Identifier", domain),
		key("PayloadType", "Type", domain),
		map[string]any{"pfm_name": "PayloadUUID", "pfm_type": "string", "pfm_title": "UUID", "pfm_description": "UUID of the payload.", "pfm_format": "^[0-9A-Za-z]{8}-[0-9A-Za-z]{4}-[0-9A-Za-z]{4}-[0-9A-Za-z]{4}-[0-9A-Za-z]{12}$", "pfm_require": "always"},
		map[string]any{"pfm_name": "PayloadVersion", "pfm_type": "integer", "pfm_title": "Version", "pfm_description": "Version of the payload.", "pfm_default": 1, "pfm_range_list": []int{1}, "pfm_require": "always"},
	}
}

// preferenceKey is one key; values are those to choose from.
func preferenceKey(k policy.Key, values []string) any {
	kinds := map[policy.Kind]string{policy.Flag: "boolean", policy.Number: "integer", policy.List: "array", policy.Objects: "array"}
	key := map[string]any{"pfm_name": string(k.Name), "pfm_title": k.Title, "pfm_description": k.About, "pfm_type": "string", "pfm_app_min": k.Since}
	if k.Waits != "" {
		key["pfm_description"] = k.About + " This version keeps the value and does nothing with it yet."
	}
	if kind := kinds[k.Kind]; kind != "" {
		key["pfm_type"] = kind
	}
	if k.Default != nil {
		key["pfm_value_placeholder"] = fmt.Sprint(k.Default)
	}
	switch {
	case len(values) > 0:
		key["pfm_range_list"] = values
	case k.Kind == policy.Number:
		key["pfm_range_min"], key["pfm_range_max"], key["pfm_value_unit"] = k.Min, k.Max, k.Unit
	case k.Kind == policy.List:
		key["pfm_subkeys"] = []any{map[string]any{"pfm_name": string(k.Name) + "Item", "pfm_type": "string", "pfm_format": k.Pattern()}}
	case k.Kind == policy.Objects:
		key["pfm_subkeys"] = []any{map[string]any{"pfm_name": string(k.Name) + "Item", "pfm_type": "dictionary"}}
		key["pfm_note"] = "Each dictionary is written as in the portal's manifest."
	case k.Pattern() != "":
		key["pfm_format"] = k.Pattern()
	}
	return key
}
