package desktop

import (
	"bufio"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/godbus/dbus/v5"
)

// systemDownloads is XDG_DOWNLOAD_DIR of user-dirs.dirs, as xdg-user-dirs writes it.
func systemDownloads(home string) string {
	config := os.Getenv("XDG_CONFIG_HOME")
	if config == "" {
		config = filepath.Join(home, ".config")
	}
	f, err := os.Open(filepath.Join(config, "user-dirs.dirs"))
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }() // it was only read
	folder := ""
	for lines := bufio.NewScanner(f); lines.Scan(); {
		value, ok := strings.CutPrefix(strings.TrimSpace(lines.Text()), "XDG_DOWNLOAD_DIR=")
		if !ok {
			continue
		}
		value = strings.Trim(value, `"`)
		if below, ok := strings.CutPrefix(value, "$HOME"); ok {
			value = home + below
		}
		folder = value
	}
	return folder
}

// showFile asks the file manager on the session bus, or without one xdg-open for the
// folder.
func showFile(file string) error {
	conn, err := dbus.SessionBusPrivateNoAutoStartup()
	if err == nil {
		defer func() { _ = conn.Close() }()
		if err = conn.Auth(nil); err == nil {
			err = conn.Hello()
		}
	}
	if err == nil {
		address := url.URL{Scheme: "file", Path: file}
		err = conn.Object("org.freedesktop.FileManager1", "/org/freedesktop/FileManager1").
			Call("org.freedesktop.FileManager1.ShowItems", 0, []string{address.String()}, "").Err
	}
	if err != nil {
		folder := url.URL{Scheme: "file", Path: filepath.Dir(file)}
		return openSystem(folder.String())
	}
	return nil
}
