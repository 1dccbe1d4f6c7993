package desktop

import "testing"

func TestVariableOfBlanksNamesNoDataDirectory(t *testing.T) {
	for said, want := range map[string]string{"": "", " ": "", "\t \n": "", "/here": "/here", "/a b ": "/a b "} {
		t.Setenv("PORTICO_DATA_DIR", said)
		if got := ChosenDataDir(); got != want {
			t.Errorf("%q: %q, want %q", said, got, want)
		}
	}
}
