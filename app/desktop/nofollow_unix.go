//go:build !windows

package desktop

import "syscall"

// NoFollow is for opening a file of Portico's own that is made if missing: behind a
// symbolic link it would be somebody else's.
const NoFollow = syscall.O_NOFOLLOW
