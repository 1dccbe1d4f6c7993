//go:build !windows

package desktop

import (
	"strings"

	"github.com/jeandeaual/go-locale"
)

// systemLanguages follows LC_ALL, LC_MESSAGES, LANG and LANGUAGE on Linux as
// gettext does, and the person's list of languages on macOS.
func systemLanguages() []string {
	// Not to know is no failure: English is spoken then.
	languages, _ := locale.GetLocales()
	for i := range languages {
		// A modifier, as in de_DE@euro, says nothing about the language (POSIX, section 8.2).
		languages[i], _, _ = strings.Cut(languages[i], "@")
	}
	return languages
}
