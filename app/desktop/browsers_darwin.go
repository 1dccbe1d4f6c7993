package desktop

import (
	"os"
	"path/filepath"
)

// systemBrowsers are the browsers of bundles found in the folders of applications.
func systemBrowsers() []installed {
	folders := []string{"/Applications", "/System/Cryptexes/App/System/Applications", "/System/Applications"}
	if home, err := os.UserHomeDir(); err == nil {
		folders = append(folders, filepath.Join(home, "Applications"))
	}
	return inFolders(folders, func(path string) bool {
		info, err := os.Stat(path)
		return err == nil && info.IsDir()
	})
}
