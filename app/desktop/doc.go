// Package desktop is the operating system as Portico needs it: where files
// go, the system browser, changes of the network, the person's language. The tray is in a
// package below, which only programs with a tray hold.
//
// It knows nothing about signing in or portals, and nothing about Fyne. What
// differs between systems is in files named after them.
package desktop
