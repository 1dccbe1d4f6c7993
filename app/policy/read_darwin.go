package policy

import (
	"os/user"
	"path/filepath"
	"strings"

	"github.com/portico-desktop/portico/app/policy/preferences"
)

// readSystem reads what device management has put into the managed preferences,
// and below that what an administrator has written for the computer with
// "defaults write", where there is no device management.
func readSystem() []reading {
	const managed = "/Library/Managed Preferences"
	places := []Source{
		{Machine, filepath.Join(managed, preferenceDomain+".plist")},
		{Machine, filepath.Join("/Library/Preferences", preferenceDomain+".plist")},
	}
	if u, err := user.Current(); err == nil && u.Username != "" && !strings.ContainsAny(u.Username, "/\x00") && u.Username != ".." {
		places = append(places, Source{User, filepath.Join(managed, u.Username, preferenceDomain+".plist")})
	}
	var forced, defaults []reading
	for _, place := range places {
		both := readPlist(place, administrator)
		forced, defaults = append(forced, both[0]), append(defaults, both[1])
	}
	return append(forced, defaults...)
}

// readPlist reads one file that only owner may have written. A missing one says
// nothing.
func readPlist(place Source, owner uint32) []reading {
	data, problem := readOwned(place.Where, owner)
	if problem == nil && data != nil {
		values, err := preferences.Read(data)
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
