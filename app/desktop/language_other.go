//go:build !windows

package desktop

import "github.com/jeandeaual/go-locale"

// systemLanguages follows LC_ALL, LC_MESSAGES, LANG and LANGUAGE on Linux as
// gettext does, and the person's list of languages on macOS.
func systemLanguages() []string {
	// Not to know is no failure: English is spoken then.
	languages, _ := locale.GetLocales()
	return languages
}
