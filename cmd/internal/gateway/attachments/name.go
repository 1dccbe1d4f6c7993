package attachments

import (
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/portico-desktop/portico/auth/plain"
)

// maxName is the longest name in bytes: file systems take 255, and programs add to it.
const maxName = 180

// Name is a file's name as it may be shown, and used on any system: one without folders,
// with visible characters only, and none with a meaning to a system. It is never empty.
func Name(said string) string {
	name := norm.NFC.String(strings.ToValidUTF8(said, "\ufffd"))
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Map(func(r rune) rune {
		switch {
		case plain.Hidden(r):
			return -1 // a blank in its place could move the ending out of sight
		case strings.ContainsRune(`<>:"|?*`, r):
			return '_'
		case r == '\u00a0' || r == '\u3000' || r >= '\u2000' && r <= '\u200a':
			return ' '
		}
		return r
	}, name)
	// Windows drops dots and blanks at the end; the first dot hides a file elsewhere.
	name = strings.TrimRight(name, ". ")
	name = strings.TrimLeft(name, " ")
	if strings.HasPrefix(name, ".") || reserved(name) {
		name = "_" + name
	}
	name = shorten(name)
	if strings.Trim(name, "._ ") == "" {
		return "file"
	}
	return name
}

// reserved is true for a name that Windows takes for a device, with any ending.
func reserved(name string) bool {
	stem, _, _ := strings.Cut(name, ".")
	stem = strings.ToUpper(strings.TrimRight(stem, " "))
	if slices.Contains([]string{"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$"}, stem) {
		return true
	}
	port, found := strings.CutPrefix(stem, "COM")
	if !found {
		port, found = strings.CutPrefix(stem, "LPT")
	}
	return found && utf8.RuneCountInString(port) == 1 && strings.ContainsAny(port, "0123456789\u00b9\u00b2\u00b3")
}

// shorten cuts a long name and keeps its ending.
func shorten(name string) string {
	if len(name) <= maxName {
		return name
	}
	ending := ""
	if at := strings.LastIndexByte(name, '.'); at > 0 && len(name)-at <= 16 {
		name, ending = name[:at], name[at:]
	}
	name = name[:maxName-len(ending)]
	for !utf8.ValidString(name) {
		name = name[:len(name)-1]
	}
	return strings.TrimRight(name, ". ") + ending
}
