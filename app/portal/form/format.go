package form

import (
	"net/url"
	"strings"
	"time"
)

// formats are the formats of texts, in JSON Schema's words (Validation 2020-12, section 7.3).
func formats() []string { return []string{"date", "date-time", "time", "email", "uri"} }

// isFormat reports if a text is of a format.
func isFormat(format, s string) bool {
	switch format {
	case "date":
		_, err := time.Parse(time.DateOnly, s)
		return err == nil
	case "date-time":
		return isDateTime(s)
	case "time":
		return isTime(s)
	case "email":
		return isEmail(s)
	case "uri":
		return isURI(s)
	}
	return true
}

// isDateTime is about date-time of RFC 3339, section 5.6.
func isDateTime(s string) bool {
	if len(s) < len("2006-01-02T") || s[10] != 'T' && s[10] != 't' {
		return false
	}
	return isFormat("date", s[:10]) && hasZone(s[11:]) && isTime(s[11:])
}

// isTime is about full-time of RFC 3339, and about a time without a zone: JSON Forms
// writes "14:30:00".
func isTime(s string) bool {
	clock := s
	if hasZone(s) {
		clock = s[:len(s)-1]
		if last := s[len(s)-1]; last != 'Z' && last != 'z' {
			clock = s[:len(s)-len("+00:00")]
			if _, err := time.Parse("15:04", s[len(s)-len("00:00"):]); err != nil {
				return false
			}
		}
	}
	whole, fraction, cut := strings.Cut(clock, ".")
	if cut && (fraction == "" || strings.Trim(fraction, "0123456789") != "") {
		return false
	}
	_, err := time.Parse(time.TimeOnly, whole)
	return err == nil && len(whole) == len(time.TimeOnly) && !strings.Contains(whole, ",")
}

func hasZone(s string) bool {
	if strings.HasSuffix(s, "Z") || strings.HasSuffix(s, "z") {
		return true
	}
	at := len(s) - len("+00:00")
	return at > 0 && (s[at] == '+' || s[at] == '-')
}

// isEmail is about addresses that mail programs take: a dot-atom and a host name with a
// dot (RFC 5321, section 4.1.2).
func isEmail(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	if !ok || len(local) > 64 || len(domain) > 253 || !strings.Contains(domain, ".") {
		return false
	}
	for atom := range strings.SplitSeq(local, ".") {
		if atom == "" || strings.ContainsFunc(atom, func(r rune) bool { return !isAlphanumeric(r) && !strings.ContainsRune("!#$%&'*+/=?^_`{|}~-", r) }) {
			return false
		}
	}
	for label := range strings.SplitSeq(domain, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' ||
			strings.ContainsFunc(label, func(r rune) bool { return !isAlphanumeric(r) && r != '-' }) {
			return false
		}
	}
	return true
}

func isAlphanumeric(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}

// isURI is about a URI with a scheme (RFC 3986, section 3); nothing else is said of it.
func isURI(s string) bool {
	for _, r := range s {
		if r <= ' ' || r >= 0x7f || strings.ContainsRune("\"<>\\^`{|}", r) {
			return false
		}
	}
	u, err := url.Parse(s)
	return err == nil && u.IsAbs() && (u.Host != "" || u.Opaque != "" || u.Path != "")
}
