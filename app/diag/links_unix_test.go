//go:build unix

package diag

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/session"
)

// A link in the place of a file of Portico's leads to a file that may be somebody else's.
func TestNothingIsWrittenThroughLinks(t *testing.T) {
	for name, write := range map[string]struct {
		file string
		do   func(dir string)
	}{
		"the log": {LogFile, func(dir string) {
			NewLog(LogParams{Dir: dir, Level: slog.LevelInfo}).Error("written")
		}},
		"the record of sign-ins": {SignInsFile, func(dir string) {
			_ = NewAuditLog(dir).Record("file", session.Audit{Time: time.Now()})
		}},
		"a crash":      {"portico.crash", func(dir string) { _ = KeepCrashes(dir, "portico") }},
		"an opening":   {"window.opening", func(dir string) { _ = BeginOpening(filepath.Join(dir, "window.lock")) }},
		"no window":    {"no-window.json", func(dir string) { _ = KeepNoWindow(desktop.Paths{Cache: dir}, NoWindow{Reason: "x"}) }},
		"a last crash": {"portico.last-crash", func(dir string) { crashedBefore(t, dir); _ = keepLast(dir, "portico") }},
	} {
		for _, there := range []bool{true, false} {
			dir, elsewhere := t.TempDir(), filepath.Join(t.TempDir(), "elsewhere")
			if there {
				if err := os.WriteFile(elsewhere, []byte("before"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Symlink(elsewhere, filepath.Join(dir, write.file)); err != nil {
				t.Fatal(err)
			}
			write.do(dir)
			if got, err := os.ReadFile(elsewhere); there && string(got) != "before" || !there && err == nil {
				t.Errorf("%s: the file behind the link holds %q", name, got)
			}
		}
	}
}

func crashedBefore(t *testing.T, dir string) {
	t.Helper()
	if err := os.WriteFile(crashFile(dir, "portico"), []byte("portico\npanic: it\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}
