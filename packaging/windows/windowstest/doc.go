// Package windowstest tests what Windows gets, on Linux: the tables of the installer,
// its life under Wine (installed, upgraded, repaired, removed), the resources of the
// programs, and signing.
//
// "make test-windows" runs it. PORTICO_WINDOWS_DIR is the folder with the three
// programs; the installers are built from it here, as build.sh does it for
// releases.
//
// Wine stands in for Windows as far as it goes. The README of packaging/windows says
// how it differs from Windows, and what therefore is not tested.
package windowstest
