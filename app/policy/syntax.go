package policy

import (
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"github.com/portico-desktop/portico/app/portal/address"
	"github.com/portico-desktop/portico/auth/fetch"
	"github.com/portico-desktop/portico/auth/plain"
)

// syntax is the form of a text: its description in English, and its check.
type syntax struct {
	form    string // see Key.Form
	allowed string
	good    func(string) bool
	// pattern is the same as a regular expression, as near as one gets; "" for none.
	pattern string
}

// syntax of a key's text, or of each of a list's.
func (k Key) syntax() syntax {
	if own, ok := syntaxes()[k.Name]; ok {
		return own
	}
	switch k.Kind {
	case Address:
		return addressSyntax(isAddress)
	case File:
		return syntax{"file", "the whole path of a file on this computer, as in /etc/ssl/certs/authorities.pem or C:\\ProgramData\\Portico\\authorities.pem", isFile, `^([A-Za-z]:\\|/[^/])`}
	case Objects:
		return syntax{form: "objects", allowed: "a list of objects, written in JSON as in the portal's manifest"}
	case List:
		return syntax{"list", "a list of texts of which none is empty", isText, `\S`}
	}
	return syntax{"text", "a text that is not empty", isText, `\S`}
}

// syntaxes are those of keys with one of their own; made once, as the table.
var syntaxes = sync.OnceValue(func() map[Name]syntax {
	return map[Name]syntax{
		PortalURL:          addressSyntax(isPortal),
		AllowedLinkSchemes: {"schemes", "a list of schemes, as in msteams, without a colon", isScheme, schemePattern},
		AllowedDomains:     {"domains", "a list of mail domains, as in example.com, without an @", isDomain, domainPattern},
		AllowedTenants:     {"tenants", "a list of directory ids, as in 00000000-0000-0000-0000-000000000000", isGUID, guidPattern},
		DomainHint:         {"domain", "a domain, as in example.com", isDomain, domainPattern},
		RedirectPorts:      {"ports", "a port or a range from 1024 to 65535, as in 49200 or 49200-49210", func(s string) bool { _, _, ok := Ports(s); return ok }, `^[0-9]{4,5}(-[0-9]{4,5})?$`},
		QuietHours:         {"times", "two times of day, as in 18:00-07:00", isQuiet, quietPattern},
		ProxyAuth:          {"proxy-auth", "a list of negotiate, ntlm, digest and basic", isProxyScheme, `^([Nn][Ee][Gg][Oo][Tt][Ii][Aa][Tt][Ee]|[Nn][Tt][Ll][Mm]|[Dd][Ii][Gg][Ee][Ss][Tt]|[Bb][Aa][Ss][Ii][Cc])$`},
		Proxy:              {"proxy", "an address such as http://proxy.example.com:8080 without a name or a password, or the word direct", isProxy, `^(direct|https?://[^\s@/?#]+/?|socks5h?://[^\s@/?#]+/?)$`},
	}
})

func addressSyntax(good func(string) bool) syntax {
	return syntax{"address", "an address that begins with https://, without a name, a password or a #", good, `^[Hh][Tt][Tt][Pp][Ss]?://[^\s#]+$`}
}

// Pattern is a regular expression that matches every good text of the key, or of a
// list's; "" for no pattern. A match may still be wrong.
func (k Key) Pattern() string {
	if len(k.Values) > 0 || k.Kind == Flag || k.Kind == Number {
		return ""
	}
	return k.syntax().pattern
}

// fitting returns the check of a text for the key.
func (k Key) fitting() func(text string) bool {
	if len(k.Values) > 0 {
		return func(text string) bool { return slices.Contains(k.Values, text) }
	}
	return k.syntax().good
}

const maxText = 4096

// isText wants a text to show in a line.
func isText(s string) bool {
	return strings.TrimSpace(s) != "" && len(s) <= maxText && !strings.ContainsFunc(s, unicode.IsControl)
}

func isAddress(s string) bool {
	_, err := fetch.CheckURL(s)
	return err == nil && isText(s) && !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || plain.Hidden(r) })
}

// isPortal wants an address that the agent will take for the portal's. Another one
// would leave people without a portal, and without the choice of one.
func isPortal(s string) bool {
	_, err := address.Normalise(s)
	return err == nil && isAddress(s) && !strings.Contains(s, "#")
}

// isFile wants a path that means the same file in every folder. A share (\\server\…) is
// none: it would be asked for at every start, over the network and with the person's
// own credentials.
func isFile(s string) bool {
	return isText(s) && filepath.IsAbs(s) && !strings.HasPrefix(s, `\\`) && !strings.HasPrefix(s, "//")
}

// Ports reads a value of RedirectPorts: one port, or the first and the last of a
// range.
func Ports(value string) (first, last int, ok bool) {
	from, to, isRange := strings.Cut(value, "-")
	if !isRange {
		to = from
	}
	first, ok1 := port(from)
	last, ok2 := port(to)
	return first, last, ok1 && ok2 && first <= last
}

func port(s string) (int, bool) {
	n, err := strconv.ParseUint(s, 10, 16)
	return int(n), err == nil && n >= 1024 && s[0] != '0'
}

const domainPattern = `^([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$`

const (
	guidPattern   = `^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`
	quietPattern  = `^([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]$`
	schemePattern = `^[A-Za-z][A-Za-z0-9+.-]*$` // RFC 3986, section 3.1
)

// Most computers have none of these, and an idle agent has no use for the memory.
var (
	guid   = compiled(guidPattern)
	quiet  = compiled(quietPattern)
	scheme = compiled(schemePattern)
)

// compiled is a regular expression from its first use on.
func compiled(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}

func isGUID(s string) bool  { return guid().MatchString(s) }
func isQuiet(s string) bool { return quiet().MatchString(s) }

// isDomain is domainPattern without a regular expression: that would take half of a
// start for a list of thousands.
func isDomain(s string) bool {
	labels := 0
	for rest, more := s, true; more; labels++ {
		var label string
		label, rest, more = strings.Cut(rest, ".")
		if len(label) == 0 || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, c := range []byte(label) {
			if c != '-' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
				return false
			}
		}
	}
	return labels > 1 && len(s) <= 253
}

// neverOpened are schemes for programs or files of this computer: no list makes them
// harmless.
func neverOpened() []string {
	return []string{"file", "javascript", "data", "vbscript", "blob", "about", "http"}
}

func isScheme(s string) bool {
	return len(s) <= 64 && scheme().MatchString(s) && !slices.Contains(neverOpened(), strings.ToLower(s))
}

func isProxyScheme(s string) bool {
	return slices.Contains([]string{"negotiate", "ntlm", "digest", "basic"}, strings.ToLower(s))
}

func isProxy(s string) bool {
	if s == "direct" {
		return true
	}
	u, err := url.Parse(s)
	if err != nil || u.User != nil || u.Hostname() == "" || strings.Contains(s, "@") || strings.ContainsFunc(s, unicode.IsSpace) {
		return false
	}
	return slices.Contains([]string{"http", "https", "socks5", "socks5h"}, u.Scheme) && (u.Path == "" || u.Path == "/") && u.RawQuery == "" && u.Fragment == ""
}
