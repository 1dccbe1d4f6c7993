package plain

import "unicode"

// Hidden is true for a character without a picture of its own that changes the reading
// of the text around it: control characters (C0, DEL and C1, which a terminal obeys),
// line and paragraph separators, the marks, embeddings, overrides and isolates of
// writing directions (Unicode Technical Report 36, section 2.5), and characters without
// a width. The selectors of emoji are not among them.
func Hidden(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) || blank(r)
}

// blank are the letters without a picture: the fillers of Hangul, and the vowels of
// Khmer that nobody writes.
func blank(r rune) bool {
	switch r {
	case '\u115f', '\u1160', '\u3164', '\uffa0', '\u17b4', '\u17b5':
		return true
	}
	return false
}

// Text is the beginning of s, up to longest characters, with a blank in the place of
// each hidden one. A joiner between two letters stays if their script needs it (Unicode
// Standard, section 23.2). The result may still hold markup, and blanks at its ends.
func Text(s string, longest int) string {
	runes := make([]rune, 0, min(len(s), longest))
	for _, r := range s {
		if len(runes) == longest {
			break
		}
		runes = append(runes, r)
	}
	shown := make([]rune, len(runes))
	for i, r := range runes {
		if Hidden(r) && !joins(runes, i) {
			r = ' '
		}
		shown[i] = r
	}
	return string(shown)
}

// joins is true for a joiner at i in the middle of a word or of a picture. Between
// letters of the Latin alphabet it only makes two texts look alike.
func joins(runes []rune, i int) bool {
	const nonJoiner, joiner = '\u200c', '\u200d'
	if runes[i] != nonJoiner && runes[i] != joiner {
		return false
	}
	return i > 0 && i+1 < len(runes) && joined(runes[i-1]) && joined(runes[i+1])
}

func joined(r rune) bool {
	return r > unicode.MaxLatin1 && !blank(r) && !unicode.Is(unicode.Latin, r) && (unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsSymbol(r))
}
