package network

import "testing"

// Whatever this computer is set up with can be read.
func TestThisComputersSettingsAreRead(t *testing.T) {
	s, err := readSystem()
	if err != nil {
		t.Error(err)
	}
	t.Logf("%+v", systemRules(s).shown)
}
