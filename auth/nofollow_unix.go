//go:build unix

package auth

import "syscall"

// noFollow is for opening a file, and making a missing one: behind a symbolic link it
// would be somebody else's.
const noFollow = syscall.O_NOFOLLOW
