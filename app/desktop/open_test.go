package desktop

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestBrowsersAreFoundByWhatPeopleCallThem(t *testing.T) {
	windows := fromClients(registered())
	linux := []installed{
		{Browser{"firefox.desktop", "Firefox Web Browser"}, []string{"/usr/lib/firefox/firefox", addressMark}},
		{Browser{"microsoft-edge.desktop", "Microsoft Edge"}, []string{"/usr/bin/microsoft-edge-stable", addressMark}},
		{Browser{"org.chromium.Chromium.desktop", "Chromium"}, []string{"/usr/bin/flatpak", "run", "org.chromium.Chromium"}},
	}
	mac := []installed{{Browser{"com.google.Chrome", "Google Chrome"}, []string{"/usr/bin/open", "-b", "com.google.Chrome"}}}
	for _, test := range []struct {
		name string
		all  []installed
		want string
	}{
		{"firefox", windows, "Firefox-308046B0AF4A39CB"}, {"MSEdge", windows, "Microsoft Edge"}, {"chrome", windows, "Google Chrome"},
		{"google chrome", windows, "Google Chrome"}, {"Firefox-308046B0AF4A39CB", windows, "Firefox-308046B0AF4A39CB"},
		{"firefox", linux, "firefox.desktop"}, {"msedge", linux, "microsoft-edge.desktop"}, {"Chromium", linux, "org.chromium.Chromium.desktop"},
		{"org.chromium.chromium", linux, "org.chromium.Chromium.desktop"}, {"chrome", mac, "com.google.Chrome"},
		{"lynx", linux, ""}, {"", linux, ""}, {"open", nil, ""},
	} {
		if b, ok := findBrowser(test.name, test.all); b.ID != test.want || ok != (test.want != "") {
			t.Errorf("%q is %q, want %q", test.name, b.ID, test.want)
		}
	}
}

func TestBrowserByItsPath(t *testing.T) {
	dir := t.TempDir()
	program, text, app := filepath.Join(dir, "browser"), filepath.Join(dir, "text"), filepath.Join(dir, "Browser.app")
	for path, mode := range map[string]os.FileMode{program: 0o700, text: 0o600} {
		if err := os.WriteFile(path, nil, mode); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(app, 0o700); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{program: true, text: runtime.GOOS == "windows", app: true, dir: false, filepath.Join(dir, "gone"): false} {
		if _, ok := findBrowser(path, nil); ok != want {
			t.Errorf("%s: %v", path, ok)
		}
	}
}

func TestBrowserOfChoiceIsUsedAndTheSystemsIsBehindIt(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the browsers of this test are shell scripts")
	}
	dir := t.TempDir()
	script := func(name, body string) (path, opened string) {
		path, opened = filepath.Join(dir, name), filepath.Join(dir, name+".opened")
		if err := os.WriteFile(path, []byte("#!/bin/sh\necho \"$1\" > "+opened+"\n"+body+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		return path, opened
	}
	good, byGood := script("good", "")
	bad, byBad := script("bad", "exit 1")
	system, bySystem := script("system", "")
	t.Setenv("BROWSER", system)
	for name, test := range map[string]struct{ browser, address, opened string }{
		"the one of choice": {good, "https://a.example/", byGood},
		"one that fails":    {bad, "https://a.example/", bySystem},
		"one that is gone":  {filepath.Join(dir, "gone"), "https://a.example/", bySystem},
		"none":              {"", "https://a.example/", bySystem},
	} {
		for _, path := range []string{byGood, byBad, bySystem} {
			_ = os.Remove(path)
		}
		if err := OpenIn(t.Context(), test.browser, test.address); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got, err := os.ReadFile(test.opened); err != nil || string(got) != test.address+"\n" {
			t.Errorf("%s: opened %q, %v", name, got, err)
		}
	}
}

func TestAppsOpenNoAddressThatIsAProgram(t *testing.T) {
	for _, address := range []string{"javascript:alert(1)", "JAVASCRIPT:alert(1)", "data:text/html,x", "file:///etc/passwd", "vbscript:x", "shell:startup", "ms-msdt:/id", "c:/windows/x.exe", "msteams:a b", "msteams:\"x", "no-scheme", ""} {
		if err := OpenApp(t.Context(), "", address); !errors.Is(err, ErrAddress) {
			t.Errorf("%q: %v", address, err)
		}
		if err := OpenIn(t.Context(), "", address); !errors.Is(err, ErrAddress) {
			t.Errorf("%q: %v", address, err)
		}
	}
	if err := OpenIn(t.Context(), "", "msteams:/l/chat"); !errors.Is(err, ErrAddress) {
		t.Errorf("another scheme without the app's leave: %v", err)
	}
}
