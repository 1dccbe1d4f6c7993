package policy

import (
	"maps"
	"slices"
)

// preferenceDomain is the preference domain of macOS, the program's bundle id.
const preferenceDomain = "io.github.portico_desktop.Portico"

// readPreferences turns a dictionary of macOS's preferences into the neutral form:
// its values, and those of its dictionary Defaults.
func readPreferences(values map[string]any, source Source) []reading {
	forced := reading{source: source}
	defaults := reading{source: Source{Defaults, source.Where}}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if key != "Defaults" {
			if !ofTheSystem(key) {
				forced.entries = append(forced.entries, entry{key: key, value: rawOf(values[key])})
			}
			continue
		}
		inner, ok := values[key].(map[string]any)
		if !ok {
			forced.problems = append(forced.problems, Problem{
				Kind: WrongType, Key: key, Source: source, Value: shownRaw(rawOf(values[key])), Allowed: "a dictionary of keys and values",
			})
		}
		for _, key := range slices.Sorted(maps.Keys(inner)) {
			defaults.entries = append(defaults.entries, entry{key: key, value: rawOf(inner[key])})
		}
	}
	return []reading{forced, defaults}
}

// ofTheSystem is true for keys that device management and AppKit put into a program's
// preferences by themselves.
func ofTheSystem(key string) bool {
	return len(key) > 2 && (key[:2] == "NS" || key[:2] == "PF") && key[2] >= 'A' && key[2] <= 'Z' || len(key) > 7 && key[:7] == "Payload"
}
