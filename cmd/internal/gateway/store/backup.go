package store

import (
	"context"
	"fmt"
	"os"
)

// Backup writes a copy of the store as it is now into a new file, while work goes on.
//
// Errors: *[Error] of the store; any other is about the new file.
func (s *Store) Backup(ctx context.Context, file string) error {
	// SQLite makes it with everybody's rights otherwise.
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("make the backup: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("make the backup: %w", err)
	}
	// Readers must not write, not even elsewhere.
	db, err := connect(s.file, false)
	if err != nil {
		return wrong(s.file, err)
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, "VACUUM INTO ?", file); err != nil {
		_ = os.Remove(file)
		return wrong(s.file, err)
	}
	return nil
}
