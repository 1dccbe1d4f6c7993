//go:build linux

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/cmd/internal/stage"
)

// A link into Portico opens the window or brings it to the front, and nothing of
// what it says counts, gets to the agent or into a file.
func TestLinksOpenOrRaiseTheWindowAndDoNothingElse(t *testing.T) {
	t.Parallel()
	d := newDesk(t, within(t, 2*time.Minute), stage.Params{Display: true, XDGOpen: true}, providers()["zitadel"])
	evil := filepath.Join(d.Dir, "evil")
	const mark = "hunter2"
	follow := func(link string) *stage.Process {
		t.Helper()
		p, err := d.Start(stage.Command{Name: programs.Path("portico"), Args: []string{link}, Env: []string{"PORTICO_PORTAL=" + d.portal}})
		must(t, err)
		return p
	}

	first := follow("portico://open?portal=evil.example&name=account&code=" + mark)
	w, err := d.Display.Window(d.ctx, first)
	must(t, err)
	before := d.waitPhase(localapi.SignedOut)
	must(t, w.Settled(d.ctx))
	if before.PortalAddress != d.portal {
		t.Errorf("the portal is %q", before.PortalAddress)
	}

	for _, link := range []string{
		"portico://open?portal=" + d.portal + "&name=new&code=" + mark,
		"portico://x --data-dir " + evil,
		"portico://x\n--data-dir=" + evil,
		"portico://sign-in?provider=work",
	} {
		must(t, w.Minimise(d.ctx))
		second := follow(link)
		code, err := second.Wait(d.ctx)
		must(t, err)
		if code != 0 || second.Tail() != "" {
			t.Errorf("%q: exit %d: %s", link, code, second.Tail())
		}
		shown, err := d.Display.Window(d.ctx, first)
		if err != nil {
			t.Fatalf("%q did not bring the window back: %v", link, err)
		}
		if shown.ID != w.ID {
			t.Errorf("%q: the window is another one", link)
		}
	}
	after := d.waitPhase(localapi.SignedOut)
	if after.PortalAddress != before.PortalAddress || after.Session.Problem != nil {
		t.Errorf("after the links: %q, %+v", after.PortalAddress, after.Session)
	}
	if n := d.Browser.Openings(); n != 0 {
		t.Errorf("the links opened the browser %d times", n)
	}
	if _, err := os.Stat(evil); err == nil {
		t.Error("a link made a folder")
	}
	must(t, w.Close(d.ctx))
	must(t, filepath.Walk(d.Dir, func(path string, info os.FileInfo, err error) error {
		if err != nil || !info.Mode().IsRegular() || info.Size() > 1<<20 || strings.Contains(path, "browser") {
			return nil //nolint:nilerr // what ends meanwhile is gone
		}
		if data, err := os.ReadFile(path); err == nil && strings.Contains(string(data), mark) {
			t.Errorf("%s holds what a link said", path)
		}
		return nil
	}))
}
