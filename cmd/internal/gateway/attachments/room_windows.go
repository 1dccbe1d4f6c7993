package attachments

import (
	"errors"
	"fmt"

	"golang.org/x/sys/windows"
)

// noRoom is an error with [ErrFull] for a disk that takes nothing more.
func noRoom(err error) error {
	if errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL) {
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	return err
}
