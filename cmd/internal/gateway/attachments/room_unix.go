//go:build !windows

package attachments

import (
	"errors"
	"fmt"
	"syscall"
)

// noRoom is an error with [ErrFull] for a disk that takes nothing more.
func noRoom(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	return err
}
