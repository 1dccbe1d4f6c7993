// Package assets holds what Portico's programs carry inside them: icons,
// translations, the pages shown in the browser, and schemas.
package assets

import _ "embed"

//go:embed i18n/en.json
var english string

//go:embed i18n/de.json
var german string

// Languages are the languages that there are texts in (BCP 47), English first.
func Languages() []string { return []string{"en", "de"} }

// Translation returns i18n/LANGUAGE.json, in go-i18n's message format; "" where there is
// none. It is not copied: programs have it in memory only as far as they read it.
func Translation(language string) string {
	switch language {
	case "en":
		return english
	case "de":
		return german
	}
	return ""
}
