package desktop

// bundle is a browser for macOS.
type bundle struct{ id, name string }

// bundles are the browsers to look for on macOS. Its list of browsers cannot be read
// without its frameworks.
func bundles() []bundle {
	return []bundle{
		{"com.apple.Safari", "Safari"},
		{"com.google.Chrome", "Google Chrome"},
		{"org.chromium.Chromium", "Chromium"},
		{"com.microsoft.edgemac", "Microsoft Edge"},
		{"org.mozilla.firefox", "Firefox"},
		{"org.mozilla.firefoxdeveloperedition", "Firefox Developer Edition"},
		{"com.brave.Browser", "Brave Browser"},
		{"com.operasoftware.Opera", "Opera"},
		{"com.vivaldi.Vivaldi", "Vivaldi"},
		{"company.thebrowser.Browser", "Arc"},
		{"com.duckduckgo.macos.browser", "DuckDuckGo"},
	}
}

// inFolders are the browsers with an application in one of the folders.
func inFolders(folders []string, exists func(path string) bool) []installed {
	var found []installed
	for _, b := range bundles() {
		for _, folder := range folders {
			if exists(folder + "/" + b.name + ".app") {
				found = append(found, installed{
					Browser: Browser{ID: b.id, Name: b.name},
					command: []string{"/usr/bin/open", "-b", b.id},
				})
				break
			}
		}
	}
	return found
}
