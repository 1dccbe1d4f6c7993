package desktop

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sample is a desk with files as Debian, Flatpak, Snap and a desktop's settings
// leave them, on which only /opt/gone is not installed any more.
func sample() browserDirs {
	return browserDirs{
		data:   []string{"testdata/xdg/home", "testdata/xdg/none", "testdata/xdg/flatpak", "testdata/xdg/share"},
		config: []string{"", "testdata/xdg/config"},
		there:  func(program string) bool { return !strings.HasPrefix(program, "/opt/gone/") },
	}
}

func TestBrowsersOfALinuxDesk(t *testing.T) {
	got := make(map[string][]string)
	for _, b := range byName(sample().browsers([]string{"en"})) {
		got[b.ID+" "+b.Name] = b.with(address)
	}
	want := map[string][]string{
		"chromium.desktop Chromium Web Browser": {"/usr/bin/chromium", address},
		"chromium_chromium.desktop Chromium (snap)": {"env", "BAMF_DESKTOP_FILE_HINT=/var/lib/snapd/desktop/applications/chromium_chromium.desktop",
			"/snap/bin/chromium", address},
		"firefox-esr.desktop Firefox (mine)": {"/usr/lib/firefox-esr/firefox-esr", "-P", "work", address},
		"kde-falkon.desktop Falkon":          {"/opt/Web Browsers/falkon", "--new", "%20", "--url=" + address, "-i"},
		"org.mozilla.firefox.desktop Firefox": {"/usr/bin/flatpak", "run", "--branch=stable", "--arch=x86_64", "--command=firefox",
			"--file-forwarding", "org.mozilla.firefox", "@@u", address, "@@"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestBrowsersHaveTheirNamesInThePersonsLanguage(t *testing.T) {
	for language, want := range map[string]string{
		"de": "Chromium-Webbrowser", "de-AT": "Chromium-Webbrowser", "fr": "Chromium Web Browser", "": "Chromium Web Browser",
	} {
		for _, b := range sample().browsers([]string{language}) {
			if b.ID == "chromium.desktop" && b.Name != want {
				t.Errorf("%q: %q, want %q", language, b.Name, want)
			}
		}
	}
}

func TestCommandsOfDesktopFiles(t *testing.T) {
	for _, tc := range []struct {
		exec string
		want []string // nil: not a command
	}{
		{"browser", []string{"browser", "URL"}},
		{"browser %u", []string{"browser", "URL"}},
		{"browser %U --new", []string{"browser", "URL", "--new"}},
		{`"a \"b\" \\\\ \$c" %u`, []string{`a "b" \ $c`, "URL"}},
		{"browser 100%% %i %c %k", []string{"browser", "100%", "URL"}},
		{"", nil},
		{`"unclosed`, nil},
	} {
		file := readDesktopFile("[Desktop Entry]\nType=Application\nMimeType=x-scheme-handler/https\nExec=" + tc.exec + "\n")
		b, ok := file.browser("x", nil, false)
		if ok != (tc.want != nil) {
			t.Errorf("%s: a browser: %v", tc.exec, ok)
			continue
		}
		if ok {
			if diff := cmp.Diff(tc.want, b.with("URL")); diff != "" {
				t.Errorf("%s: -want +got:\n%s", tc.exec, diff)
			}
		}
	}
}

// TestAddressIsOpenedInTheBrowserThatWasChosen goes the whole way over the
// environment of a desk that has one browser.
func TestAddressIsOpenedInTheBrowserThatWasChosen(t *testing.T) {
	home, out := t.TempDir(), filepath.Join(t.TempDir(), "arguments")
	apps := filepath.Join(home, "applications")
	if err := os.MkdirAll(apps, 0o700); err != nil {
		t.Fatal(err)
	}
	write := func(name, exec string) {
		text := "[Desktop Entry]\nType=Application\nName=" + name + "\nExec=" + exec + " %u\nMimeType=x-scheme-handler/https;\n"
		if err := os.WriteFile(filepath.Join(apps, name+".desktop"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("note", script(t, "note", `echo noise; echo noise >&2; for a in "$@"; do echo "<$a>"; done > '`+out+`'`))
	write("bad", script(t, "bad", "exit 3"))
	t.Setenv("XDG_DATA_HOME", home)
	t.Setenv("XDG_DATA_DIRS", t.TempDir())
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	t.Setenv("XDG_CONFIG_DIRS", t.TempDir())

	want := []Browser{{ID: "bad.desktop", Name: "bad"}, {ID: "note.desktop", Name: "note"}}
	if diff := cmp.Diff(want, Browsers()); diff != "" {
		t.Fatalf("Browsers: -want +got:\n%s", diff)
	}
	if err := OpenWith(t.Context(), "note.desktop", address); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(out); err != nil || strings.TrimSpace(string(got)) != "<"+address+">" {
		t.Errorf("arguments %s, %v", got, err)
	}
	for _, tc := range []struct {
		id, address string
		want        error
	}{
		{"bad.desktop", address, ErrNoBrowser},
		{"other.desktop", address, ErrNoBrowser},
		{"note.desktop", "mailto:it@contoso.example", ErrAddress},
		{"note.desktop", "file:///etc/passwd", ErrAddress},
		{"note.desktop", "--version", ErrAddress},
	} {
		if err := OpenWith(t.Context(), tc.id, tc.address); !errors.Is(err, tc.want) {
			t.Errorf("%s %s: %v, want %v", tc.id, tc.address, err, tc.want)
		}
	}
}
