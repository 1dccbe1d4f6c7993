package desktop

import "os"

// Display names the display for this program's windows, "" for none. One person may
// have several at the same time, as with VNC or xrdp, and sees a window on one of them
// only.
func Display() string { return displayOf(os.Getenv) }
