package desktop

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/windows"
)

// appUserModelID is on the installer's shortcuts too.
const appUserModelID = "io.github.portico_desktop.Portico"

// Flags of RegisterApplicationRestart: not after a crash, a hang or a restart of the
// computer. So Windows restarts the program only after an installer had to end it.
const restartAfterUpdateOnly = 1 | 2 | 8

var (
	setAppUserModelID  = windows.NewLazySystemDLL("shell32.dll").NewProc("SetCurrentProcessExplicitAppUserModelID")
	registerForRestart = windows.NewLazySystemDLL("kernel32.dll").NewProc("RegisterApplicationRestart")
)

// Identify tells Windows which program this process belongs to, so all its windows
// share the taskbar's button with the entry in the Start menu. To be called before the
// first window.
//
// With arguments it also asks Windows to start the program again with them, in
// this session, after an installer had to end it; Windows does so for one that
// has run for a minute. An error is worth a line in the log and no more.
func Identify(restart ...string) error {
	id, err := windows.UTF16PtrFromString(appUserModelID)
	if err != nil {
		return err
	}
	if result, _, _ := setAppUserModelID.Call(uintptr(unsafe.Pointer(id))); result != 0 {
		return fmt.Errorf("set the AppUserModelID: 0x%08x", result)
	}
	if len(restart) == 0 {
		return nil
	}
	line, err := windows.UTF16PtrFromString(windows.ComposeCommandLine(restart))
	if err != nil {
		return err
	}
	if result, _, _ := registerForRestart.Call(uintptr(unsafe.Pointer(line)), restartAfterUpdateOnly); result != 0 {
		return fmt.Errorf("register for a restart after an update: 0x%08x", result)
	}
	return nil
}
