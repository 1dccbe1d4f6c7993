package policy

import (
	"os/user"

	"github.com/portico-desktop/portico/app/policy/preferences"
)

// readSystem reads what device management has put into the managed preferences,
// and below that what an administrator has written for the computer with
// "defaults write", where there is no device management.
func readSystem() []reading {
	return readLibrary("/Library", person(), administrator, preferences.Read)
}

// Files are those that hold policies here, whether they are there or not.
func Files() (files []string) {
	for _, place := range libraryPlaces("/Library", person()) {
		files = append(files, place.Where)
	}
	return files
}

// person is the account's name, "" where it is not known.
func person() string {
	u, err := user.Current()
	if err != nil {
		return ""
	}
	return u.Username
}

// privateInPlace has nothing to say: no file of that form counts here.
func privateInPlace(string) error { return nil }
