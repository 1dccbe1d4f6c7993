package front

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/portico-desktop/portico/app/portal/api"
)

// requestID is the client's id of the request; "" if there is none, or none that could be one.
func requestID(h http.Header) string {
	if given := h.Values(api.HeaderRequestID); len(given) == 1 && isID(given[0]) && len(given[0]) <= 128 {
		return given[0]
	}
	return ""
}

// bearer takes the token out of the Authorization header (RFC 6750, section 2.1). It is ""
// if there is none, or none that could be one.
func bearer(h http.Header) string {
	given := h.Values("Authorization")
	if len(given) != 1 {
		return ""
	}
	scheme, token, _ := strings.Cut(given[0], " ")
	token = strings.TrimLeft(token, " ")
	if !strings.EqualFold(scheme, "Bearer") || len(token) > maxToken {
		return ""
	}
	for i := range len(token) {
		if token[i] <= ' ' || token[i] > '~' {
			return ""
		}
	}
	return token
}

const maxToken = 8 << 10

// preferredWait is how long a client wants to wait (RFC 7240, section 4.3). Preferences that
// cannot be read are passed over.
func preferredWait(h http.Header, most time.Duration) (wait time.Duration, said bool) {
	for _, line := range h.Values("Prefer") {
		for preference := range strings.SplitSeq(line, ",") {
			preference, _, _ = strings.Cut(preference, ";") // parameters
			name, value, ok := strings.Cut(preference, "=")
			seconds, err := strconv.ParseUint(strings.Trim(strings.TrimSpace(value), `"`), 10, 31)
			if ok && err == nil && strings.EqualFold(strings.TrimSpace(name), "wait") {
				return min(time.Duration(seconds)*time.Second, most), true
			}
		}
	}
	return 0, false
}

// accepts says if an Accept header takes JSON (RFC 9110, section 12.5.1).
func accepts(h http.Header) bool {
	lines := h.Values("Accept")
	if len(lines) == 0 {
		return true
	}
	for _, line := range lines {
		for one := range strings.SplitSeq(line, ",") {
			kind, rest, _ := strings.Cut(one, ";")
			if refusedQuality(rest) {
				continue
			}
			switch strings.ToLower(strings.TrimSpace(kind)) {
			case "*/*", "application/*", "application/json", "application/problem+json":
				return true
			}
		}
	}
	return false
}

// refusedQuality says if a parameter is q=0.
func refusedQuality(parameters string) bool {
	for one := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(one), "=")
		if q, err := strconv.ParseFloat(value, 64); strings.EqualFold(name, "q") && err == nil && q == 0 {
			return true
		}
	}
	return false
}

// etag is a version as an entity tag.
func etag(version string) string { return `"` + version + `"` }

// noneMatch says if If-None-Match names a version, or any (RFC 9110, section 13.1.2).
func noneMatch(h http.Header, version string) bool {
	return slices.ContainsFunc(tags(h.Values("If-None-Match")), func(tag string) bool {
		return tag == "*" || strings.TrimPrefix(tag, "W/") == etag(version)
	})
}

// ifMatch is the version in If-Match: exactly one strong tag. ok is false for anything else
// but none.
func ifMatch(h http.Header) (version string, ok bool) {
	all := tags(h.Values("If-Match"))
	if len(all) == 0 {
		return "", len(h.Values("If-Match")) == 0
	}
	tag := all[0]
	if len(all) > 1 || len(tag) < 3 || tag[0] != '"' || tag[len(tag)-1] != '"' || len(tag) > api.MaxID {
		return "", false
	}
	version = tag[1 : len(tag)-1]
	return version, isID(version) && !strings.Contains(version, `"`)
}

// tags splits lists of entity tags. Tags of ours have no comma.
func tags(lines []string) []string {
	var all []string
	for _, line := range lines {
		for tag := range strings.SplitSeq(line, ",") {
			if tag = strings.TrimSpace(tag); tag != "" {
				all = append(all, tag)
			}
		}
	}
	return all
}

// digestOf is the version of a document without one of its own.
func digestOf(sum []byte) string { return base64.RawURLEncoding.EncodeToString(sum[:12]) }
