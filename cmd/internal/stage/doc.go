// Package stage is a desk for one test or one tour: a display, a session bus with a key
// store of its own, a browser that can be driven, an empty home folder. Portico's real
// programs run on it as they do on a person's desk, and nothing of the person running
// the test is touched.
//
// All of it is the real thing: Xvfb, openbox, dbus-daemon, gnome-keyring, Chromium,
// node. A missing one is an error that names the package to install. Every process
// started here, and every process below those, is ended by [Stage.Close].
//
// It knows Portico's programs as files to run and by their local contract, and nothing
// of what they are made of. It works on Linux; on other systems it is empty.
package stage
