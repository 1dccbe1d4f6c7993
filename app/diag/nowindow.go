package diag

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/redact"
	"github.com/portico-desktop/portico/auth/fetch"
)

// NoWindow is why the window could not be opened the last time.
type NoWindow struct {
	// Reason is the message of the window system or the graphics driver, without
	// secrets.
	Reason string `json:"reason"`
	// Display is the display that it was tried on (desktop.Display), "" for no display.
	Display string    `json:"display,omitempty"`
	Time    time.Time `json:"time"`
}

// longestReason bounds a kept reason, in bytes.
const longestReason = 1000

func noWindowFile(paths desktop.Paths) string { return filepath.Join(paths.Cache, "no-window.json") }

// KeepNoWindow keeps for the doctor why the window could not be opened.
func KeepNoWindow(paths desktop.Paths, n NoWindow) error {
	n.Reason = redact.Text(n.Reason)
	n.Reason = strings.ToValidUTF8(n.Reason[:min(len(n.Reason), longestReason)], "")
	data, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("keep why there is no window: %w", err)
	}
	if err := fetch.WriteFile(noWindowFile(paths), data); err != nil {
		return fmt.Errorf("keep why there is no window: %w", err)
	}
	return nil
}

// ForgetNoWindow is for a window that did open.
func ForgetNoWindow(paths desktop.Paths) error {
	if err := os.Remove(noWindowFile(paths)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("forget why there was no window: %w", err)
	}
	return nil
}

// LastNoWindow is the reason why the window could not be opened the last time, nil if
// it did open or was never tried.
func LastNoWindow(paths desktop.Paths) *NoWindow {
	ended := endedOpening(paths)
	var n NoWindow
	data, err := os.ReadFile(noWindowFile(paths))
	if err != nil || json.Unmarshal(data, &n) != nil || n.Reason == "" || ended != nil && ended.Time.After(n.Time) {
		return ended
	}
	return &n
}

// OpeningFile is there while the holder of a window's lock opens its window. If it
// stays although nobody holds the lock, the program has ended meanwhile: a graphics
// driver or a library of the window system can end a program without a word.
func OpeningFile(lock string) string { return strings.TrimSuffix(lock, ".lock") + ".opening" }

// BeginOpening makes the file of a window that is being opened.
func BeginOpening(lock string) error {
	f, err := os.OpenFile(OpeningFile(lock), os.O_CREATE|os.O_TRUNC|os.O_WRONLY|desktop.NoFollow, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(desktop.Display())
	return errors.Join(err, f.Close())
}

// EndOpening takes it away.
func EndOpening(lock string) { _ = os.Remove(OpeningFile(lock)) }

// endedOpening looks for windows whose program has ended while they were opened.
func endedOpening(paths desktop.Paths) (last *NoWindow) {
	files, _ := filepath.Glob(filepath.Join(paths.Runtime, "window*.opening"))
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil {
			continue
		}
		lock := flock.New(strings.TrimSuffix(file, ".opening")+".lock", flock.SetFlag(os.O_CREATE|os.O_RDONLY|desktop.NoFollow), flock.SetPermissions(0o600))
		if free, err := lock.TryLock(); err != nil || !free {
			continue // it is just being opened
		}
		_ = lock.Unlock()
		display, _ := os.ReadFile(file)
		if last == nil || info.ModTime().After(last.Time) {
			last = &NoWindow{
				Reason:  "the program ended while it opened its window; what is left of it is in the bundle for support",
				Display: string(display), Time: info.ModTime(),
			}
		}
	}
	return last
}

// windowFailed says that the window did not open the last time, whatever is there to
// open it with.
func (x *examination) windowFailed() *check {
	where := "no display was set"
	if x.Window.Display != "" {
		where = "on the display " + forDisplay(x.Window.Display)
	}
	return warning("opengl", groupComputer, "", x.problem(localapi.NoGraphics, nil, "reason", forDisplay(x.Window.Reason)),
		"the window did not open the last time, "+x.Window.Time.UTC().Format(time.RFC3339)+", "+where)
}
