//go:build unix

package proxystore

import "syscall"

// noFollow is for opening a file that is made if missing: behind a symbolic link it
// would be somebody else's.
const noFollow = syscall.O_NOFOLLOW
