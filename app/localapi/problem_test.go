package localapi_test

import (
	"fmt"
	"io"
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

func TestTheProblemInAnError(t *testing.T) {
	busy := &localapi.Problem{Code: localapi.Busy}
	if p, named := localapi.AsProblem(fmt.Errorf("sign in: %w", busy)); p != busy || !named {
		t.Errorf("%v, %v", p, named)
	}
	p, named := localapi.AsProblem(io.ErrUnexpectedEOF)
	if named || p.Code != localapi.Unexpected || p.Details.Error != io.ErrUnexpectedEOF.Error() {
		t.Errorf("%v, %v", p, named)
	}
}
