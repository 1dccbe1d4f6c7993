package diag

import (
	"fmt"

	"golang.org/x/sys/windows"
)

// systemName goes by the build: from 22000 on it is Windows 11, but still calls itself
// 10.
func systemName() string {
	v := windows.RtlGetVersion()
	name := fmt.Sprintf("Windows %d", v.MajorVersion)
	if v.MajorVersion == 10 && v.BuildNumber >= 22000 {
		name = "Windows 11"
	}
	return fmt.Sprintf("%s, build %d", name, v.BuildNumber)
}

func kernelVersion() string { return "" } // it is the build
