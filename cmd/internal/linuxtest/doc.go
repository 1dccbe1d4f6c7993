// Package linuxtest tries the Linux packages and the scripts for RMM tools on real systems: the Debian package in a
// Debian of its own, made by debootstrap, and the RPM in a root folder of its own. It also runs the commands in the
// pages for administrators; not-run.txt lists the blocks left out, with the reason. Its tests need root and
// minutes, so only make test-packages runs them: it builds the packages and names their place.
package linuxtest
