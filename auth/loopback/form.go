package loopback

import (
	"net/url"
	"strings"
	"unicode/utf8"
)

// ParseForm reads the parameters of a response: of an address, of a posted form, or of
// a text that a person has pasted. It does the same as every browser
// (application/x-www-form-urlencoded parsing, URL Standard, section 5.1), so nobody
// sees other parameters than the provider meant. Only "&" separates, ";" is text, "+"
// is a blank, a percent sign without an escape stays, and bytes that are not UTF-8
// become U+FFFD. No text is refused.
func ParseForm(text string) url.Values {
	values := url.Values{}
	for pair := range strings.SplitSeq(text, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		values.Add(unescape(name), unescape(value))
	}
	return values
}

func unescape(s string) string {
	s = strings.ReplaceAll(s, "+", " ")
	if strings.IndexByte(s, '%') < 0 {
		return decoded(s)
	}
	raw := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			high, low := hexadecimal(s[i+1]), hexadecimal(s[i+2])
			if high >= 0 && low >= 0 {
				raw = append(raw, byte(high<<4|low))
				i += 2
				continue
			}
		}
		raw = append(raw, s[i])
	}
	return decoded(string(raw))
}

// hexadecimal is a digit's value, -1 for any other character.
func hexadecimal(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// decoded puts U+FFFD in the place of each longest beginning of a character that does
// not go on in UTF-8 (Encoding Standard, section 8.1.1).
func decoded(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for rest := []byte(s); len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		if r == utf8.RuneError && size == 1 {
			for size < len(rest) && !utf8.FullRune(rest[:size+1]) {
				size++
			}
		}
		b.WriteRune(r)
		rest = rest[size:]
	}
	return b.String()
}
