// Package smalldisk has real full disks, for tests. It knows none of the rooms that
// keep something, so their own tests can use it. Only Linux has any.
package smalldisk
