package auth

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
)

// Challenge reads an API's objection to an access token, out of its answer 401 (RFC 6750,
// section 3). It is nil if the answer names no error, and Step is "api".
//
// Claims are to be asked for at the next [Client.Begin] before this API takes anything:
// Entra's claims challenge ("insufficient_claims"), or the authentication contexts of RFC
// 9470, section 3. Such an answer NeedsPerson.
func Challenge(resp *http.Response) *ProviderError {
	if resp.StatusCode != http.StatusUnauthorized {
		return nil
	}
	for _, header := range resp.Header.Values("WWW-Authenticate") {
		for _, parameters := range tokenChallenges(header) {
			if code := parameters["error"]; code != "" {
				return &ProviderError{
					Step: "api", Code: clean(code), Description: clean(parameters["error_description"]),
					URI: shownAddress(parameters["error_uri"]), Status: resp.StatusCode, Claims: claimsOf(parameters),
				}
			}
		}
	}
	return nil
}

// claimsOf is the claims request asked for by a challenge (OpenID Connect Core 1.0,
// section 5.5), "" for none.
func claimsOf(parameters map[string]string) string {
	switch parameters["error"] {
	case "insufficient_claims":
		text := strings.TrimRight(parameters["claims"], "=")
		raw, err := base64.RawStdEncoding.DecodeString(text)
		if err != nil {
			raw, err = base64.RawURLEncoding.DecodeString(text)
		}
		if err != nil {
			return challenge(parameters["claims"]) // some send it as it is
		}
		return challenge(string(raw))
	case "insufficient_user_authentication":
		contexts := strings.Fields(parameters["acr_values"])
		if len(contexts) == 0 {
			return ""
		}
		raw, err := json.Marshal(map[string]any{"id_token": map[string]any{"acr": map[string]any{"essential": true, "values": contexts}}})
		if err != nil {
			return ""
		}
		return challenge(string(raw))
	}
	return ""
}

// tokenChallenges are the parameters of a header's challenges about access tokens (RFC
// 9110, section 11.6.1): Bearer's and DPoP's.
func tokenChallenges(header string) []map[string]string {
	var found []map[string]string
	var into map[string]string
	for rest := header; ; {
		rest = strings.TrimLeft(rest, " \t,")
		if rest == "" {
			return found
		}
		word := rest
		if end := strings.IndexAny(rest, " \t,="); end >= 0 {
			word = rest[:end]
		}
		rest = rest[len(word):]
		after := strings.TrimLeft(rest, " \t")
		if word != "" && !strings.HasPrefix(after, "=") {
			// A scheme begins another challenge.
			into = nil
			if strings.EqualFold(word, "Bearer") || strings.EqualFold(word, "DPoP") {
				into = map[string]string{}
				found = append(found, into)
			}
			continue
		}
		var value string
		value, rest = parameterValue(strings.TrimLeft(strings.TrimPrefix(after, "="), " \t"))
		if _, twice := into[strings.ToLower(word)]; into != nil && !twice {
			into[strings.ToLower(word)] = value
		}
	}
}

// parameterValue reads a token or a quoted string (RFC 9110, section 5.6.4), and returns
// the rest behind it.
func parameterValue(s string) (value, rest string) {
	if !strings.HasPrefix(s, `"`) {
		if end := strings.IndexAny(s, " \t,"); end >= 0 {
			return s[:end], s[end:]
		}
		return s, ""
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '"':
			return b.String(), s[i+1:]
		case '\\':
			if i++; i == len(s) {
				return b.String(), ""
			}
		}
		b.WriteByte(s[i])
	}
	return b.String(), ""
}
