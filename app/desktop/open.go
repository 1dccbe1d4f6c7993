package desktop

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// OpenIn is [OpenBrowser] with a browser of choice for http and https: one found by
// [FindBrowser], or the whole path of a program. "" and a browser missing on this
// computer stand for the system's.
func OpenIn(ctx context.Context, browser, address string) error {
	if err := checkAddress(address); err != nil {
		return err
	}
	if browser != "" && isWeb(address) {
		if b, ok := findBrowser(browser, systemBrowsers()); ok {
			o := opener{patience: patience}
			err := o.start(ctx, b.with(address))
			if err == nil || ctx.Err() != nil {
				return err
			}
			// Nobody should be unable to sign in because one browser is broken.
		}
	}
	return OpenBrowser(ctx, address)
}

// OpenApp is OpenIn for an app of the portal. Its address may have another scheme, and
// whoever offers the app decides on that. Schemes that run or show the content of an
// address are refused here as well, with an error that wraps [ErrAddress].
func OpenApp(ctx context.Context, browser, address string) error {
	u, err := url.Parse(address)
	if err != nil || slices.Contains([]string{"", "http", "https", "mailto", "tel"}, u.Scheme) {
		return OpenIn(ctx, browser, address)
	}
	if err := checkForeign(u, address); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	o := opener{patience: patience}
	if err := o.watch(ctx, func() error { return openSystem(address) }); err != nil {
		return fmt.Errorf("open an address of the scheme %s: %w", u.Scheme, err)
	}
	return nil
}

// checkForeign is checkAddress for other schemes.
func checkForeign(u *url.URL, address string) error {
	switch u.Scheme {
	case "javascript", "vbscript", "data", "file", "about", "blob", "view-source", "shell", "search-ms", "ms-msdt":
		return fmt.Errorf("%w: the scheme is %q", ErrAddress, u.Scheme)
	}
	if len(u.Scheme) < 2 {
		return fmt.Errorf("%w: it may be the name of a drive", ErrAddress)
	}
	return checkCharacters(address)
}

// FindBrowser looks for a browser of this computer by its id, its name, or the name
// of its program, as in "firefox", "msedge" or "Google Chrome", in any case, or by the
// whole path of a program.
func FindBrowser(name string) (Browser, bool) {
	b, ok := findBrowser(name, systemBrowsers())
	return b.Browser, ok
}

func findBrowser(name string, all []installed) (installed, bool) {
	if filepath.IsAbs(name) {
		return byPath(name)
	}
	names := append([]string{name}, otherNames()[strings.ToLower(name)]...)
	for _, called := range []func(installed) []string{
		func(b installed) []string { return []string{b.ID, strings.TrimSuffix(b.ID, ".desktop")} },
		func(b installed) []string { return []string{b.Name} },
		func(b installed) []string { return []string{program(b.command)} },
	} {
		for _, b := range all {
			if slices.ContainsFunc(called(b), func(is string) bool {
				return slices.ContainsFunc(names, func(wanted string) bool { return is != "" && strings.EqualFold(is, wanted) })
			}) {
				return b, true
			}
		}
	}
	return installed{}, false
}

// otherNames are the browsers' names on the other systems, so one policy does for all
// of them.
func otherNames() map[string][]string {
	chrome := []string{"chrome", "google-chrome", "google-chrome-stable", "com.google.Chrome"}
	edge := []string{"msedge", "edge", "microsoft-edge", "microsoft-edge-stable", "com.microsoft.edgemac"}
	firefox := []string{"firefox", "firefox-esr", "org.mozilla.firefox", "firefox_firefox"}
	return map[string][]string{
		"chrome": chrome, "google-chrome": chrome, "msedge": edge, "edge": edge, "microsoft-edge": edge, "firefox": firefox,
		"safari": {"com.apple.Safari"}, "brave": {"brave-browser", "com.brave.Browser"},
	}
}

// byPath is the program at a path, or the application on macOS, a folder.
func byPath(path string) (installed, bool) {
	info, err := os.Stat(path)
	b := installed{Browser: Browser{ID: path, Name: filepath.Base(path)}, command: []string{path}}
	switch {
	case err != nil || checkCommand(path) != nil:
		return installed{}, false
	case info.IsDir() && strings.HasSuffix(path, ".app"):
		b.command = []string{"/usr/bin/open", "-a", path}
		return b, true
	case !info.Mode().IsRegular(), runtime.GOOS != "windows" && info.Mode().Perm()&0o111 == 0:
		return installed{}, false
	}
	return b, true
}

// program is the name of a command's program, without folder and ".exe".
func program(command []string) string {
	if len(command) == 0 {
		return ""
	}
	name := command[0][strings.LastIndexAny(command[0], `/\`)+1:]
	if len(name) > 4 && strings.EqualFold(name[len(name)-4:], ".exe") {
		return name[:len(name)-4]
	}
	return name
}
