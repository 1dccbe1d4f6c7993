package diag

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/desktop"
)

func TestWhyThereIsNoWindowIsKeptUntilOneOpens(t *testing.T) {
	paths, err := desktop.PathsFor(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if n := LastNoWindow(paths); n != nil {
		t.Errorf("before any window: %+v", n)
	}
	if err := ForgetNoWindow(paths); err != nil {
		t.Error(err)
	}
	if err := paths.Make(); err != nil {
		t.Fatal(err)
	}
	why := NoWindow{Reason: "GLX: GLX extension not found; client_secret=hunter2 " + strings.Repeat("ä", 2000), Display: ":1", Time: time.Unix(1000, 0).UTC()}
	if err := KeepNoWindow(paths, why); err != nil {
		t.Fatal(err)
	}
	n := LastNoWindow(paths)
	if n == nil || n.Display != ":1" || !n.Time.Equal(why.Time) || !strings.HasPrefix(n.Reason, "GLX: GLX extension not found") {
		t.Fatalf("kept is %+v", n)
	}
	if strings.Contains(n.Reason, "hunter2") || len(n.Reason) > longestReason {
		t.Errorf("kept is %q, %d bytes", n.Reason, len(n.Reason))
	}
	x := stranger(func(d *Desk) { d.Window = n })
	c := only(t, x.checkOpenGL(t.Context()))
	if c.how() != "warning no-graphics" || !strings.Contains(c.Problem.Params["reason"], "GLX extension") || !strings.Contains(c.Facts[0], ":1") {
		t.Errorf("the doctor says %+v, %+v", c, c.Problem)
	}
	if err := ForgetNoWindow(paths); err != nil {
		t.Error(err)
	}
	if n := LastNoWindow(paths); n != nil {
		t.Errorf("after a window did open: %+v", n)
	}
	if err := os.WriteFile(noWindowFile(paths), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if n := LastNoWindow(paths); n != nil {
		t.Errorf("of a file that is none: %+v", n)
	}
}
