package diag

import (
	"encoding/json"
	"testing"
)

// The source need not be registered: events are written all the same.
func TestEventLogIsTold(t *testing.T) {
	for _, line := range []SignInLine{lineOf(signedIn()), lineOf(refused())} {
		raw, err := json.Marshal(line)
		if err != nil {
			t.Fatal(err)
		}
		if err := writeSystem(line, raw); err != nil {
			t.Error(err)
		}
	}
}
