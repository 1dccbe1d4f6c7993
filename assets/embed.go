// Package assets holds what Portico's programs carry inside them: icons,
// translations, the pages shown in the browser, and schemas.
package assets

import "embed"

// Translations holds i18n/LANGUAGE.json, in go-i18n's message format.
//
//go:embed i18n/*.json
var Translations embed.FS
