package redact

import (
	"slices"
	"strings"
	"sync"

	"github.com/portico-desktop/portico/app/localapi"
)

// Value returns a value without secrets, by its name as well: a "refresh_token", an
// "Authorization" or a "password" is secret as a whole, and so are "code" and "state",
// but for Portico's own values of these names.
func Value(name, value string) string {
	switch {
	case value == "":
		return ""
	case isAmbiguous(name) && !harmless()[value], isSecret(name):
		return Mark
	}
	return Text(value)
}

// isSecret is about names for secrets alone, with any word in front: a "github_token"
// is one too.
func isSecret(name string) bool {
	name = strings.ToLower(name)
	for _, end := range secretNames() {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return false
}

func secretNames() []string {
	return []string{
		"token", "token_hint", "secret", "password", "passwd", "pwd", "passphrase", "passcode", "passwort", "kennwort", "verifier", "assertion", "authorization", "cookie",
		"device_code", "devicecode", "device-code", "user_code", "usercode", "user-code", "auth_code", "authcode", "auth-code",
		"authorization_code", "authorizationcode", "authorization-code", "api_key", "apikey", "api-key", "private_key", "privatekey", "private-key",
		"nonce", "saml_response", "samlresponse", "session_state", "dpop",
	}
}

// isAmbiguous is about names that ordinary things have as well.
func isAmbiguous(name string) bool {
	return strings.EqualFold(name, "code") || strings.EqualFold(name, "state")
}

// pairs takes out the values under a secret's name.
func pairs(s string) string {
	var b strings.Builder
	done := 0
	for at := 0; at < len(s); at++ {
		n := separatorAt(s, at)
		if n == 0 {
			continue
		}
		p, ok := nameBefore(s, at)
		if !ok {
			continue
		}
		value := at + n
		if p.quoted {
			value += spaces(s, value, " \t\r\n") // in JSON it may stand in the next line
		} else {
			value += spaces(s, value, " \t")
		}
		p.separator = s[at:value]
		from, to := valueAt(s, value, p)
		if to <= done || from == to || isMark(s, from, to) || !p.hides(s[from:to]) {
			continue
		}
		if from >= done { // otherwise its beginning is gone with another's value
			b.WriteString(s[done:from])
			b.WriteString(Mark)
		}
		done = to
	}
	if done == 0 {
		return s
	}
	b.WriteString(s[done:])
	return b.String()
}

// isMark is true if a value is gone already; its closing bracket may have ended it.
func isMark(s string, from, to int) bool {
	return s[from:to] == Mark || s[from:to]+"]" == Mark && strings.HasPrefix(s[to:], "]")
}

// separatorAt is how many bytes separate a name from its value there, 0 for none.
// In an address within an address they are escaped, once for each around it.
func separatorAt(s string, at int) int {
	switch s[at] {
	case '=', ':':
		return 1
	case '%':
		end := at + 1
		for strings.HasPrefix(s[end:], "25") {
			end += 2
		}
		if end+1 < len(s) && s[end] == '3' && strings.IndexByte("dDaA", s[end+1]) >= 0 {
			return end + 2 - at
		}
	}
	return 0
}

// escapedQuotes are quotes within addresses and web pages.
func escapedQuotes() []string { return []string{"%22", "%27", "&quot;", "&#34;", "&#39;"} }

// nameBefore is the secret's name that ends there, if there is one.
func nameBefore(s string, at int) (p pair, ok bool) {
	end := at
	if end > 0 && (s[end-1] == ' ' || s[end-1] == '\t') {
		end--
	}
	if end > 0 && strings.IndexByte("\"'`", s[end-1]) >= 0 {
		p.quoted = true
		for end--; end > 0 && s[end-1] == '\\'; end-- {
		}
	}
	for _, quote := range escapedQuotes() {
		if strings.HasSuffix(s[:end], quote) {
			end -= len(quote)
			p.quoted = true
		}
	}
	begin := end
	for begin > 0 && isOfName(s[begin-1]) {
		begin--
	}
	if begin > 0 && s[begin-1] == '%' {
		for end-begin > 4 && s[begin:begin+2] == "25" {
			begin += 2
		}
		if end-begin > 2 {
			begin += 2 // an escape, as in %26code
		}
	}
	p.name = strings.ToLower(s[begin:end])
	return p, isAmbiguous(p.name) || isSecret(p.name)
}

func isOfName(c byte) bool {
	return c == '_' || c == '-' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}

// pair is a name and the signs between it and its value.
type pair struct {
	name      string // in small letters
	quoted    bool   // as in JSON
	separator string
}

// isHeader is true if the value may have spaces in it.
func (p pair) isHeader() bool {
	return strings.HasSuffix(p.name, "authorization") || strings.HasSuffix(p.name, "cookie")
}

// hides is true if the value is a secret by this name.
func (p pair) hides(value string) bool {
	switch value {
	case "true", "false", "null":
		return false
	}
	sentence := !p.quoted && strings.HasPrefix(p.separator, ":") && len(p.separator) > 1
	switch {
	case isAmbiguous(p.name) && harmless()[value]:
		return false
	case !sentence:
		return true
	case strings.HasSuffix(p.name, "authorization"):
		// "authorization: the provider answers …" is a sentence.
		first, _, several := strings.Cut(value, " ")
		return looksRandom(first) || several && isScheme(first)
	case strings.HasSuffix(p.name, "cookie"):
		return strings.Contains(value, "=")
	case strings.ContainsAny(p.name, "_-") || strings.Contains(p.name, "pass"):
		return true
	}
	return looksRandom(value) // "token: the provider answers …" is one as well
}

func isScheme(s string) bool { return slices.Contains(schemes(), strings.ToLower(s)) }

// harmless are Portico's own values of the names "code" and "state".
var harmless = sync.OnceValue(func() map[string]bool {
	known := map[string]bool{}
	for code := range localapi.Codes() {
		known[string(code)] = true
	}
	for _, phase := range []localapi.Phase{
		localapi.Starting, localapi.Unconfigured, localapi.SignedOut, localapi.SigningIn, localapi.SignedIn,
		localapi.Offline, localapi.NeedsSignIn, localapi.Blocked,
	} {
		known[string(phase)] = true
	}
	return known
})

// looksRandom tells a token from a word in a sentence.
func looksRandom(s string) bool {
	s = strings.TrimRight(s, ".,;:)")
	if len(s) < 10 || strings.HasPrefix(s, "AADSTS") {
		return false
	}
	letters, digits := 0, 0
	for i := range len(s) {
		switch c := s[i]; {
		case '0' <= c && c <= '9':
			digits++
		case 'a' <= c|0x20 && c|0x20 <= 'z':
			letters++
		case !strings.ContainsRune("_-+/=~", rune(c)):
			return false
		}
	}
	return letters > 0 && digits > 0
}

// ends are the characters that end a value without quotes. A comma is not among them:
// passwords have commas.
const ends = " \t\r\n&\"'`<>"

// valueAt finds the value at a place: up to the closing quote, or to the next of ends.
// A header's goes on to the end of its line. Of a list it is everything from the first
// to the last.
func valueAt(s string, at int, p pair) (from, to int) {
	list := false
	for at < len(s) && s[at] == '[' && !strings.HasPrefix(s[at:], Mark) {
		at++
		list = true
	}
	if quote, slashes := opening(s, at); quote != 0 {
		from = at + slashes + 1
		to = closing(s, from, quote, slashes)
		for list {
			next := to + slashes + 1
			next += spaces(s, next, ",")
			next += spaces(s, next, " \t\r\n")
			if q, n := opening(s, next); q != quote || n != slashes {
				break
			}
			to = closing(s, next+slashes+1, quote, slashes)
		}
		return from, to
	}
	for _, quote := range escapedQuotes() {
		if quote[0] == '&' && strings.HasPrefix(s[at:], quote) { // an & would end it at once
			from = at + len(quote)
			if n := strings.Index(s[from:], quote); n >= 0 {
				return from, from + n
			}
			return from, len(s)
		}
	}
	if at < len(s) && s[at] == '{' {
		return at, at // its content has names of its own
	}
	stop := ends
	switch {
	case p.quoted:
		stop += ",}]" // a number, or none
	case p.isHeader():
		stop = "\r\n\"'`<>"
	}
	if n := strings.IndexAny(s[at:], stop); n >= 0 {
		return at, at + n
	}
	return at, len(s)
}

// spaces counts how many bytes of a set stand there.
func spaces(s string, at int, set string) int {
	if at >= len(s) {
		return 0
	}
	return len(s[at:]) - len(strings.TrimLeft(s[at:], set))
}

// opening is the quote at this place, 0 for none, and the number of backslashes that
// escape it.
func opening(s string, at int) (quote byte, slashes int) {
	if at >= len(s) {
		return 0, 0
	}
	slashes = spaces(s, at, "\\")
	if q := at + slashes; q < len(s) && strings.IndexByte("\"'`", s[q]) >= 0 {
		return s[q], slashes
	}
	return 0, 0
}

// closing finds the quote that closes one with as many backslashes in front, without
// them.
func closing(s string, from int, quote byte, slashes int) int {
	for i := from; i < len(s); i++ {
		if s[i] != quote {
			continue
		}
		before := 0
		for i-before > from && s[i-before-1] == '\\' {
			before++
		}
		if before <= slashes {
			return i - before
		}
	}
	return len(s)
}
