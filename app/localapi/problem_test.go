package localapi_test

import (
	"testing"

	"github.com/portico-desktop/portico/app/localapi"
)

// Every problem that is shown or ends a command is looked up in them.
func TestCodesAreMadeOnce(t *testing.T) {
	if len(localapi.Codes()) < 100 {
		t.Fatalf("%d codes", len(localapi.Codes()))
	}
	p := &localapi.Problem{Code: localapi.NoPortal}
	if n := testing.AllocsPerRun(100, func() { _ = p.Exit() }); n != 0 {
		t.Errorf("%v allocations for an exit code", n)
	}
}
