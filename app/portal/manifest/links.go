package manifest

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/portico-desktop/portico/auth/plain"
)

// Person fills the placeholders of a menu's address. Empty fields are unknown.
type Person struct {
	Email, LoginHint, Tenant, Domain, Locale string
}

var placeholder = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\{([a-z_]*)\}`) })

func (p Person) value(name string) (string, bool) {
	switch name {
	case "email":
		return p.Email, true
	case "login_hint":
		return p.LoginHint, true
	case "tenant":
		return p.Tenant, true
	case "domain":
		return p.Domain, true
	case "locale":
		return p.Locale, true
	}
	return "", false
}

// Link fills an address for a person. It is "" when the address needs something
// that is not known of them. Values are escaped down to RFC 3986's unreserved
// characters, so they cannot change the meaning of their surroundings.
func Link(template string, p Person) string {
	complete := true
	link := placeholder().ReplaceAllStringFunc(template, func(m string) string {
		v, _ := p.value(m[1 : len(m)-1])
		if v == "" {
			complete = false
		}
		return escape(v)
	})
	if !complete {
		return ""
	}
	return link
}

func escape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// checkTemplate refuses addresses not to be opened for anybody.
func checkTemplate(template string) error {
	for _, m := range placeholder().FindAllStringSubmatch(template, -1) {
		if _, known := (Person{}).value(m[1]); !known {
			return fmt.Errorf("has the placeholder {%s}, which does not exist", m[1])
		}
	}
	bare := placeholder().ReplaceAllString(template, "x")
	if strings.ContainsAny(bare, "{}") {
		return fmt.Errorf("is %q; braces belong around placeholders only", template)
	}
	if err := checkLink(bare, otherScheme(bare, "https", "mailto", "tel")...); err != nil {
		return err
	}
	// A person's own data must not choose the host.
	if scheme, rest, _ := strings.Cut(template, "://"); strings.EqualFold(scheme, "https") {
		if host, _, _ := strings.Cut(rest, "/"); placeholder().MatchString(strings.SplitN(host, "?", 2)[0]) {
			return fmt.Errorf("is %q; a placeholder cannot be part of the host", template)
		}
	}
	return nil
}

// neverOpened are the schemes forbidden to every app, even against the word of IT. They run
// or show the contents of the link itself, open files of the computer, or go over the
// network in the clear; two of Windows have been used to break in.
func neverOpened() []string {
	return []string{"http", "javascript", "vbscript", "data", "file", "about", "blob", "view-source", "shell", "search-ms", "ms-msdt"}
}

// otherScheme adds the scheme of a link if a computer may have a program for it. Nobody here
// knows the effects of such a program, so the link is only offered if IT allows the
// scheme; see [Menu.IsOffered].
func otherScheme(link string, schemes ...string) []string {
	u, err := url.Parse(link)
	if err != nil || u.Scheme == "" || slices.Contains(neverOpened(), u.Scheme) {
		return schemes
	}
	return append(schemes, u.Scheme)
}

// IsOffered reports if the app may be shown, with these schemes allowed besides
// https, mailto and tel.
func (m Menu) IsOffered(schemes []string) bool {
	if overreach(m.URL) != "" {
		return false
	}
	scheme, _, _ := strings.Cut(m.URL, ":")
	return slices.ContainsFunc(append([]string{"https", "mailto", "tel"}, schemes...), func(s string) bool { return strings.EqualFold(s, scheme) })
}

// shownLink is a checked link as people see it and as it is opened: in
// ASCII. Placeholders stay.
func shownLink(link string) (string, error) {
	address, err := plain.Address(link)
	if err != nil {
		return "", fmt.Errorf("is %q, which is not an address", link)
	}
	return address, nil
}

func checkLink(link string, schemes ...string) error {
	u, err := url.Parse(link)
	if err != nil || strings.ContainsFunc(link, func(r rune) bool { return r == ' ' || plain.Hidden(r) }) {
		return fmt.Errorf("is %q, which is not an address", link)
	}
	for _, s := range schemes {
		if strings.EqualFold(u.Scheme, s) {
			if s == "https" && (u.Hostname() == "" || u.User != nil) {
				return fmt.Errorf("is %q, which names no host or a user", link)
			}
			return nil
		}
	}
	return fmt.Errorf("is %q; it has to begin with %s", link, strings.Join(schemes, ": or ")+":")
}
