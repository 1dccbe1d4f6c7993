// Package linuxtest tries the Linux packages and the scripts for RMM tools on real
// systems: the Debian package in a Debian of its own, made by debootstrap, and the
// RPM in a root folder of its own. It also runs what the pages for administrators tell
// people to type; not-run.txt says which blocks it does not, and why. Its tests need root and minutes, so that only
// make test-packages runs them; it builds the packages and says where they are.
package linuxtest
