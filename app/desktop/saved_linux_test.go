package desktop

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/portico-desktop/portico/app/desktop/desktoptest"
)

func TestDownloadsAreWhereTheDeskSays(t *testing.T) {
	home, config := t.TempDir(), t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_CONFIG_HOME", config)
	say := func(text string) {
		if err := os.WriteFile(filepath.Join(config, "user-dirs.dirs"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	folder := func(name string) string {
		dir := filepath.Join(home, name)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	if got := Downloads(); got != home {
		t.Errorf("without a folder: %s", got)
	}
	downloads := folder("Downloads")
	if got := Downloads(); got != downloads {
		t.Errorf("with the usual folder: %s", got)
	}
	say("# made by xdg-user-dirs-update\nXDG_DESKTOP_DIR=\"$HOME/Desktop\"\nXDG_DOWNLOAD_DIR=\"$HOME/Herunter geladen\"\n")
	if got := Downloads(); got != downloads {
		t.Errorf("with a folder that is not there: %s", got)
	}
	if got, want := Downloads(), folder("Herunter geladen"); got == want || Downloads() != want {
		t.Errorf("with a folder of the desk's: %s", Downloads())
	}
	say("XDG_DOWNLOAD_DIR=\"relative\"\n")
	if got := Downloads(); got != downloads {
		t.Errorf("with a relative folder: %s", got)
	}
}

// fileManager is a file manager on the session bus.
type fileManager struct{ shown chan []string }

func (m *fileManager) ShowItems(files []string, _ string) *dbus.Error {
	m.shown <- files
	return nil
}

func TestFileIsShownInTheFileManager(t *testing.T) {
	address, _ := desktoptest.StartBus(t)
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", address)
	conn := desktoptest.ConnectBus(t, address)
	manager := &fileManager{shown: make(chan []string, 1)}
	if err := conn.Export(manager, "/org/freedesktop/FileManager1", "org.freedesktop.FileManager1"); err != nil {
		t.Fatal(err)
	}
	desktoptest.Own(t, conn, "org.freedesktop.FileManager1")
	file := filepath.Join(t.TempDir(), "a file & more.zip")
	if err := ShowFile(t.Context(), file); err == nil {
		t.Error("a file that is not there is shown")
	}
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := ShowFile(t.Context(), file); err != nil {
		t.Fatal(err)
	}
	select {
	case got := <-manager.shown:
		if len(got) != 1 || got[0] != "file://"+strings.ReplaceAll(file, " ", "%20") {
			t.Errorf("shown: %q", got)
		}
	case <-time.After(5 * time.Second):
		t.Error("nothing is shown")
	}
}

func TestFolderIsOpenedWhereThereIsNoFileManagerOnTheBus(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
	out := filepath.Join(t.TempDir(), "arguments")
	t.Setenv("PATH", filepath.Dir(script(t, "xdg-open", `echo "$1" > '`+out+`'`))+":"+os.Getenv("PATH"))
	file := filepath.Join(t.TempDir(), "a.zip")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := ShowFile(t.Context(), file); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(out); err != nil || strings.TrimSpace(string(got)) != "file://"+filepath.Dir(file) {
		t.Errorf("opened %s, %v", got, err)
	}
}
