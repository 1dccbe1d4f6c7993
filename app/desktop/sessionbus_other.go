//go:build !linux

package desktop

import "context"

// FollowSession returns at once: nothing can tell the end of the log-on session here,
// since Windows and macOS end a session's programs themselves.
func FollowSession(context.Context, func()) (over bool) { return false }
