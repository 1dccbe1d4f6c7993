package policy

import "os"

// file is where Linux keeps policies: what packages leave alone, and only root may
// write.
const file = "/etc/portico/policy.json"

// Files are those that hold policies here, whether they are there or not.
func Files() []string { return []string{file} }

func readSystem() []reading { return readFile(file, administrator) }

// privateInPlace is why not everybody can read the file that counts here, nil where
// everybody can, and for every other path.
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
