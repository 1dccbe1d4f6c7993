package desktop

import (
	"fmt"
	"path/filepath"

	"golang.org/x/sys/windows"
)

// systemPaths asks the system rather than %LOCALAPPDATA%: a parent process may have
// changed or left it out. Nothing roams: sign-ins belong to a machine.
func systemPaths() (Paths, error) {
	local, err := windows.KnownFolderPath(windows.FOLDERID_LocalAppData, windows.KF_FLAG_DEFAULT)
	if err != nil {
		return Paths{}, fmt.Errorf("find the local application data: %w", err)
	}
	root := filepath.Join(local, "Portico")
	return Paths{
		Data:    filepath.Join(root, "Data"),
		Cache:   filepath.Join(root, "Cache"),
		Runtime: filepath.Join(root, "Run"),
		Logs:    filepath.Join(root, "Logs"),
	}, nil
}
