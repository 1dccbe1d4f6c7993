// Package redact takes secrets out of texts: tokens, codes, passwords and whatever else
// lets somebody in.
//
// It is the last fence, not the first: Portico's own texts hold no secrets. But a
// provider may repeat a request in its answer, and a proxy's address may hold a
// password, and such texts end up in logs, errors and bundles.
//
// It goes by names (code=…, "refresh_token": "…", Authorization: …), by looks (JWTs,
// private keys, long random words) and by place (the user and the query of an address).
// It may take out too much, and leaves ordinary sentences alone. It cannot find a short
// secret without a name in the middle of a sentence.
package redact

import (
	"regexp"
	"strings"
	"sync"
)

// Mark takes the place of a secret.
const Mark = "[redacted]"

// rounds bounds the passes over the text: the result of one rule may be a find for
// another one.
const rounds = 8

// Text returns s without anything that looks like a secret. It is idempotent, never
// fails, and is safe for concurrent use.
func Text(s string) string {
	for range rounds {
		next := once(s)
		if next == s {
			return s
		}
		s = next
	}
	return Mark // a text that does not come to rest is made to deceive
}

func once(s string) string {
	if strings.Contains(s, "-----BEGIN") {
		s = keyBlock().ReplaceAllLiteralString(s, Mark)
	}
	if strings.ContainsAny(s, "@?#") {
		s = addresses(s)
	}
	// Before the names: "code= Bearer …" has the value "Bearer".
	if namesScheme(s) {
		s = scheme().ReplaceAllStringFunc(s, credentials)
	}
	if strings.ContainsAny(s, "=:%") {
		s = pairs(s)
	}
	if strings.Contains(s, "eyJ") {
		s = jwt().ReplaceAllLiteralString(s, Mark)
	}
	return longWords(s)
}

// The secrets that are known by their looks. A rare one is only looked for after
// something cheaper: a log of half a megabyte should take no second. Each is made at
// its first use: an idle agent has no use for most of them.
var (
	// RFC 7468; a key without its end is taken to the end of the text.
	keyBlock = compiled(`(?s)-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$)`)
	// The Authorization header's schemes (RFC 9110, section 11.1).
	scheme = compiled(`(?i)\b(?:bearer|basic|dpop|negotiate|ntlm|digest)[ \t]+[a-z0-9+/=._~\-]{8,}`)
	// Three parts of a signed token, five of an encrypted one, or the beginning of a
	// token cut off. eyJ is the base64 of {".
	jwt = compiled(`eyJ[A-Za-z0-9_+/=\-]{5,}(?:\.[A-Za-z0-9_+/=\-]*){0,4}`)
	// Keycloak's codes.
	uuids = compiled(`(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?:\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})+`)
)

func compiled(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}

// namesScheme is true if any scheme is in the text.
func namesScheme(s string) bool {
	s = strings.ToLower(s)
	for _, scheme := range schemes() {
		if strings.Contains(s, scheme+" ") || strings.Contains(s, scheme+"\t") {
			return true
		}
	}
	return false
}

func schemes() []string {
	return []string{"bearer", "basic", "dpop", "negotiate", "ntlm", "digest"}
}

// From how many characters on a word of mixed characters is taken for a token, and
// several with dots between them for one of Keycloak's codes.
const (
	longestWord = 40
	twoUUIDs    = 2*36 + 1
)

// longWords takes out everything too long and too mixed for a word.
func longWords(s string) string {
	var b strings.Builder
	done := 0
	for at := 0; at < len(s); {
		if !isOfName(s[at]) {
			at++
			continue
		}
		end, dots := at, at // of the word, and of words with dots between them
		for dots < len(s) && (isOfName(s[dots]) || s[dots] == '.') {
			dots++
		}
		for end < len(s) && isOfName(s[end]) {
			end++
		}
		switch {
		case end-at >= longestWord && isMixed(s[at:end]):
			b.WriteString(s[done:at])
			b.WriteString(Mark)
			done = end
		case dots-at >= twoUUIDs && uuids().MatchString(s[at:dots]):
			b.WriteString(s[done:at])
			b.WriteString(uuids().ReplaceAllLiteralString(s[at:dots], Mark))
			done, end = dots, dots
		}
		at = end
	}
	if done == 0 {
		return s
	}
	b.WriteString(s[done:])
	return b.String()
}

// credentials takes out the text after a scheme, unless it is a word of a sentence
// ("Basic authentication").
func credentials(found string) string {
	at := strings.IndexAny(found, " \t")
	scheme, value := found[:at], strings.TrimLeft(found[at:], " \t")
	if isPlainWord(value) {
		return found
	}
	return scheme + " " + Mark
}

// isPlainWord is true for letters only, with capitals at the beginning alone.
func isPlainWord(s string) bool {
	s = strings.TrimRight(s, ".")
	for i, r := range s {
		if (r < 'a' || r > 'z') && (i > 0 || r < 'A' || r > 'Z') {
			return false
		}
	}
	return true
}

// isMixed is true for a long word with small and capital letters and digits: no word of
// a language has all three, and no digest in hexadecimal.
func isMixed(s string) bool {
	var small, capital, digit int
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z':
			small++
		case 'A' <= c && c <= 'Z':
			capital++
		case '0' <= c && c <= '9':
			digit++
		}
	}
	return small >= 2 && capital >= 2 && digit >= 2
}
