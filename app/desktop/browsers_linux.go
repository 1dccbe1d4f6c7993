package desktop

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// ownDesktopFile is Portico's own. It is never a browser to sign in with.
const ownDesktopFile = appID + ".desktop"

// systemBrowsers are the programs for https addresses, by the desktop files and the
// associations (Desktop Entry Specification 1.5, MIME Applications Associations 1.0.1).
func systemBrowsers() []installed {
	return browserDirs{
		data:   append([]string{dataHome()}, xdgList("XDG_DATA_DIRS", "/usr/local/share:/usr/share")...),
		config: append([]string{configHome()}, xdgList("XDG_CONFIG_DIRS", "/etc/xdg")...),
		there: func(program string) bool {
			_, err := exec.LookPath(program)
			return err == nil
		},
	}.browsers(Language())
}

func dataHome() string {
	dir, _ := xdg("XDG_DATA_HOME", ".local/share") // "" without a home, and skipped then
	return dir
}

func configHome() string {
	dir, _ := xdg("XDG_CONFIG_HOME", ".config")
	return dir
}

// xdgList is a list of base directories; the specification wants relative ones
// ignored.
func xdgList(variable, otherwise string) []string {
	value := os.Getenv(variable)
	if value == "" {
		value = otherwise
	}
	return slices.DeleteFunc(filepath.SplitList(value), func(dir string) bool { return !filepath.IsAbs(dir) })
}

// browserDirs are the base directories to look in, most important first.
type browserDirs struct {
	data, config []string
	// there is true for a program that can be run.
	there func(program string) bool
}

func (d browserDirs) browsers(languages []string) []installed {
	added, removed := d.associations()
	seen := map[string]bool{ownDesktopFile: true}
	var found []installed
	for _, dir := range d.data {
		if dir == "" {
			continue
		}
		for id, path := range desktopFiles(filepath.Join(dir, "applications")) {
			if seen[id] {
				continue // a more important directory has its own
			}
			seen[id] = true
			if b, ok := d.read(path, id, languages, added[id]); ok && !removed[id] {
				found = append(found, b)
			}
		}
	}
	return found
}

// desktopFiles are the desktop files below a folder, by their id. An unreadable folder
// has none for this person.
func desktopFiles(root string) map[string]string {
	files := make(map[string]string)
	_ = fs.WalkDir(os.DirFS(root), ".", func(below string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() && filepath.Ext(below) == ".desktop" {
			files[strings.ReplaceAll(below, "/", "-")] = filepath.Join(root, filepath.FromSlash(below))
		}
		return nil
	})
	return files
}

// read reads one desktop file. A program that is gone is none.
func (d browserDirs) read(path, id string, languages []string, handles bool) (installed, bool) {
	text, err := os.ReadFile(path)
	if err != nil {
		return installed{}, false
	}
	file := readDesktopFile(string(text))
	b, ok := file.browser(id, languages, handles)
	if !ok {
		return installed{}, false
	}
	program := b.command[0]
	if try := file["TryExec"]; try != "" {
		program = unescape(try)
	}
	return b, d.there(program)
}

// associations are the desktop files that mimeapps.list adds for web addresses or takes
// away. The first list to name a file decides.
func (d browserDirs) associations() (added, removed map[string]bool) {
	added, removed = make(map[string]bool), make(map[string]bool)
	files := make([]string, 0, len(d.config)+len(d.data))
	for _, dir := range d.config {
		files = append(files, filepath.Join(dir, "mimeapps.list"))
	}
	for _, dir := range d.data {
		files = append(files, filepath.Join(dir, "applications", "mimeapps.list"))
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		for _, id := range list(readGroup(string(text), "Added Associations")[webAddresses]) {
			if !removed[id] {
				added[id] = true
			}
		}
		for _, id := range list(readGroup(string(text), "Removed Associations")[webAddresses]) {
			if !added[id] {
				removed[id] = true
			}
		}
	}
	return added, removed
}
