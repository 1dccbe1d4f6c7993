package auth

import (
	"cmp"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/portico-desktop/portico/auth/loopback"
)

// ErrorPage reads the text of a provider's page refusing an authorization request without
// sending the browser back. RFC 6749, section 4.1.2.1 wants such a page for a wrong
// client or redirect URI, and some have it for every mistake. The text is a person's copy
// of it: lines of "error: …", JSON, parameters, or prose with a standard's error or a
// provider's own number anywhere, with line breaks or without. At most 64 KiB are read.
//
// Whoever pastes may have it from anywhere: it informs, and proves nothing. The result
// has the step "authorization", and texts cleaned and bounded like those of a provider.
//
// Errors: [ErrNotThisSignIn] when nothing in it is known. An address is none.
func ErrorPage(text string) (*ProviderError, error) {
	text = strings.TrimSpace(strings.ToValidUTF8(text, "\ufffd"))
	if bare := unbroken(text); bare == "" || len(text) > maxPasted || isAddress(bare) || strings.HasPrefix(bare, "?") {
		return nil, ErrNotThisSignIn
	}
	said := labels(text)
	code, rest := said.code()
	e := &ProviderError{
		Step: "authorization", Code: code, Numbers: pageNumbers(text),
		URI: shownAddress(said["error_uri"]), CorrelationID: correlationID().find(text), TraceID: traceID().find(text),
	}
	if e.Code == "" {
		e.Code, rest = knownCode(text)
	}
	if e.Code == "" {
		e.Code, rest = knownPhrase(text)
	}
	if e.Code == "" && len(e.Numbers) == 0 {
		return nil, ErrNotThisSignIn
	}
	if e.Code == "" && strings.HasPrefix(e.Numbers[0], "ID") {
		e.Code = "invalid_request" // OpenIddict numbers the faults of requests
	}
	e.Description = clean(cmp.Or(said["error_description"], lineFrom(text, e.Numbers), said["description"], said["message"], rest))
	e.Parameter = parameterIn(e.Description)
	return e, nil
}

// isAddress reports if a text is a web address and nothing else. It is an answer or none,
// with any words in it.
func isAddress(text string) bool {
	scheme, _, found := strings.Cut(text, "://")
	return found && !strings.ContainsAny(text, " \t\r\n") && regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*$`).MatchString(scheme)
}

// knownCodes are the errors of an authorization endpoint (RFC 6749, sections 4.1.2.1 and
// 5.2; OpenID Connect Core 1.0, section 3.1.2.6; RFC 7591, 8707, 9101, 9449 and 9470),
// and Google's own.
func knownCodes() []string {
	return []string{
		"invalid_request", "unauthorized_client", "access_denied", "unsupported_response_type", "invalid_scope", "server_error",
		"temporarily_unavailable", "invalid_client", "invalid_grant", "unsupported_grant_type",
		"interaction_required", "login_required", "account_selection_required", "consent_required", "invalid_request_uri",
		"invalid_request_object", "request_not_supported", "request_uri_not_supported", "registration_not_supported",
		"unmet_authentication_requirements", "invalid_redirect_uri", "invalid_target", "invalid_dpop_proof", "use_dpop_nonce",
		"insufficient_user_authentication", "authentication_expired",
		"redirect_uri_mismatch", "admin_policy_enforced", "org_internal", "disallowed_useragent", "deleted_client", "disabled_client",
	}
}

var knownCodePattern = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)\b(` + strings.Join(knownCodes(), "|") + `)\b`)
})

// knownCode is the first known error in a text, with the words following it.
func knownCode(text string) (code, rest string) {
	found := knownCodePattern().FindStringIndex(text)
	if found == nil {
		return "", ""
	}
	return strings.ToLower(text[found[0]:found[1]]), wordsAfter(text[found[1]:])
}

// knownPhrase is about Keycloak: its pages name no error. These are its English words for
// dead ends.
func knownPhrase(text string) (code, rest string) {
	for _, known := range [][2]string{
		{"invalid parameter: redirect_uri", "invalid_redirect_uri"}, {"client not found", "invalid_client"},
		{"client disabled", "invalid_client"}, {"realm not enabled", "realm_not_enabled"}, {"account is disabled", "user_disabled"},
		{"page has expired", "authentication_expired"}, {"cookie not found", "authentication_expired"}, {"https required", "invalid_request"},
		{"missing parameter:", "invalid_request"}, {"invalid parameter:", "invalid_request"},
	} {
		if at := strings.Index(strings.ToLower(text), known[0]); at >= 0 && at < len(text) {
			line, _, _ := strings.Cut(text[at:], "\n")
			return known[1], line
		}
	}
	return "", ""
}

