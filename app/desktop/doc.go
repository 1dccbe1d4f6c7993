// Package desktop is the operating system as Portico needs it: places of files, the
// system browser, changes of the network, the person's language. The tray is in a package
// below, so only programs with a tray hold it.
//
// It knows nothing about signing in or portals, and nothing about Fyne. Each system's
// own part is in files named after it.
package desktop
