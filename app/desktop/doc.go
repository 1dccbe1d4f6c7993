// Package desktop is the operating system as Portico needs it: where files
// go, the system browser, the tray, changes of the network, the person's
// language.
//
// It knows nothing about signing in or portals, and nothing about Fyne. What
// differs between systems is in files named after them.
package desktop
