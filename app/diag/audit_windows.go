package diag

import (
	"fmt"

	"golang.org/x/sys/windows/svc/eventlog"
)

// eventSource is the name in the Application log. The installer registers it. Without
// that, events are written all the same, and shown with a remark about their missing
// description.
const eventSource = "Portico"

// writeSystem writes an event with the line as its text.
func writeSystem(line SignInLine, raw []byte) error {
	w, err := eventlog.Open(eventSource)
	if err != nil {
		return fmt.Errorf("event log: %w", err)
	}
	defer w.Close()
	write := w.Info
	if line.worthAWarning() {
		write = w.Warning
	}
	if err := write(line.EventID(), string(raw)); err != nil {
		return fmt.Errorf("event log: %w", err)
	}
	return nil
}
