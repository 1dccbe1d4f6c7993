package proxyauth

import (
	"errors"
	"slices"
	"strings"
)

// The limits of what a proxy may ask with. A Kerberos token of somebody in many groups
// has 48 KB at the most (MaxTokenSize on Windows).
const (
	maxChallenges  = 32 // the schemes of all lines together
	maxParameters  = 32 // of one scheme
	maxChallengeIn = 64 << 10
)

var errTooMuch = errors.New("the proxy's challenge is too large")

// Challenge is what a proxy wants by one scheme (RFC 9110, section 11.3).
type Challenge struct {
	Scheme Scheme
	// Token is Negotiate's and NTLM's (token68), "" for none.
	Token string
	// Parameters are by their name in small letters.
	Parameters map[string]string
}

// Parse reads the values of Proxy-Authenticate: several challenges in one line or one a
// line, schemes in any case. Challenges of schemes that cannot be answered, and those
// that are not in order or hold a control character, are left out: they are as good as
// not offered. It fails for more than a proxy has reason to say.
func Parse(lines []string) ([]Challenge, error) {
	size := 0
	for _, line := range lines {
		size += len(line)
	}
	if size > maxChallengeIn {
		return nil, errTooMuch
	}
	var all []Challenge
	for _, line := range lines {
		p := parser{rest: line}
		for range maxChallenges + 1 {
			c, ok := p.challenge()
			if !ok {
				break
			}
			if len(all) == maxChallenges {
				return nil, errTooMuch
			}
			all = append(all, c)
		}
	}
	return slices.DeleteFunc(all, func(c Challenge) bool { return c.Scheme == "" }), nil
}

// parser reads one line from its beginning.
type parser struct{ rest string }

// challenge reads the next scheme and what belongs to it. A challenge to leave out has no
// scheme; ok is false at the end.
func (p *parser) challenge() (c Challenge, ok bool) {
	p.skip(", \t")
	name := p.token()
	if name == "" {
		return c, false
	}
	known, sound := canonical(name)
	if p.rest != "" && !strings.ContainsRune(", \t", rune(p.rest[0])) {
		p.rest = "" // the rest cannot be told apart
		return c, true
	}
	p.skip(" \t")
	c.Parameters = make(map[string]string)
	if token := p.token68(); token != "" {
		c.Token = token
		sound = sound && (known == Negotiate || known == NTLM)
	} else {
		sound = p.parameters(c.Parameters) && sound
	}
	if sound {
		c.Scheme = known
	}
	return c, true
}

// parameters reads name=value pairs until the next scheme, and returns true if they are
// good.
func (p *parser) parameters(into map[string]string) bool {
	good := true
	for {
		before := p.rest
		p.skip(", \t")
		name := strings.ToLower(p.token())
		p.skip(" \t")
		if name == "" || !strings.HasPrefix(p.rest, "=") {
			// The next scheme, the end, or a mess.
			p.rest = before
			if name == "" {
				p.skip(", \t")
				good = good && p.rest == ""
				p.rest = ""
			}
			return good
		}
		p.rest = p.rest[1:]
		p.skip(" \t")
		value, ok := p.value()
		if _, twice := into[name]; twice || !ok || len(into) == maxParameters {
			good = false
		}
		into[name] = value
		if !ok {
			p.rest = ""
			return false
		}
	}
}

// value reads a token or a quoted string (RFC 9110, section 5.6.4).
func (p *parser) value() (string, bool) {
	if !strings.HasPrefix(p.rest, `"`) {
		token := p.token()
		return token, token != ""
	}
	var b strings.Builder
	for i := 1; i < len(p.rest); i++ {
		switch c := p.rest[i]; {
		case c == '"':
			p.rest = p.rest[i+1:]
			return b.String(), !hasControl(b.String())
		case c == '\\' && i+1 < len(p.rest):
			i++
			b.WriteByte(p.rest[i])
		default:
			b.WriteByte(c)
		}
	}
	return "", false
}

// token68 reads base64 before a list's end or another scheme.
func (p *parser) token68() string {
	n := 0
	for n < len(p.rest) && (isAlphanumeric(p.rest[n]) || strings.IndexByte("-._~+/", p.rest[n]) >= 0) {
		n++
	}
	if n == 0 {
		return ""
	}
	for n < len(p.rest) && p.rest[n] == '=' {
		n++
	}
	after := strings.TrimLeft(p.rest[n:], " \t")
	if after != "" && after[0] != ',' {
		return "" // a parameter: this was its name
	}
	token := p.rest[:n]
	p.rest = after
	return token
}

func (p *parser) token() string {
	n := 0
	for n < len(p.rest) && (isAlphanumeric(p.rest[n]) || strings.IndexByte("!#$%&'*+-.^_`|~", p.rest[n]) >= 0) {
		n++
	}
	token := p.rest[:n]
	p.rest = p.rest[n:]
	return token
}

func (p *parser) skip(these string) { p.rest = strings.TrimLeft(p.rest, these) }

func isAlphanumeric(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r >= 0x7f && r < 0xa0 })
}
