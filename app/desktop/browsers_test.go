package desktop

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The registry of a Windows 11 desk, as "reg query
// HKLM\Software\Clients\StartMenuInternet /s" shows it.
func registered() []client {
	return []client{
		{
			Key: "Firefox-308046B0AF4A39CB", Name: "Mozilla Firefox", Application: "Firefox", HTTPS: "FirefoxURL-308046B0AF4A39CB",
			Command: `"C:\Users\ada\AppData\Local\Mozilla Firefox\firefox.exe"`,
		},
		{
			Key: "Google Chrome", Name: "Google Chrome", Application: "Google Chrome", HTTPS: "ChromeHTML",
			Command: `"C:\Program Files\Google\Chrome\Application\chrome.exe"`,
		},
		{
			Key: "Microsoft Edge", Name: "@C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe,-1", Application: "Microsoft Edge", HTTPS: "MSEdgeHTM",
			Command: `"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe"`,
		},
		{Key: "IEXPLORE.EXE", Name: "Internet Explorer", HTTPS: "IE.HTTPS", Command: `C:\Program Files\Internet Explorer\iexplore.exe`},
		{Key: "OperaStable", HTTPS: "OperaStable", Command: `"C:\Users\ada\opera\opera.exe" --launched`},
		{Key: "Viewer", Name: "Viewer", Command: `viewer.exe`},
		{Key: "google chrome", Name: "Chrome of the computer", HTTPS: "ChromeHTML", Command: `"D:\chrome.exe"`},
		{Key: "Broken", Name: "Broken", HTTPS: "x", Command: `"C:\unclosed`},
	}
}

func TestBrowsersOfAWindowsDesk(t *testing.T) {
	var got []string
	for _, b := range byName(fromClients(registered())) {
		got = append(got, b.ID+": "+b.Name)
	}
	want := []string{
		"Google Chrome: Google Chrome", "Microsoft Edge: Microsoft Edge", "Firefox-308046B0AF4A39CB: Mozilla Firefox", "OperaStable: OperaStable",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestBrowsersOfAMac(t *testing.T) {
	there := []string{"/Applications/Firefox.app", "/Applications/Arc.app", "/System/Cryptexes/App/System/Applications/Safari.app", "/Users/ada/Applications/Firefox.app"}
	folders := []string{"/Applications", "/System/Cryptexes/App/System/Applications", "/Users/ada/Applications"}
	var got [][]string
	for _, b := range byName(inFolders(folders, func(path string) bool { return slices.Contains(there, path) })) {
		got = append(got, append([]string{b.Name}, b.with("URL")...))
	}
	want := [][]string{
		{"Arc", "/usr/bin/open", "-b", "company.thebrowser.Browser", "URL"},
		{"Firefox", "/usr/bin/open", "-b", "org.mozilla.firefox", "URL"},
		{"Safari", "/usr/bin/open", "-b", "com.apple.Safari", "URL"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
