//go:build unix

package policy

import (
	"path/filepath"
	"strings"
)

// readLibrary reads the preferences of a Mac below the folder /Library, strongest
// first; name is the person's account, and parse reads a property list.
func readLibrary(library, name string, owner uint32, parse func([]byte) (map[string]any, error)) []reading {
	var forced, defaults []reading
	for _, place := range libraryPlaces(library, name) {
		both := readPlist(place, owner, parse)
		forced, defaults = append(forced, both[0]), append(defaults, both[1])
	}
	return append(forced, defaults...)
}

// libraryPlaces are the files below /Library, strongest first; name is the person's
// account.
func libraryPlaces(library, name string) []Source {
	managed, file := filepath.Join(library, "Managed Preferences"), preferenceDomain+".plist"
	places := []Source{{Machine, filepath.Join(managed, file)}, {Machine, filepath.Join(library, "Preferences", file)}}
	if name != "" && name != "." && name != ".." && !strings.ContainsAny(name, "/\x00") {
		places = append(places, Source{User, filepath.Join(managed, name, file)})
	}
	return places
}

// readPlist reads one file that only owner may have written. A missing one says
// nothing.
func readPlist(place Source, owner uint32, parse func([]byte) (map[string]any, error)) []reading {
	data, problem := readOwned(place.Where, owner)
	if problem == nil && data != nil {
		values, err := parse(data)
		if err == nil {
			return readPreferences(values, place)
		}
		problem = &Problem{Kind: Malformed, Err: err}
	}
	forced := reading{source: place}
	if problem != nil {
		problem.Source = place
		forced.problems = []Problem{*problem}
	}
	return []reading{forced, {source: Source{Defaults, place.Where}}}
}
