package policy

import "os"

// file is the place of policies on Linux: packages leave it alone, and only root may
// write it.
const file = "/etc/portico/policy.json"

// Files are the places of policies here, with a file or without.
func Files() []string { return []string{file} }

func readSystem() []reading { return readFile(file, administrator) }

// privateInPlace is the reason why not everybody can read the file that counts here,
// nil if everybody can, and for every other path.
func privateInPlace(path string) error {
	asked, err := os.Stat(path)
	if err != nil {
		return nil //nolint:nilerr // whoever reads it says so
	}
	if counts, err := os.Stat(file); err != nil || !os.SameFile(asked, counts) {
		return nil //nolint:nilerr // then it is not the one that counts
	}
	return private(file)
}
