package policy

import (
	"os/user"

	"github.com/portico-desktop/portico/app/policy/preferences"
)

// readSystem reads the managed preferences, as put there by device management. Below
// them are an administrator's own for the computer, by "defaults write", for computers
// without device management.
func readSystem() []reading {
	return readLibrary("/Library", person(), administrator, preferences.Read)
}

// Files are the places of policies here, with a file or without.
func Files() (files []string) {
	for _, place := range libraryPlaces("/Library", person()) {
		files = append(files, place.Where)
	}
	return files
}

// person is the account's name, "" if it is not known.
func person() string {
	u, err := user.Current()
	if err != nil {
		return ""
	}
	return u.Username
}

// privateInPlace has nothing to say: no file of that form counts here.
func privateInPlace(string) error { return nil }
