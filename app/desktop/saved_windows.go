package desktop

import (
	"os/exec"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/windows"
)

// systemDownloads is the known folder: people and roaming profiles move it.
func systemDownloads(string) string {
	folder, err := windows.KnownFolderPath(windows.FOLDERID_Downloads, windows.KF_FLAG_DEFAULT)
	if err != nil {
		return ""
	}
	return folder
}

// showFile lets the Explorer choose the file. It reads its command line by rules of its
// own. The path alone stands between quotes, and no path can hold a quote. It ends with
// 1 though it has shown the file.
func showFile(file string) error {
	system, err := windows.GetSystemWindowsDirectory()
	if err != nil {
		return err
	}
	explorer := filepath.Join(system, "explorer.exe")
	cmd := exec.Command(explorer)
	cmd.SysProcAttr = &syscall.SysProcAttr{CmdLine: `"` + explorer + `" /select,"` + file + `"`}
	return cmd.Start()
}