// wordsAfter is the rest of an error's line, or the next line with anything on it.
func wordsAfter(text string) string {
	for line := range strings.Lines(text) {
		const around = " \t\r\n:;,.-–—\"'()[]{}"
		if strings.Trim(line, around) != "" {
			return strings.TrimSpace(strings.TrimLeft(line, around))
		}
	}
	return ""
}

// labelled are the values with a name in a text.
type labelled map[string]string

// code is the error named as such. An unknown one counts beside a description only, as
// providers have it: many things are called an error.
func (l labelled) code() (code, rest string) {
	word, rest, _ := strings.Cut(strings.TrimSpace(l["error"]), " ")
	word = strings.ToLower(strings.Trim(word, "\"'.,;:()[]"))
	known := slices.Contains(knownCodes(), word)
	if !known && (l["error_description"] == "" || !regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)+$`).MatchString(word) || len(word) > 64) {
		return "", ""
	}
	return word, wordsAfter(rest)
}

var labelPattern = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)["']?\b(error[ _]description|error[ _]?message|error[ _]?summary|error[ _]?uri|error[ _]?hint|error[ _]?code|fehlercode|error|description|beschreibung|message|correlation[ _-]?id|korrelations-?id|(?:trace|request)[ _-]?id|timestamp)["']?[ \t]*[:=][ \t]*`)
})

// labels finds the values with a name in a text: members of JSON, parameters, or lines,
// perhaps without their breaks.
func labels(text string) labelled {
	found := labelled{}
	note := func(name, value string) {
		name = strings.NewReplacer(" ", "_", "-", "_").Replace(strings.ToLower(name))
		switch name {
		case "error_code", "errorcode", "fehlercode":
			name = "error"
		case "beschreibung", "error_message", "errormessage", "error_summary", "errorsummary":
			name = "description"
		}
		if value = strings.Trim(value, " \t\r\n\"',;{}"); value != "" && found[name] == "" {
			found[name] = value
		}
	}
	var members map[string]any
	if strings.HasPrefix(text, "{") && json.Unmarshal([]byte(text), &members) == nil {
		for name, value := range members {
			if s, ok := value.(string); ok {
				note(name, s)
			}
		}
		return found
	}
	if strings.Contains(text, "=") && !strings.ContainsAny(text, " \t\r\n") {
		for name, values := range loopback.ParseForm(text) {
			note(name, values[0])
		}
		return found
	}
	at := labelPattern().FindAllStringSubmatchIndex(text, 64)
	for i, label := range at {
		end := len(text)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		line, _, _ := strings.Cut(text[label[1]:end], "\n")
		note(text[label[2]:label[3]], line)
	}
	return found
}

// pageNumbers are Microsoft Entra ID's and OpenIddict's own numbers, each once.
func pageNumbers(text string) []string {
	var all []string
	for _, number := range regexp.MustCompile(`\b(AADSTS[0-9]{4,8}|ID2[0-9]{3})\b`).FindAllString(text, 16) {
		if !slices.Contains(all, number) && len(all) < 4 {
			all = append(all, number)
		}
	}
	return all
}

// lineFrom is the line of the first of Entra's numbers, from it on. OpenIddict's stand
// behind their text.
func lineFrom(text string, numbers []string) string {
	if len(numbers) == 0 || !strings.HasPrefix(numbers[0], "AADSTS") {
		return ""
	}
	line, _, _ := strings.Cut(text[strings.Index(text, numbers[0]):], "\n")
	return line
}

// parameterIn is the request's parameter named in a description, "" for none of the known
// ones.
func parameterIn(description string) string {
	description = strings.ToLower(description)
	for _, known := range [][2]string{
		{"redirect_uri", "redirect_uri"}, {"redirect uri", "redirect_uri"}, {"callback url", "redirect_uri"},
		{"client_id", "client_id"}, {"'scope'", "scope"}, {" scope", "scope"},
	} {
		if strings.Contains(description, known[0]) {
			return known[1]
		}
	}
	return ""
}

// pageID is pages' name for an id of use to support.
type pageID struct{ pattern *regexp.Regexp }

func correlationID() pageID {
	return pageID{regexp.MustCompile(`(?i)\b(?:correlation[ _-]?id|korrelations-?id)\b["']?\s*[:=]\s*["']?([0-9a-f-]{8,64})\b`)}
}

func traceID() pageID {
	return pageID{regexp.MustCompile(`(?i)\b(?:(?:trace|request)[ _-]?id|anforderungs-?id)\b["']?\s*[:=]\s*["']?([0-9a-f-]{8,64})\b`)}
}

func (p pageID) find(text string) string {
	if found := p.pattern.FindStringSubmatch(text); found != nil {
		return found[1]
	}
	return ""
}
