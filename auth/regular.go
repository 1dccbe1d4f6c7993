package auth

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// regular makes an answer of the token, device, pushed request and revocation endpoints
// as the standards have it (RFC 6749, sections 5.1 and 5.2), before anybody reads it.
// Providers send JSON under other media types, with byte order marks and blanks in front
// or something behind, lengths of time as text or with a fraction, and members of no type
// at all. None of this decides about an answer's meaning.
//
// Errors: of reading the body.
func regular(resp *http.Response) (body []byte, err error) {
	body, err = io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil {
		return nil, err
	}
	var object json.RawMessage
	if first := withoutBOM(body); bytes.HasPrefix(first, []byte("{")) {
		resp.Header.Set("Content-Type", "application/json")
		body = first
		if json.NewDecoder(bytes.NewReader(first)).Decode(&object) == nil {
			body = regularMembers(object)
		}
	}
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return body, nil
}

// withoutBOM takes off the byte order marks and blanks in front: RFC 8259, section 8.1
// lets a reader ignore them.
func withoutBOM(body []byte) []byte { return bytes.TrimLeft(body, " \t\r\n\ufeff") }

// The members read by the oauth2 package. It takes names in other letters for them, and
// no answer at all with one of another type.
func readMemberNames() []string {
	return []string{
		"access_token", "token_type", "refresh_token", "expires_in", "error", "error_description", "error_uri",
		"device_code", "user_code", "verification_uri", "verification_url", "verification_uri_complete", "interval",
	}
}

// regularMembers leaves out the lookalikes of a member, and optional members of a
// meaningless type.
func regularMembers(body []byte) []byte {
	var members map[string]json.RawMessage
	if json.Unmarshal(body, &members) != nil {
		return body
	}
	for name, value := range members {
		var text string
		isText := json.Unmarshal(value, &text) == nil && string(value) != "null"
		switch name {
		case "expires_in", "interval":
			if seconds, ok := secondsIn(value); ok {
				members[name] = json.RawMessage(strconv.FormatInt(seconds, 10))
			} else {
				delete(members, name)
			}
		case "refresh_token", "error", "error_description", "error_uri", "verification_uri_complete":
			if !isText {
				delete(members, name)
			}
		case "user_code":
			if _, err := strconv.ParseInt(string(value), 10, 64); err == nil {
				members[name] = json.RawMessage(strconv.Quote(string(value)))
			}
		case "token_type":
			if isText {
				members[name] = json.RawMessage(strconv.Quote(strings.TrimSpace(text)))
			}
		default:
			if slices.ContainsFunc(readMemberNames(), func(known string) bool { return name != known && strings.EqualFold(name, known) }) {
				delete(members, name)
			}
		}
	}
	rewritten, err := json.Marshal(members)
	if err != nil {
		return body
	}
	return rewritten
}

// secondsIn reads 3600.0, "3600" and 3.6e3 alike.
func secondsIn(raw json.RawMessage) (int64, bool) {
	text := string(raw)
	_ = json.Unmarshal(raw, &text)
	seconds, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || math.IsNaN(seconds) {
		return 0, false
	}
	const limit = math.MaxInt32 // 68 years; a time.Duration has no more than 292
	return int64(min(max(seconds, -limit), limit)), true
}

// tokenFields are the members of a token answer in force even if the oauth2 package does
// not take the answer.
type tokenFields struct{ refreshToken, idToken, accessToken, refusal string }

// fieldsOf reads a token answer member by member: one of an odd type hides no
// other.
func fieldsOf(body []byte) tokenFields {
	var members map[string]json.RawMessage
	if json.Unmarshal(body, &members) != nil {
		return tokenFields{}
	}
	text := func(name string) (s string) {
		_ = json.Unmarshal(members[name], &s)
		return s
	}
	return tokenFields{refreshToken: text("refresh_token"), idToken: text("id_token"), accessToken: text("access_token"), refusal: text("error")}
}

// lackAccessToken reports if the provider has signed somebody in and gives no access
// token (RFC 6749, section 5.1 demands one).
func (f tokenFields) lackAccessToken() bool {
	return f.accessToken == "" && f.refusal == "" && (f.idToken != "" || f.refreshToken != "")
}
