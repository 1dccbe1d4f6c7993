package main

import (
	"fmt"
	"strings"

	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/app/policy/german"
)

// texts are the words of one language of the Group Policy template.
type texts struct {
	product, about, defaults, since string
	groups                          map[string]string
	title, explain                  func(policy.Key) string
	// defaultsNote is added to a key's description if it only sets the default.
	defaultsNote string
	// values are the words of a Tri.
	values map[string]string
	// fields label the box for each kind of value.
	list, json, number, text, choice string
}

func inEnglish() texts {
	return texts{
		product: "Portico", about: "Settings of Portico, for computers and for user accounts.",
		defaults: "Default settings (people may change them)", since: "Portico %s or later",
		groups: map[string]string{
			"portal": "Portal", "sign-in": "Signing in", "start": "Start", "window": "Window", "network": "Network", "support": "Support",
		},
		title: func(k policy.Key) string { return k.Title },
		explain: func(k policy.Key) string {
			lines := []string{k.About}
			if k.Form() == "" {
				lines = append(lines, "Possible: "+k.Allowed()+".")
			} else if k.Kind != policy.Flag {
				lines = append(lines, "Possible: "+k.Allowed()+".")
			}
			if k.Kind == policy.Flag {
				lines = append(lines, "Enabled means yes, Disabled means no.")
			} else {
				lines = append(lines, "Disabled is the same as Not Configured: nobody has decided.")
			}
			if k.Waits != "" {
				lines = append(lines, "This version keeps the value and does nothing with it yet.")
			}
			return strings.Join(append(lines, fmt.Sprintf("Registry: %s (%s). Known since Portico %s.", k.Name, registryType(k), k.Since)), "\n\n")
		},
		defaultsNote: "This only sets the default: it counts until the person decides otherwise, and a policy of the same name counts before both.",
		values:       map[string]string{policy.Always: "Always", policy.Never: "Never", policy.UserDecides: "People decide"},
		list:         "One in each line:", json: "JSON, as in the portal's manifest (lines are joined):", number: "Value (%s):", text: "Value:", choice: "Value:",
	}
}

func inGerman() texts {
	all := german.Texts()
	return texts{
		product: "Portico", about: "Einstellungen von Portico, für Computer und für Benutzerkonten.",
		defaults: "Voreinstellungen (die Person darf sie ändern)", since: "Portico %s oder neuer",
		groups: german.Groups(),
		title:  func(k policy.Key) string { return all[k.Name].Title },
		explain: func(k policy.Key) string {
			lines := []string{all[k.Name].About}
			if k.Form() == "" {
				lines = append(lines, "Möglich: "+k.Allowed()+".")
			}
			if k.Kind == policy.Flag {
				lines = append(lines, "Aktiviert heißt ja, Deaktiviert heißt nein.")
			} else {
				lines = append(lines, "Deaktiviert ist dasselbe wie Nicht konfiguriert: Niemand hat entschieden.")
			}
			if k.Waits != "" {
				lines = append(lines, "Diese Version merkt sich den Wert und tut noch nichts damit.")
			}
			return strings.Join(append(lines, fmt.Sprintf("Registrierung: %s (%s). Bekannt seit Portico %s.", k.Name, registryType(k), k.Since)), "\n\n")
		},
		defaultsNote: "Dies legt nur die Voreinstellung fest: Sie gilt, bis die Person anders entscheidet; eine Richtlinie desselben Namens gilt vor beidem.",
		values:       map[string]string{policy.Always: "Immer", policy.Never: "Nie", policy.UserDecides: "Die Person entscheidet"},
		list:         "Je Zeile ein Eintrag:", json: "JSON wie im Manifest des Portals (Zeilen werden verbunden):", number: "Wert (%s):", text: "Wert:", choice: "Wert:",
	}
}

// registryType is the type in the template.
func registryType(k policy.Key) string {
	switch k.Kind {
	case policy.Flag, policy.Number:
		return "REG_DWORD"
	case policy.List, policy.Objects:
		return "REG_MULTI_SZ"
	}
	return "REG_SZ"
}

// asDefault are the keys of the defaults: people may decide these.
func asDefault() (keys []policy.Key) {
	for _, k := range policy.Keys() {
		if k.Personal {
			keys = append(keys, k)
		}
	}
	return keys
}
