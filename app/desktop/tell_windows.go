package desktop

import (
	"context"
	"fmt"

	"golang.org/x/sys/windows"
)

func tell(_ context.Context, title, text string) error {
	caption, err := windows.UTF16PtrFromString(title)
	if err != nil {
		return fmt.Errorf("show a message: %w", err)
	}
	body, err := windows.UTF16PtrFromString(text)
	if err != nil {
		return fmt.Errorf("show a message: %w", err)
	}
	// In front, because whoever has just clicked looks for a window.
	if _, err := windows.MessageBox(0, body, caption, windows.MB_OK|windows.MB_ICONWARNING|windows.MB_SETFOREGROUND); err != nil {
		return fmt.Errorf("show a message: %w", err)
	}
	return nil
}
