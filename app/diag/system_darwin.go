package diag

import "golang.org/x/sys/unix"

func systemName() string {
	version, err := unix.Sysctl("kern.osproductversion")
	if err != nil {
		return "macOS"
	}
	return "macOS " + forDisplay(version)
}

func kernelVersion() string {
	release, err := unix.Sysctl("kern.osrelease")
	if err != nil {
		return ""
	}
	return "Darwin " + forDisplay(release)
}
