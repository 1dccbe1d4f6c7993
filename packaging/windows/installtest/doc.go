// Package installtest installs, upgrades and removes Portico on a real Windows, with
// the scripts that administrators use. It changes the computer that it runs on, and so
// does nothing unless it is told to:
//
//	PORTICO_INSTALL_FOR_REAL  the folder with the packages that the Windows tests on Linux
//	                          have made (PORTICO_KEEP_MSI)
//	PORTICO_POWERSHELL        powershell.exe (5.1, the default) or pwsh.exe
//
// The workflow runs it as an administrator on a computer that is thrown away.
package installtest
