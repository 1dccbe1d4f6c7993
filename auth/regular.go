package auth

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
)

// regular makes an answer of the token, device, pushed request and revocation
// endpoints as the standards have it (RFC 6749, sections 5.1 and 5.2), before
// anybody reads it. Providers send JSON under other media types, with a byte
// order mark, and lengths of time as text or with a fraction. None of that
// decides what an answer means.
//
// Errors: of reading the body.
func regular(resp *http.Response) (body []byte, err error) {
	body, err = io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil {
		return nil, err
	}
	body = withoutBOM(body)
	if isObject(body) {
		resp.Header.Set("Content-Type", "application/json")
		body = wholeSeconds(body, "expires_in", "interval")
	}
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return body, nil
}

// withoutBOM takes a byte order mark off, which RFC 8259, section 8.1 lets a reader
// ignore.
func withoutBOM(body []byte) []byte { return bytes.TrimPrefix(body, []byte("\ufeff")) }

// isObject says whether a text begins as a JSON object does.
func isObject(body []byte) bool { return bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("{")) }

// wholeSeconds rewrites members of a JSON object that are lengths of time. What has
// no number in it is left out, as if the provider had said nothing.
func wholeSeconds(body []byte, names ...string) []byte {
	var members map[string]json.RawMessage
	if json.Unmarshal(body, &members) != nil {
		return body
	}
	changed := false
	for _, name := range names {
		raw, ok := members[name]
		if _, err := strconv.ParseInt(string(raw), 10, 64); !ok || err == nil {
			continue
		}
		changed = true
		if seconds, ok := secondsIn(raw); ok {
			members[name] = json.RawMessage(strconv.FormatInt(seconds, 10))
		} else {
			delete(members, name)
		}
	}
	if !changed {
		return body
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
	const limit = 1 << 40 // some 35,000 years
	return int64(min(max(seconds, -limit), limit)), true
}

// tokenFields are members of a token answer that count even where the oauth2
// package does not take the answer.
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

// lackAccessToken says whether the provider has signed somebody in and gives no
// access token (RFC 6749, section 5.1 demands one).
func (f tokenFields) lackAccessToken() bool {
	return f.accessToken == "" && f.refusal == "" && (f.idToken != "" || f.refreshToken != "")
}
