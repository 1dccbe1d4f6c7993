package desktop

import (
	"context"
	"errors"
	"time"
)

// errNobodyTells says that nothing here could show people a message.
var errNobodyTells = errors.New("this desktop shows no messages")

// tellLimit bounds how long a desktop may take to show a message, if showing it and
// closing it can be told apart.
const tellLimit = 5 * time.Second

// Tell shows a person a message when Portico has no window to show it in, and fails if
// nothing can:
//
//   - Linux: a notification (Desktop Notifications Specification 1.2) that stays until
//     it is closed; if nobody shows those, the first of kdialog, zenity and xmessage
//     to work, and the dialog outlives this program
//   - Windows: a message box; Tell returns when it has been closed
//   - macOS: an alert by osascript(1); it outlives this program
//
// Both texts are plain, and lines of text are separated by \n.
func Tell(ctx context.Context, title, text string) error { return tell(ctx, title, text) }
