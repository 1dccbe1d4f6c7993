//go:build unix

package auth

import "syscall"

// noFollow is for opening a file that is made if it is missing: behind a symbolic link it
// would be somebody else's.
const noFollow = syscall.O_NOFOLLOW
