package manifest

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/portico-desktop/portico/auth/plain"
)

// maxAddress is the longest mail address (RFC 5321, section 4.5.3.1.3).
const maxAddress = 254

// MailTo is the link for writing to an address with a mail program (RFC 6068), "" unless it
// is an address alone: an addr-spec (RFC 5322, section 3.4.1) without quotes, comments
// and a name. Anything else could add unseen parts to the mail.
func MailTo(address string) string {
	address = strings.TrimSpace(address)
	at := strings.LastIndexByte(address, '@')
	if at < 1 || len(address) > maxAddress || !isDotAtom(address[:at]) {
		return ""
	}
	domain, err := plain.HostPort(address[at+1:])
	if err != nil || !isDomain(domain) {
		return ""
	}
	return "mailto:" + escape(address[:at]) + "@" + domain
}

// isDotAtom is about the part before the @, in any script (RFC 6532, section 3.2).
func isDotAtom(local string) bool {
	return !strings.HasPrefix(local, ".") && !strings.HasSuffix(local, ".") && !strings.Contains(local, "..") &&
		!strings.ContainsFunc(local, func(r rune) bool {
			return r <= ' ' || plain.Hidden(r) || strings.ContainsRune(`"(),:;<>@[\]`, r)
		})
}

func isDomain(domain string) bool {
	for label := range strings.SplitSeq(domain, ".") {
		if label == "" || strings.ContainsAny(label, ":[]") {
			return false
		}
	}
	return true
}

// Telephone is the link for calling a number (RFC 3966), "" unless it is digits with the
// usual marks between them. Codes with * and # do not call but change the telephone, as
// in forwarding its calls.
func Telephone(number string) string {
	var digits strings.Builder
	for _, r := range strings.TrimSpace(number) {
		switch {
		case r >= '0' && r <= '9', r == '+' && digits.Len() == 0:
			digits.WriteRune(r)
		case !strings.ContainsRune(" \u00a0\u202f-().\u2013/", r):
			return ""
		}
	}
	if strings.Trim(digits.String(), "+") == "" {
		return ""
	}
	return "tel:" + digits.String()
}

// checkContacts finds the support's contacts shown without a link.
func (m *Manifest) checkContacts() {
	if m.Support.Email != "" && MailTo(m.Support.Email) == "" {
		m.unused("support.email", "is no mail address alone, as help@contoso.example is one; it is shown, and opens no mail program")
	}
	if m.Support.Phone != "" && Telephone(m.Support.Phone) == "" {
		m.unused("support.phone", "is no telephone number alone, of digits and + - ( ) . /; it is shown, and calls nobody")
	}
}

func (m *Manifest) unused(field, format string, args ...any) {
	m.Unused = append(m.Unused, Unused{Field: field, Reason: fmt.Sprintf(format, args...)})
}

// overreach says why an app's address is not opened although its scheme may be, "" for
// no reason. Mail programs take files by more names than one; all of them say so.
func overreach(link string) string {
	scheme, rest, _ := strings.Cut(link, ":")
	switch strings.ToLower(scheme) {
	case "mailto":
		_, fields, _ := strings.Cut(rest, "?")
		for field := range strings.SplitSeq(fields, "&") {
			name, err := mailField(field)
			if err != nil || strings.Contains(name, "attach") {
				return fmt.Sprintf("has %q, which no mail may be given; the app is not shown", plain.Text(field, maxText))
			}
		}
	case "tel":
		if number, err := url.PathUnescape(rest); err != nil || strings.ContainsAny(number, "*#") {
			return "is a code for the telephone, and no number; the app is not shown"
		}
	}
	return ""
}

// withoutOddFields is a link without the header fields forbidden in a mail, and these
// fields. Links have them by mistake, as "Q&A" in a subject.
func withoutOddFields(link string) (kept string, odd []string) {
	before, fields, found := strings.Cut(link, "?")
	if scheme, _, _ := strings.Cut(before, ":"); !found || !strings.EqualFold(scheme, "mailto") {
		return link, nil
	}
	var good []string
	for field := range strings.SplitSeq(fields, "&") {
		if name, err := mailField(field); err == nil && (name == "" || isMailField(name)) {
			good = append(good, field)
		} else {
			odd = append(odd, field)
		}
	}
	if len(good) > 0 {
		before += "?" + strings.Join(good, "&")
	}
	return before, odd
}

// mailField is the name of a header field in a link, in small letters.
func mailField(field string) (name string, err error) {
	name, _, _ = strings.Cut(field, "=")
	name, err = url.PathUnescape(name)
	return strings.ToLower(name), err
}

// isMailField is about the header fields for a link to fill in (RFC 6068, section 4):
// people see them before they send the mail.
func isMailField(name string) bool {
	known := []string{"to", "cc", "bcc", "subject", "body", "keywords", "comments", "in-reply-to", "references", "reply-to", "from", "importance", "priority", "organization"}
	return slices.Contains(known, name) || strings.HasPrefix(name, "x-") && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}
