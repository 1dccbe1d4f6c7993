package desktop

import "golang.org/x/sys/windows"

// systemLanguages are the display languages. The locale, which libraries ask for, is
// for dates and numbers, and often another one.
func systemLanguages() []string {
	// Not to know is no failure: English is spoken then.
	languages, _ := windows.GetUserPreferredUILanguages(windows.MUI_LANGUAGE_NAME)
	return languages
}
