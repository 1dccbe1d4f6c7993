//go:build !linux

package desktop

import "context"

// FollowSession says at once that there is nothing to tell the end of the log-on
// session by: Windows and macOS end a session's programs themselves.
func FollowSession(context.Context, func()) (over bool) { return false }
