package store

import (
	"fmt"
	"testing"
)

// SetVersion makes a file look like one of another version of the gateway.
func SetVersion(t *testing.T, file string, version int) {
	t.Helper()
	db, err := connect(file, false)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(fmt.Sprintf("PRAGMA user_version=%d", version)); err != nil {
		t.Fatal(err)
	}
}
