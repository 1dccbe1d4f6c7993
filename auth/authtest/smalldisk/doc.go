// Package smalldisk is real disks that are full, for tests. It knows none of the rooms
// that keep something, so that their own tests can use it. Only Linux has any.
package smalldisk
